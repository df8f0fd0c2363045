"""Numbers that stand in for real ones: same shape, valid check digits, reserved ranges.

Ranges: telephone numbers that Ofcom (020 7946 0000-0999) and the North American plan
(555-0100 to 0199) keep for fiction; addresses of RFC 5737 and RFC 3849; card numbers that
begin like the networks' test cards; social security numbers above 899, which are not issued;
NHS numbers that begin with 999, which are for tests.
"""

from __future__ import annotations

import hashlib
import random
import re
import string
from collections.abc import Callable
from typing import Final

Maker = Callable[[str, random.Random], str | None]

_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DEA_WEIGHTS: Final = (1, 2, 1, 2, 1, 2)


def checked(entity: str) -> Maker | None:
    """Return what makes numbers of an entity that must be valid or reserved, if it needs to."""
    if entity not in _MAKERS:
        return None
    form, maker = _MAKERS[entity]
    return lambda value, chance: (
        maker(value, chance) if value.isascii() and re.fullmatch(form, value) else None
    )


def shape(value: str, chance: random.Random, *, only: str | None = None) -> str:
    """Return random characters of the same kinds; `only` limits what is replaced."""
    return "".join(
        _like(character, chance) if only is None or character in only else character
        for character in value
    )


def _like(character: str, chance: random.Random) -> str:
    if character.isdigit():
        return chance.choice("123456789".replace(character, ""))
    if character.isalpha():
        letters = string.ascii_uppercase if character.isupper() else string.ascii_lowercase
        return chance.choice(letters.replace(character, ""))
    return character


def fill(value: str, digits: str) -> str:
    """Return the value with its digits replaced by others, in order."""
    rest = iter(digits)
    return "".join(next(rest) if character.isdigit() else character for character in value)


def luhn_sum(digits: str) -> int:
    """Return the Luhn sum (ISO/IEC 7812); a valid number gives a multiple of ten."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(number - 9 * (number > 9) for number in doubled)


def _digits_of(value: str) -> str:
    return "".join(character for character in value if character.isdigit())


def _random_digits(count: int, chance: random.Random) -> str:
    return "".join(chance.choice(string.digits) for _ in range(count))


def _card(value: str, chance: random.Random) -> str | None:
    count = len(_digits_of(value))
    begin = {15: "3700", 14: "3600"}.get(count, chance.choice(("4000", "5200")))
    if count < 12:
        return None
    body = begin + _random_digits(count - len(begin) - 1, chance)
    check = next(digit for digit in string.digits if luhn_sum(body + digit) % 10 == 0)
    return fill(value, body + check)


def _iban(value: str, chance: random.Random) -> str | None:
    compact = re.sub(r"\s", "", value).upper()
    body = shape(compact[4:], chance)
    numeric = "".join(str(int(character, 36)) for character in f"{body}{compact[:2]}00")
    made = iter(f"{compact[:2]}{98 - int(numeric) % 97:02}{body}")
    return "".join(character if character.isspace() else next(made) for character in value)


def _nhs(value: str, chance: random.Random) -> str | None:
    if len(_digits_of(value)) != 10:
        return None
    while True:
        body = "999" + _random_digits(6, chance)
        check = (11 - sum(int(one) * (10 - n) for n, one in enumerate(body)) % 11) % 11
        if check != 10:
            return fill(value, f"{body}{check}")


def _dea(value: str, chance: random.Random) -> str | None:
    if len(_digits_of(value)) != 7 or len(value) < 9:
        return None
    body = _random_digits(6, chance)
    check = sum(int(one) * w for one, w in zip(body, _DEA_WEIGHTS, strict=True)) % 10
    letters = chance.choice("ABFM") + chance.choice(string.ascii_uppercase)
    return f"{letters}{body}{check}"


def _ssn(value: str, chance: random.Random) -> str | None:
    if len(_digits_of(value)) != 9:
        return None
    area, group = chance.randint(900, 999), chance.randint(10, 49)
    return fill(value, f"{area}{group}{chance.randint(1000, 9999)}")


def _itin(value: str, chance: random.Random) -> str | None:
    if len(_digits_of(value)) != 9:
        return None
    area, group = chance.randint(900, 999), chance.randint(70, 88)
    return fill(value, f"{area}{group}{chance.randint(1000, 9999)}")


def _nino(value: str, chance: random.Random) -> str | None:
    first = [chance.choice("ABCEHJLMPRSTWXY") for _ in range(2)]
    letters = iter([*first, chance.choice("ABCD")])
    return "".join(
        next(letters) if character.isalpha() else _like(character, chance) for character in value
    )


def _phone(value: str, chance: random.Random) -> str | None:
    digits = _digits_of(value)
    tail = f"{chance.randint(0, 999):03}"
    national = digits.removeprefix("44").removeprefix("0")
    british = {"2": f"2079460{tail}", "7": f"7700900{tail}"}.get(national[:1], f"1632960{tail}")
    american = f"{chance.choice(('212', '312', '415', '617'))}55501{tail[:2]}"
    if digits.startswith("44") and len(digits) == 12:
        return fill(value, f"44{british}")
    if digits.startswith("0") and len(digits) == 11:
        return fill(value, f"0{british}")
    if len(digits) == 10:
        return fill(value, american)
    if len(digits) == 11 and digits.startswith("1"):
        return fill(value, f"1{american}")
    return f"+44 20 7946 0{tail}" if value.startswith("+") else None


def reserved_phone(chance: random.Random, is_apart: Callable[[str], bool]) -> str:
    """Return a number that is kept for fiction, in one of several notations."""
    tail = f"{chance.randint(100, 999)}"
    given = (
        f"+44 20 7946 0{tail}",
        f"+44 1632 960{tail}",
        f"+44 7700 900{tail}",
        f"+1 415 555 01{tail[:2]}",
    )
    return next((one for one in given if is_apart(one)), given[0])


def _ip(value: str, chance: random.Random) -> str | None:
    if ":" in value:
        groups = ":".join(f"{chance.randint(4096, 65535):x}" for _ in range(3))
        return f"{chance.choice(('2001:db8', 'fd3a:9c1'))}:{groups}::{chance.randint(2, 250)}"
    network = chance.choice(("192.0.2", "198.51.100", "203.0.113"))
    return f"{network}.{chance.randint(2, 250)}"


def _mac(value: str, chance: random.Random) -> str | None:
    digits = "".join(chance.choice("0123456789abcdef") for _ in range(10))
    rest = iter("02" + digits)  # locally administered
    made = "".join(next(rest) if character.isalnum() else character for character in value)
    return made.upper() if value.isupper() else made


def _uuid(value: str, chance: random.Random) -> str | None:
    made = [chance.choice("0123456789abcdef") if one.isalnum() else one for one in value]
    version = [place for place, one in enumerate(value) if one == "-"]
    if len(version) == 4:
        made[version[1] + 1], made[version[2] + 1] = "4", chance.choice("89ab")
    return "".join(made).upper() if value.isupper() else "".join(made)


def _postcode(value: str, chance: random.Random) -> str | None:
    if not any(character.isalpha() for character in value):
        return fill(value, _random_digits(len(_digits_of(value)), chance))
    area = chance.choice(("LS", "YO", "BS", "EX", "NR", "PL", "SA"))
    tail = f"{chance.randint(1, 9)}{chance.choice('ABDEFGHJLN')}{chance.choice('ABDEFGHJLN')}"
    made = f"{area}{chance.randint(1, 9)} {tail}"
    return made if " " in value else made.replace(" ", "")


def _bic(value: str, chance: random.Random) -> str | None:
    if len(value) not in (8, 11):
        return None
    return shape(value[:4], chance) + value[4:6] + shape(value[6:], chance)


def _wallet(value: str, chance: random.Random) -> str | None:
    payload = b"\0" + chance.getrandbits(160).to_bytes(20, "big")
    check = hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number = int.from_bytes(payload + check, "big")
    made = ""
    while number:
        number, rest = divmod(number, 58)
        made = _BASE58[rest] + made
    return f"1{made}"


_MAKERS: Final[dict[str, tuple[str, Maker]]] = {
    "CREDIT_CARD": (r"[\d .-]+", _card),
    "IBAN_CODE": (r"[A-Za-z]{2}\s?\d(?:\s?[A-Za-z0-9]){10,32}", _iban),
    "UK_NHS": (r"[\d .-]+", _nhs),
    "MEDICAL_LICENSE": (r"[A-Za-z][A-Za-z9]\d{7}", _dea),
    "US_SSN": (r"[\d .-]+", _ssn),
    "US_ITIN": (r"[\d .-]+", _itin),
    "UK_NINO": (r"[A-Za-z]{2}[\d .-]+[A-Da-d]?", _nino),
    "PHONE_NUMBER": (r"[+(]?[\d .()/-]+(?:x\d+)?", _phone),
    "IP_ADDRESS": (r"[0-9A-Fa-f.:]+", _ip),
    "MAC_ADDRESS": (r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}", _mac),
    "UUID": (r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", _uuid),
    "POSTCODE": (r"[A-Za-z0-9 -]{5,10}", _postcode),
    "BIC_CODE": (r"[A-Za-z]{6}[A-Za-z0-9]{2}(?:[A-Za-z0-9]{3})?", _bic),
    "CRYPTO": (r"[A-Za-z0-9]+", _wallet),
}
"""By entity: the form a value must have, and what makes another of that form."""
