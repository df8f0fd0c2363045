"""Tell a value that somebody chose or generated from words, code and templates."""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise
from typing import Final

# What stands where a value is to be filled in, or was taken out.
_FILLER: Final = re.compile(
    r"[xX]{5,}|[*#?•]{3,}|\.{3,}|~{4,}|(.)\1{8,}|(\w{2,4}?)\2{5,}|(?:0123456789|1234567890){2}"
)
_GAP: Final = re.compile(r"_{4,}|-{4,}")
_TEMPLATE: Final = re.compile(
    r"\$\{|\$\(|\{\{|\}\}|\{%|<%|%>|[<>]|%\(\w+\)s|%[sdvq](?![0-9A-Za-z])|%\{|#\{|@@"
    r"|\{[A-Za-z_][\w.]*\}|^\{.*\}$"
    r"|^\$\w+|^%\w+%$|^@\w+\(|\(\)|\\\(",
)
_PLACEHOLDER: Final = re.compile(
    r"(?:^|[^A-Za-z])(?:your|my|the|some|an?|insert|enter|replace|add|put|set|change)[-_ .]?"
    r"(?:own|api|app|access|auth|secret|token|key|pass|password|client|user|me|this|with|value|"
    r"here|it|super|new|real)(?![a-z])"
    r"|(?:^|[^A-Za-z])(?:example|placeholder|sample|dummy|redacted|removed|hidden|masked|censored|"
    r"todo|tbd|changeme|changeit|fixme|foobar|foo|bar|lorem|not[-_ ]?set|undefined|"
    r"unset|omitted|goes[-_ ]?here)(?:[^A-Za-z]|$)"
    r"|^(?:YOUR|MY)[A-Z_]",
    re.IGNORECASE,
)
_STRUCTURED: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T_ -][\d:.Z+-]*)?|v?\d+(?:\.\d+){1,4}(?:[-+.][a-z]+[\w.-]*)?"
    r"|\d+(?:[.,:/-]\d+)*|(?:https?|ftp|file|s3|gs|urn|arn|git|ssh|mailto):\S*"
    r"|[\w.+-]+@[\w-]+\.[\w.-]+"
    r"|(?:\.{0,2}|~|[A-Za-z]:)?[/\\][\w.@-]+(?:[/\\][\w.@ -]*)+"
    r"|[\w-]+(?:/[\w-]+)*\.[a-z]{1,5}"
    r"|[a-z0-9-]+(?:\.[a-z0-9-]+)+\.(?:com|org|net|edu|gov|io|dev|local|internal|example)"
    r"|[a-z][\w.-]*-v?\d+(?:\.\d+)+[\w.-]{0,12}"
    r"|#[0-9a-fA-F]{3,8}|0x[0-9a-fA-F]{1,12}|(?:sha(?:1|224|256|384|512)|md5|blake2[bs])[-:_]\S*",
    re.IGNORECASE,
)
_SEQUENCE: Final = re.compile(r"1234567890|0123456789|abcdefgh|qwertyui", re.IGNORECASE)
_DOTTED: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_NAMED: Final = re.compile(
    r"(?:(?<=[a-z0-9])(?:Secret|Token|Key|Password)|[_.-](?i:secret|token|key|password))s?\d?$"
)
_LONG_WORD: Final = re.compile(r"(?:^|[^a-z])[A-Za-z][a-z]{5,}(?:[^a-z]|$)")
_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_SEGMENT: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# The letter pairs that make up 95 % of those in English text and in names of code, counted
# over abstracts and our own source: after the first letter, its followers.
_PAIRS: Final = frozenset(
    row[0] + letter
    for row in (
        "abcdfgiklmnprstuvy baeilorsu cacehiklorstuy dadeiorsuy eacdefgilmnopqrstuvwxy faefiloru "
        "gaehilnorsu haeiortuy iabcdefglmnoprstvz jaeou kaeisy ladeilostuy mabeimopsu "
        "nacdefgiknostuvy oabcdfgiklmnoprstuvwx paehiloprstu qu rabcdegiklmnoprstuvy "
        "sacehiklmopstuy tacehilorstuy uabcdegilmnprst vaeio waehio xipt yelmpst zae"
    ).split()
    for letter in row[1:]
)

WORDS_ALLOWED: Final = 0.55
"""Most of a generated value's letters and digits that may look like words.

Of random values of 20 and more letters and digits less than one in a hundred has more.
"""
_LEAST_ENTROPY: Final = 2.9
_JUDGED: Final = 120
"""Characters that are looked at, however long a value is."""
_LEAST_LENGTH: Final = 10
_LEAST_LETTERS: Final = 20
_DIGIT: Final = re.compile(r"\d")


def entropy(value: str) -> float:
    """Return the Shannon entropy of a value in bits per character."""
    counts = Counter(value)
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())


def word_share(value: str) -> float:
    """Return which part of a value's letters and digits stands in what looks like words."""
    value = value[:_JUDGED]
    total = sum(map(str.isalnum, value))
    in_words = 0
    for match in _SEGMENT.finditer(value):
        segment = match.group().lower()
        if len(segment) >= 3 and 5 * _rare_pairs(segment) <= len(segment):
            in_words += len(segment)
    return in_words / total if total else 1.0


def _rare_pairs(segment: str) -> int:
    return sum(a + b not in _PAIRS for a, b in pairwise(segment))


def is_filled_in(value: str) -> bool:
    """Say whether a token is more than a template such as `ghp_xxxxxxxxxxxx`."""
    return _FILLER.search(value) is None


def is_template(value: str) -> bool:
    """Say whether a value stands for another: a variable, a call, a gap to fill in."""
    return bool(
        _FILLER.search(value)
        or _GAP.search(value)
        or _TEMPLATE.search(value)
        or _PLACEHOLDER.search(value)
    )


def is_uuid(value: str) -> bool:
    """Say whether a value has the form of a UUID, which some makers use as keys."""
    return _UUID.fullmatch(value) is not None


def is_random(value: str) -> bool:
    """Say whether a value looks generated: mixed characters, not words, dates or paths."""
    value = value[:_JUDGED]
    has_digit = _DIGIT.search(value) is not None
    if (
        len(value) < (_LEAST_LENGTH if has_digit else _LEAST_LETTERS)
        or is_template(value)
        or _STRUCTURED.fullmatch(value)
    ):
        return False
    if (
        _SEQUENCE.search(value)
        or entropy(value) < _LEAST_ENTROPY
        or word_share(value) > WORDS_ALLOWED
    ):
        return False
    if _DOTTED.fullmatch(value) and _LONG_WORD.search(value):
        return False  # a name in code
    if _NAMED.search(value):
        return False
    return any(map(str.isalpha, value)) if has_digit else _is_mixed(value)


def _is_mixed(value: str) -> bool:
    """Say whether letters change their case as often as only generated ones do."""
    letters = [letter for letter in value if letter.isalpha()]
    changes = sum(a.isupper() != b.isupper() for a, b in pairwise(letters))
    return len(letters) >= _LEAST_LETTERS and changes >= 0.3 * len(letters)


def is_structured(value: str) -> bool:
    """Say whether a value is a date, number, version, address, path, colour or named digest."""
    return _STRUCTURED.fullmatch(value) is not None
