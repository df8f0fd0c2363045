"""Check digits of numbers that states, banks and networks give out.

Sources: ISO 7064 (mod 97, mod 11), ISO/IEC 7812 (Luhn), and the published rules of the
issuing offices, as collected in Presidio's recognizers (MIT) and the `python-stdnum` docs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_NOT_DIGIT: Final = re.compile(r"\D")
_NOT_ALNUM: Final = re.compile(r"[^A-Z0-9]")
_D: Final = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 4, 0, 6, 7, 8, 9, 5), (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7), (4, 0, 1, 2, 3, 9, 5, 6, 7, 8), (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2), (7, 6, 5, 9, 8, 2, 1, 0, 4, 3), (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)  # fmt: skip
_P: Final = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 5, 7, 6, 2, 8, 3, 0, 9, 4), (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7), (9, 4, 5, 3, 1, 2, 6, 8, 7, 0), (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5), (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)  # fmt: skip


def digits_of(value: str) -> list[int]:
    """Return the digits of a value, whatever stands between them."""
    return [int(character) for character in _NOT_DIGIT.sub("", value)]


def weighted(digits: Sequence[int], weights: Sequence[int]) -> int:
    """Return the sum of digits times weights."""
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=False))


def passes_luhn(value: str) -> bool:
    """Say whether the digits of a value pass the Luhn check and are not all the same."""
    digits = digits_of(value)
    if len(set(digits)) < 2:
        return False
    total = sum(digits[-1::-2])
    total += sum(digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2])
    return total % 10 == 0


def is_card(value: str) -> bool:
    """Say whether a value has the length, the first digits and the check digit of a card."""
    digits = _NOT_DIGIT.sub("", value)
    return 12 <= len(digits) <= 19 and digits[0] in "23456" and passes_luhn(digits)


def passes_mod_97(value: str) -> bool:
    """Say whether an IBAN passes its check, whatever its spacing and case."""
    text = _NOT_ALNUM.sub("", value.upper())
    if not 15 <= len(text) <= 34:
        return False
    number = "".join(str(int(character, 36)) for character in text[4:] + text[:4])
    return int(number) % 97 == 1


def passes_verhoeff(value: str) -> bool:
    """Say whether a number passes Verhoeff's check (Aadhaar)."""
    check = 0
    for place, digit in enumerate(reversed(digits_of(value))):
        check = _D[check][_P[place % 8][digit]]
    return check == 0


def is_nhs(value: str) -> bool:
    """Say whether ten digits are an NHS number."""
    digits = digits_of(value)
    if len(digits) != 10 or len(set(digits)) < 2:
        return False
    return (11 - weighted(digits[:9], range(10, 1, -1)) % 11) % 11 == digits[9]


def is_routing(value: str) -> bool:
    """Say whether nine digits are an ABA routing number."""
    digits = digits_of(value)
    if len(digits) != 9 or digits[0] not in (0, 1, 2, 3, 6, 7, 8):
        return False
    return weighted(digits, (3, 7, 1) * 3) % 10 == 0 and any(digits)


def is_abn(value: str) -> bool:
    """Say whether eleven digits are an Australian business number."""
    digits = digits_of(value)
    if len(digits) != 11 or not digits[0]:
        return False
    return weighted([digits[0] - 1, *digits[1:]], (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)) % 89 == 0


def is_tfn(value: str) -> bool:
    """Say whether nine digits are an Australian tax file number."""
    digits = digits_of(value)
    return len(digits) == 9 and weighted(digits, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def is_acn(value: str) -> bool:
    """Say whether nine digits are an Australian company number."""
    digits = digits_of(value)
    return len(digits) == 9 and (10 - weighted(digits[:8], range(8, 0, -1)) % 10) % 10 == digits[8]


def is_sin(value: str) -> bool:
    """Say whether nine digits are a Canadian social insurance number."""
    digits = digits_of(value)
    return len(digits) == 9 and digits[0] not in (0, 8) and passes_luhn(value)


def is_spanish(value: str) -> bool:
    """Say whether a DNI, NIF or NIE ends with the right letter."""
    text = re.sub(r"[\s-]", "", value.upper())
    number = text[:-1].translate(str.maketrans("XYZ", "012"))
    return number.isdigit() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == text[-1]


def is_finnish(value: str) -> bool:
    """Say whether a Finnish identity code ends with the right character."""
    text = value.upper()
    number = int(text[:6] + text[7:10])
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[number % 31] == text[10]


def is_pesel(value: str) -> bool:
    """Say whether eleven digits are a Polish PESEL."""
    digits = digits_of(value)
    return len(digits) == 11 and weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def is_nric(value: str) -> bool:
    """Say whether a Singaporean NRIC or FIN ends with the right letter."""
    text = value.upper()
    total = weighted(digits_of(text), (2, 7, 6, 5, 4, 3, 2)) + {"T": 4, "G": 4, "M": 3}.get(
        text[0], 0
    )
    if text[0] in "ST":
        return "JZIHGFEDCBA"[total % 11] == text[-1]
    if text[0] in "FG":
        return "XWUTRQPNMLK"[total % 11] == text[-1]
    return "KLJNPQRTUWX"[10 - total % 11] == text[-1]


def is_vin(value: str) -> bool:
    """Say whether seventeen characters pass the check of a vehicle number (ISO 3779, US)."""
    text = value.upper()
    numbers = map(int, "12345678123457923456789")
    codes = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", numbers, strict=True))
    values = [int(c) if c.isdigit() else codes.get(c, 0) for c in text]
    rest = weighted(values, (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return text[8] == ("X" if rest == 10 else str(rest))
