"""The words that a claim stands or falls with: content words, numbers, names, placeholders."""

from __future__ import annotations

import re
from dataclasses import dataclass

from secure_rag.vault.placeholders import LOCAL, PLACEHOLDER

_TOKEN = re.compile(
    rf"{PLACEHOLDER.pattern}|{LOCAL.pattern}"
    r"|\d+(?:[.,:/-]\d+)*%?|[^\W\d_]+(?:['’][^\W\d_]+)?(?:\d+)?"
)
_NUMBER = re.compile(r"\d")
_STOP = frozenset(
    re.findall(
        r"\S+",
        """
        a about above after again all also am an and any are as at be because been before being
        below between both but by can could did do does doing down during each either else ever
        every few for from further had has have having he her here hers herself him himself his
        how however i if in into is it its itself just let like me might mine more most much
        must my myself of off on once one only or other ought our ours ourselves out over own
        per please quite rather s same shall she should so some such t tell than that the their
        theirs them themselves then there these they this those through thus to too under until
        up upon us very was we were what whatever when where whether which while who whom whose
        why will with within would you your yours yourself yourselves
        """,
    )
)
_NEGATIONS = frozenset(
    re.findall(r"\w+", "no not never none nobody nothing neither nor without cannot")
)
_BOUNDS = frozenset(
    "above after before below except least less fewer more most over since than under unless "
    "until up within".split()
)
_SIGN = re.compile(r"(?<![\w)\]])[-\u2212\u2013](?=[$€£¥]?\.?\d)|[<>≤≥±~$€£¥%‰]")
_NUMBER_WORDS = dict(
    re.findall(
        r"(\w+) (\d+)",
        "zero 0 one 1 two 2 three 3 four 4 five 5 six 6 seven 7 eight 8 nine 9 ten 10 eleven 11 "
        "twelve 12 thirteen 13 fourteen 14 fifteen 15 sixteen 16 seventeen 17 eighteen 18 "
        "nineteen 19 twenty 20 thirty 30 forty 40 fifty 50 sixty 60 seventy 70 eighty 80 ninety 90",
    )
)


@dataclass(frozen=True)
class Word:
    """A word of a text that carries meaning."""

    stem: str
    """What it is compared by: lower case without the usual endings; a placeholder as it is."""
    is_name: bool
    """A placeholder, or a word with a capital that does not start a sentence."""
    is_number: bool


def content_words(text: str) -> list[Word]:
    """Return the words of `text` but for those that every text has, in order."""
    words: list[Word] = []
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token.startswith("<"):
            words.append(Word(token, is_name=True, is_number=False))
            continue
        lower = token.lower().replace("’", "'")
        number = _NUMBER_WORDS.get(lower)
        if _NUMBER.search(token) or number:
            words.append(Word(number or _plain_number(lower), is_name=False, is_number=True))
        elif lower not in _STOP and lower not in _NEGATIONS and not lower.endswith("n't"):
            is_name = token[0].isupper() and not _starts_sentence(text, match.start())
            words.append(Word(stem(lower), is_name=is_name, is_number=False))
    return words


def stems(text: str) -> set[str]:
    """Return what the content words of `text` are compared by."""
    return {word.stem for word in content_words(text)}


def negates(text: str) -> bool:
    """Say whether the text holds a word that turns its meaning round."""
    lower = {word.lower().replace("’", "'") for word in re.findall(r"[\w'’]+", text)}
    return bool(lower & _NEGATIONS) or any(word.endswith("n't") for word in lower)


def bounds(text: str) -> frozenset[str]:
    """Return what turns the meaning of the words beside it: bounds, signs, currencies, shares.

    A minus counts before a number only, not between two.
    """
    words = set(re.findall(r"[a-z]+", text.lower())) & _BOUNDS
    signs = (match.group().strip() for match in _SIGN.finditer(text))
    marks = {"-" if sign in "-\u2212\u2013" else sign for sign in signs}
    return frozenset(words | marks | ({"not"} if negates(text) else set()))


def stem(word: str) -> str:
    """Strip the usual English endings from a word in lower case.

    Lighter than Porter's: it joins the forms of one word, not words of one family.
    """
    word = re.sub(r"['’]s?$", "", word)
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-2] if word.endswith(("sses", "shes", "ches", "xes", "zes")) else word[:-1]
    for ending in ("ing", "ed"):
        root = word.removesuffix(ending)
        if root != word and len(root) >= 3 and re.search(r"[aeiouy]", root):
            return _restored(root)
    if len(word) > 4 and word.endswith("ly"):
        return word[:-2]
    return word.removesuffix("e") if len(word) > 3 else word


def _restored(root: str) -> str:
    """Undo what an ending does to its root: `stopp` is `stop`, and no root ends in `e`."""
    if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsz":
        return root[:-1]
    return root.removesuffix("e")


def _plain_number(text: str) -> str:
    """Write 1,000 and 1000 alike."""
    return re.sub(r"(?<=\d),(?=\d{3}\b)", "", text).rstrip("%")


def _starts_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \t\"'“‘([*#-")
    return not before or before[-1] in ".!?:\n•"
