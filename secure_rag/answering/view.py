"""The prompt view: what a model sees of a stored text, with the way back.

Control and invisible characters are gone, nothing looks like a chat template's token,
double quotation marks are single ones (double ones mean a quote of ours), and each
placeholder has a short local name (`Person A`) that a small model can copy. Names are
chosen so that none of them stands in the text already. Every character of the view knows
which characters of the stored text it stands for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, product

from secure_rag.vault.placeholders import LOCAL, PLACEHOLDER, type_word

Span = tuple[int, int]

_INVISIBLE = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"))
_BLANK = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
    + "".join(map(chr, [*range(0x180B, 0x1810), *range(0xFE00, 0xFE10)]))
)
"""Joiners, fillers and variation selectors that are letters or marks to Unicode, and unseen."""

_SELECTORS = range(0xE0100, 0xE01F0)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BARS = "|｜│∣ǀ❘"
_LESS, _MORE = "<＜‹〈⟨﹤", ">＞›〉⟩﹥"
_TOKEN = re.compile(
    rf"[{_LESS}](?=\s*[{_BARS}])|(?<=[{_BARS}])[{_MORE}]|(?<=[{_BARS}]\s)[{_MORE}]"
    rf"|[{_LESS}\[]{{1,2}}/?(?:s|inst|sys|bos|eos|pad|unk|think|tool\w*|im_\w+|\w+_of_turn"
    rf"|\w*(?:assistant|system|user)\w*)[{_MORE}\]]{{1,2}}",
    re.IGNORECASE,
)
"""What looks like a control token of a known chat format, also in wide and other brackets."""

_HARMLESS = str.maketrans(
    {
        **dict.fromkeys(_LESS + "[", "("),
        **dict.fromkeys(_MORE + "]", ")"),
        **dict.fromkeys('"“”„‟«»＂', "'"),
    }
)
_QUOTES = re.compile('["“”„‟«»＂]')


@dataclass(frozen=True)
class View:
    """A prompt view; `origins` holds the stored span of each of its characters."""

    text: str = field(repr=False)
    origins: tuple[Span, ...] = field(repr=False)

    def stored(self, start: int, end: int) -> Span:
        """Return the stored span that `text[start:end]` stands for."""
        return self.origins[start][0], self.origins[end - 1][1]

    def one_line(self) -> View:
        """Return the view with runs of white space as one space each, and none at its ends."""
        lead = len(self.text) - len(self.text.lstrip())
        kept: list[int] = []
        for run in re.finditer(r"\s+|\S+", self.text[lead:].rstrip()):
            start, end = run.span()
            kept += range(lead + start, lead + (start + 1 if run.group().isspace() else end))
        text = "".join(" " if self.text[at].isspace() else self.text[at] for at in kept)
        return View(text, tuple(self.origins[at] for at in kept))


@dataclass(frozen=True)
class Names:
    """Local names of placeholders, for one request or one conversation."""

    by_placeholder: Mapping[str, str] = field(default_factory=dict)

    def shorten(self, text: str) -> str:
        """Return the prompt view of a stored text, without the way back."""
        return self.view(text).text

    def view(self, text: str) -> View:
        """Return the prompt view of a stored text."""
        plain = _plain(text)
        pieces: list[str] = []
        origins: list[Span] = []
        last = 0
        for start, end, placeholder in _placeholders(plain.text):
            name = self.by_placeholder.get(placeholder, type_word(placeholder))
            pieces += [plain.text[last:start], name]
            origins += plain.origins[last:start]
            origins += [plain.stored(start, end)] * len(name)
            last = end
        pieces.append(plain.text[last:])
        origins += plain.origins[last:]
        return View("".join(pieces), tuple(origins))

    def restore(self, text: str) -> str:
        """Return what the model wrote in terms of placeholders."""
        placeholders = {name: placeholder for placeholder, name in self.by_placeholder.items()}
        if not placeholders:
            return text
        longest = sorted(placeholders, key=len, reverse=True)
        pattern = rf"\b(?:{'|'.join(map(re.escape, longest))})\b"
        return re.sub(pattern, lambda match: placeholders[match.group()], text)

    def new(self, before: Names) -> list[str]:
        """Return the names that were not given before."""
        return [n for p, n in self.by_placeholder.items() if p not in before.by_placeholder]

    def extended(self, texts: Sequence[str]) -> Names | None:
        """Return names for these texts too; None if a name in use is a word of theirs."""
        joined = "\n".join(_plain(text).text for text in texts)
        lower = joined.lower()
        if any(name.lower() in lower for name in self.by_placeholder.values()):
            return None
        taken = {name.lower() for name in self.by_placeholder.values()}
        free: dict[str, Iterator[str]] = {}
        names = dict(self.by_placeholder)
        for *_, placeholder in _placeholders(joined):
            if placeholder in names:
                continue
            word = type_word(placeholder)
            word = word[:1].upper() + word[1:]
            choices = free.setdefault(word, _choices(word))
            names[placeholder] = next(
                name for name in choices if name.lower() not in lower and name.lower() not in taken
            )
        return Names(names)


def local_names(texts: Sequence[str]) -> Names:
    """Give each placeholder of the texts a name that stands in none of them."""
    names = Names().extended(texts)
    assert names is not None
    return names


def visible(text: str) -> str:
    """Return `text` without control, invisible and unassigned characters."""
    return "".join(filter(_is_visible, text))


def _is_visible(character: str) -> bool:
    if character in "\n\t":
        return True
    if character in _BLANK or ord(character) in _SELECTORS:
        return False
    return unicodedata.category(character) not in _INVISIBLE


def _plain(text: str) -> View:
    """Return visible text without double quotation marks and control tokens."""
    kept = [position for position, character in enumerate(text) if _is_visible(character)]
    shown = "".join(text[position] for position in kept)
    # placeholders are ours; `restore` and the names need them whole
    ours = {place for start, end, _ in _placeholders(shown) for place in range(start, end)}
    letters = list(shown)
    for pattern in (_TOKEN, _QUOTES):
        for match in pattern.finditer(shown):
            for place in range(*match.span()):
                if place not in ours:
                    letters[place] = letters[place].translate(_HARMLESS)
    return View("".join(letters), tuple((position, position + 1) for position in kept))


def _placeholders(text: str) -> list[tuple[int, int, str]]:
    found = [match for pattern in (PLACEHOLDER, LOCAL) for match in pattern.finditer(text)]
    return sorted((match.start(), match.end(), match.group()) for match in found)


def _choices(word: str) -> Iterator[str]:
    for length in count(1):
        for letters in product(_LETTERS, repeat=length):
            yield f"{word} {''.join(letters)}"
