"""Placeholders: `<PERSON_7Q2F9KX3M4>`, their check characters, and what only looks like one.

The ten characters after the type are Crockford base 32 (no I, L, O, U): eight random
ones and two check characters. Seen as elements c0…c9 of GF(32) they fulfil

    c0 + c1 + … + c9             = t0
    c0 + a·c1 + a²·c2 + … + a⁹·c9 = t1

with a = 2 modulo x⁵ + x² + 1, and t0, t1 taken from SHA-256 of the type's name. Two
codes of one type therefore differ in at least three places: no single wrong character
and no two swapped ones turn an issued placeholder into another, and the code of one
type under the name of another is (but for 1 pair of types in 1,024) not well formed.
The check tells a slip or an invention from a placeholder; that a vault issued it, only
the vault says.
"""

from __future__ import annotations

import functools
import hashlib
import re
import secrets
import unicodedata
from collections.abc import Callable, Container, Iterator

from secure_rag.policy.entities import ENTITIES

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32."""

_RANDOM_LENGTH = 8
_LENGTH = 10
_TYPE = r"[A-Z][A-Z0-9_]{0,63}"

PLACEHOLDER = re.compile(rf"<({_TYPE})_([{ALPHABET}]{{{_LENGTH}}})>")
"""Type and code of anything written like an issued placeholder; the check is not done."""

LOCAL = re.compile(rf"<({_TYPE})_(\d{{1,6}})>")
"""Type and number of a placeholder that is good for one run only and cannot be revealed."""

_ENTITY = re.compile(_TYPE)
_OPEN, _CLOSE = "<＜﹤‹〈⟨", ">＞﹥›〉⟩"
_BRACKETED = re.compile(rf"[{_OPEN}]([^{_OPEN}{_CLOSE}\n]{{3,120}})[{_CLOSE}]")
_IMITATION = re.compile(r"([A-Z][A-Z0-9]*(?: ?[_-] ?[A-Z0-9]+)*) ?[_-] ?([A-Z0-9]{10}|\d{1,6})")
_SIMILAR = str.maketrans("АВЕЗІКМНОРСТУХΑΒΕΖΗΙΚΜΝΟΡΤΥΧ‐‑‒–—", "ABE3IKMHOPCTYXABEZHIKMNOPTYX-----")
_SQUARE = str.maketrans(_OPEN + _CLOSE, "[" * len(_OPEN) + "]" * len(_CLOSE))


def new_placeholder(entity: str) -> str:
    """Make a random placeholder of the type `entity`; the caller checks that it is new."""
    if not _ENTITY.fullmatch(entity):
        raise ValueError("not the name of an entity type")
    digits = [byte & 31 for byte in secrets.token_bytes(_RANDOM_LENGTH)]
    code = "".join(ALPHABET[digit] for digit in (*digits, *_check_digits(entity, digits)))
    return f"<{entity}_{code}>"


def local_placeholder(entity: str, number: int) -> str:
    """Return the placeholder of a value that no vault knows, numbered within one run."""
    if not _ENTITY.fullmatch(entity) or not 0 < number < 1_000_000:
        raise ValueError("not an entity type and a number below a million")
    return f"<{entity}_{number}>"


def is_well_formed(text: str) -> bool:
    """Say whether `text` is exactly one placeholder whose check characters are right."""
    match = PLACEHOLDER.fullmatch(text)
    return match is not None and _check_holds(match.group(1), match.group(2))


def entity_of(placeholder: str) -> str:
    """Return the type in a placeholder, numbered ones included.

    Raises:
        ValueError: if it is neither.
    """
    match = PLACEHOLDER.fullmatch(placeholder) or LOCAL.fullmatch(placeholder)
    if match is None:
        raise ValueError("not a placeholder")
    return match.group(1)


def find_placeholders(text: str) -> list[tuple[int, int, str]]:
    """Return start, end and text of every well-formed placeholder in `text`, in order."""
    found = []
    for match in PLACEHOLDER.finditer(text):
        if _check_holds(match.group(1), match.group(2)):
            found.append((match.start(), match.end(), match.group()))
    return found


def lookalikes(text: str) -> list[tuple[int, int]]:
    """Return the spans of input text that a person or a model could take for ours.

    Text that comes from outside holds no placeholder of ours, so a well-formed one is a
    look-alike too; so are other cases, letters that Crockford reads as digits, other
    scripts' letters, angle brackets of other kinds, invisible characters inside, and
    numbered ones (`<PERSON_1>`).
    """
    return [match.span() for match in _BRACKETED.finditer(text) if _imitates(match.group(1))]


def escape_lookalikes(text: str, *, but: Container[tuple[int, int]] = ()) -> str:
    """Return `text` with the brackets of every look-alike made square.

    Every offset stays what it was, and what is escaped is no look-alike any more.

    Args:
        but: spans of placeholders that are ours and stay.
    """
    pieces, last = [], 0
    for start, end in lookalikes(text):
        if (start, end) in but:
            continue
        pieces += [text[last:start], text[start:end].translate(_SQUARE)]
        last = end
    return "".join((*pieces, text[last:]))


def replace_placeholders(text: str, replace: Callable[[str], str]) -> str:
    """Return `text` with each well-formed placeholder put through `replace`."""
    pieces, last = [], 0
    for start, end, placeholder in find_placeholders(text):
        pieces += [text[last:start], replace(placeholder)]
        last = end
    return "".join((*pieces, text[last:]))


def type_word(placeholder: str) -> str:
    """Return the plain words that stand for a placeholder where a model reads: `person`."""
    entity = entity_of(placeholder)
    known = ENTITIES.get(entity)
    return known.type_word if known else entity.replace("_", " ").lower()


def strip_brackets(placeholder: str) -> str:
    """Return the one word that stands for a placeholder in the full-text index.

    Only letters and digits (`person7q2f9kx3m4`), so that a simple tokenizer keeps it whole.
    """
    return placeholder.strip("<>").replace("_", "").lower()


def _imitates(inner: str) -> bool:
    if PLACEHOLDER.fullmatch(f"<{inner}>") or LOCAL.fullmatch(f"<{inner}>"):
        return True
    folded = "".join(_visible(unicodedata.normalize("NFKC", inner))).upper().translate(_SIMILAR)
    match = _IMITATION.fullmatch(folded.strip())
    if match is None:
        return False
    # Ten letters without a digit are rather a word: `<data-background>` of some markup.
    entity, code = re.sub(r"[ _-]+", "_", match.group(1)), match.group(2)
    return entity in ENTITIES or any(character.isdigit() for character in code)


def _visible(text: str) -> Iterator[str]:
    for character in text:
        category = unicodedata.category(character)
        if category not in ("Cf", "Cc", "Mn"):
            yield " " if category == "Zs" else character


def _gf_multiply(left: int, right: int) -> int:
    """Multiply in GF(32) modulo x⁵ + x² + 1."""
    product = 0
    while right:
        if right & 1:
            product ^= left
        left <<= 1
        if left & 32:
            left ^= 0b100101
        right >>= 1
    return product


_POWERS = [1]
for _ in range(_LENGTH - 1):
    _POWERS.append(_gf_multiply(_POWERS[-1], 2))
_TIMES = [[_gf_multiply(power, digit) for digit in range(32)] for power in _POWERS]
_VALUES = {character: digit for digit, character in enumerate(ALPHABET)}
_LAST_FACTOR = next(
    digit for digit in range(32) if _gf_multiply(digit, _POWERS[8] ^ _POWERS[9]) == 1
)


@functools.cache
def _targets(entity: str) -> tuple[int, int]:
    digest = hashlib.sha256(entity.encode()).digest()
    return digest[0] & 31, digest[1] & 31


def _sums(digits: list[int]) -> tuple[int, int]:
    plain = weighted = 0
    for position, digit in enumerate(digits):
        plain ^= digit
        weighted ^= _TIMES[position][digit]
    return plain, weighted


def _check_digits(entity: str, digits: list[int]) -> tuple[int, int]:
    """Solve both equations for c8 and c9."""
    plain, weighted = _sums(digits)
    first_target, second_target = _targets(entity)
    plain, weighted = plain ^ first_target, weighted ^ second_target
    last = _gf_multiply(weighted ^ _TIMES[8][plain], _LAST_FACTOR)
    return plain ^ last, last


def _check_holds(entity: str, code: str) -> bool:
    return _sums([_VALUES[character] for character in code]) == _targets(entity)
