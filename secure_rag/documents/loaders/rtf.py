"""RTF: body, properties, headers, notes, comments, links, hidden and deleted text.

Own reader of the control words: libraries at hand give the body only.
"""

from __future__ import annotations

import codecs
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import BinaryIO

from secure_rag.documents.raised import Joint
from secure_rag.documents.reasons import refusal
from secure_rag.documents.text import TextBuilder

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})?[ ]?"
    rb"|\\'([0-9a-fA-F]{2})"
    rb"|\\([^a-zA-Z])"
    rb"|([{}])"
    rb"|[\r\n]+"
    rb"|([^\\{}\r\n]+)"
)
_INFO = {
    "title": ("title", ""),
    "author": ("author", ""),
    "operator": ("author", ""),
    "manager": ("author", ""),
    "subject": ("metadata", "Subject"),
    "keywords": ("metadata", "Keywords"),
    "doccomm": ("metadata", "Comment"),
    "company": ("metadata", "Company"),
    "category": ("metadata", "Category"),
    "hlinkbase": ("link", ""),
}
_PARTS = {
    **dict.fromkeys(("header", "headerl", "headerr", "headerf"), "header"),
    **dict.fromkeys(("footer", "footerl", "footerr", "footerf"), "footer"),
    "footnote": "note",
    "annotation": "comment",
    "atnauthor": "author",
    "fldinst": "link",
    "wptxt": "metadata",
    "userprops": "metadata",
}
_THROUGH = frozenset(("fldrslt", "shptxt", "shprslt", "nonshppict", "listtext", "pntext", "rtf"))
"""Destinations whose text is body text, marked as ignorable or not."""
_SKIPPED = frozenset(
    """fonttbl colortbl stylesheet listtable listoverridetable revtbl rsidtbl generator pict object
    objdata themedata colorschememapping datastore latentstyles xmlnstbl filetbl template
    bkmkstart bkmkend datafield formfield atnid atnref atndate atntime atnicn xe tc passwordhash
    creatim revtim printim buptim sp sn sv shpinst panose falt pgptbl mmathPr""".split()
)
_SPECIAL = {
    "par": "\n\n",
    "sect": "\n\n",
    "page": "\n\n",
    "line": "\n",
    "row": "\n\n",
    "nestrow": "\n\n",
    "cell": "\t",
    "nestcell": "\t",
    "tab": "\t",
    "emdash": "\u2014",
    "endash": "\u2013",
    "lquote": "\u2018",
    "rquote": "\u2019",
    "ldblquote": "\u201c",
    "rdblquote": "\u201d",
    "bullet": "\u2022",
    "emspace": " ",
    "enspace": " ",
    "qmspace": " ",
}
_SYMBOLS = {"~": " ", "_": "-", "{": "{", "}": "}", "\\": "\\", "\n": "\n\n", "\r": "\n\n"}
_CHARSETS = {
    0: "cp1252",
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    134: "gbk",
    136: "cp950",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
}
_LINK = re.compile(r'HYPERLINK\s+(?:\\\w\s+)*(?:"([^"]*)"|(\S+))')
_KINDS = {"comment": "note", "note": "note", "hidden": "paragraph", "deleted": "paragraph"}
_RAISING = frozenset(("super", "up"))
_NOT_RAISING = frozenset(("nosupersub", "sub", "dn"))
_MAX_DEPTH = 500


@dataclass(frozen=True)
class _State:
    """What a group inherits and its end restores."""

    part: str = "body"
    is_hidden: bool = False
    is_deleted: bool = False
    is_raised: bool = False
    skip_after_unicode: int = 1
    codec: str = ""
    is_ignorable: bool = False
    font_table: bool = False


class _Reader:
    def __init__(self, text: TextBuilder) -> None:
        self._text = text
        self._states = [_State()]
        self._codec = "cp1252"
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._bytes = bytearray()
        self._skip = 0
        self._runs: list[tuple[str, str]] = []
        self._aside: dict[str, list[str]] = {}
        self._joints: defaultdict[str, Joint] = defaultdict(Joint)
        """By the field of a run, or the destination."""

    def read(self, data: bytes) -> None:
        """Take in the whole file.

        Raises:
            DocumentError: `document.unreadable` if its groups do not close.
        """
        for match in _TOKEN.finditer(data):
            self._take(match)
            if len(self._states) == 1 and match.group(5) == b"}":
                break
        self._flush_bytes()
        if len(self._states) != 1:
            raise refusal("document.unreadable")
        self._add_body()

    def _take(self, match: re.Match[bytes]) -> None:
        word, number, code, symbol, brace, plain = match.groups()
        if code is not None:
            if not self._skipped():
                self._bytes.append(int(code, 16))
            return
        if plain is not None:
            self._take_plain(plain)
            return
        self._flush_bytes()
        if brace is not None:
            self._take_brace(brace)
        elif word is not None:
            self._take_word(word.decode("ascii"), int(number) if number else None)
        elif symbol is not None:
            self._take_symbol(symbol.decode("latin-1"))

    def _take_plain(self, plain: bytes) -> None:
        cut = min(self._skip, len(plain))
        self._skip -= cut
        self._bytes += plain[cut:]

    def _take_brace(self, brace: bytes) -> None:
        self._skip = 0
        if brace == b"{":
            if len(self._states) > _MAX_DEPTH:
                raise refusal("document.unreadable")
            self._states.append(replace(self._states[-1], is_ignorable=False))
            return
        if len(self._states) == 1:
            raise refusal("document.unreadable")
        ended = self._states.pop()
        if ended.part != self._states[-1].part:
            self._end_part(ended.part)
        elif ended.part == "metadata":
            self._emit(" ")

    def _take_symbol(self, symbol: str) -> None:
        if symbol == "*":
            self._states[-1] = replace(self._states[-1], is_ignorable=True)
        elif not self._skipped():
            self._emit(_SYMBOLS.get(symbol, ""))

    def _take_word(self, word: str, number: int | None) -> None:
        if word == "bin" and number:
            raise refusal("document.unreadable")  # raw bytes, which the tokens do not know
        if word == "u" and number is not None:
            self._emit_unicode(number)
        elif word in _SPECIAL:
            self._emit(_SPECIAL[word])
        elif not self._take_destination(word):
            self._take_property(word, number)

    def _take_destination(self, word: str) -> bool:
        """Enter a destination; tell whether the word is one."""
        state = self._states[-1]
        if word in _INFO or word in _PARTS:
            part = word if word in _INFO else _PARTS[word]
            self._states[-1] = replace(state, part=part, is_ignorable=False, is_raised=False)
        elif word in _THROUGH:
            inner = state.part in ("link", "skip")
            self._states[-1] = replace(state, part="body" if inner else state.part)
        elif word in _SKIPPED:
            self._states[-1] = replace(state, part="skip", font_table=word == "fonttbl")
        elif state.is_ignorable:
            self._states[-1] = replace(state, part="skip", is_ignorable=False)
        else:
            return False
        return True

    def _take_property(self, word: str, number: int | None) -> None:
        state = self._states[-1]
        is_on = number != 0
        if word == "v":
            self._states[-1] = replace(state, is_hidden=is_on)
        elif word == "deleted":
            self._states[-1] = replace(state, is_deleted=is_on)
        elif word == "plain":
            self._states[-1] = replace(state, is_hidden=False, is_deleted=False, is_raised=False)
        elif word in _RAISING:
            self._states[-1] = replace(state, is_raised=number is None or number > 0)
        elif word in _NOT_RAISING:
            self._states[-1] = replace(state, is_raised=False)
        elif word == "uc" and number is not None:
            self._states[-1] = replace(state, skip_after_unicode=max(number, 0))
        elif word == "ansicpg" and number:
            self._codec = _checked(f"cp{number}" if number != 65001 else "utf-8")
        elif word in ("mac", "pc", "pca"):
            self._codec = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}[word]
        elif word == "f" and number is not None:
            self._font = number
            codec = "" if state.font_table else self._fonts.get(number, "")
            self._states[-1] = replace(state, codec=codec)
        elif word == "fcharset" and number is not None and number in _CHARSETS:
            self._fonts[self._font] = _CHARSETS[number]

    def _skipped(self) -> bool:
        if self._skip:
            self._skip -= 1
            return True
        return False

    def _emit_unicode(self, number: int) -> None:
        self._emit(chr(number % 0x10000))
        self._skip = self._states[-1].skip_after_unicode

    def _flush_bytes(self) -> None:
        if self._bytes:
            codec = self._states[-1].codec or self._codec
            if self._states[-1].part == "skip":
                self._bytes.clear()
                return
            try:
                content = self._bytes.decode(codec)
            except UnicodeDecodeError:
                raise refusal("document.encoding") from None
            self._bytes.clear()
            self._emit(content)

    def _emit(self, content: str) -> None:
        state = self._states[-1]
        if state.part == "skip" or not content:
            return
        field = state.part
        if field == "body":
            field = "deleted" if state.is_deleted else "hidden" if state.is_hidden else "body"
        content = self._joints[field].take(content, is_raised=state.is_raised)
        if state.part != "body":
            self._aside.setdefault(field, []).append(content)
            return
        if state.is_deleted:
            self._text.flag("tracked_changes")
        self._add_run(field, content)

    def _add_run(self, field: str, content: str) -> None:
        """Append to the runs; neighbours of one kind are one, so that no name falls apart."""
        if self._runs and self._runs[-1][0] == field and field != "link":
            content = self._runs.pop()[1] + content
        self._runs.append((field, content))

    def _end_part(self, part: str) -> None:
        """Add what a destination held; body text keeps its order and comes at the end."""
        content = _joined(self._aside.pop(part, []))
        if part in _INFO:
            field, label = _INFO[part]
            value = f"{label}: {content}" if label and content.strip() else content
            self._text.add(value, field=field, kind="value")
        elif part == "link":
            found = _LINK.search(content)
            if found:
                self._runs.append(("link", found.group(1) or found.group(2) or ""))
        elif part in ("comment", "note"):
            self._runs.append((part, content + "\n\n"))
        elif part != "skip":
            self._text.add(content, field=part, kind="value" if part == "author" else "paragraph")

    def _add_body(self) -> None:
        """Add the runs: paragraphs of the body, and after each what was met in it."""
        line: list[str] = []
        asides: list[tuple[str, str]] = []
        for field, content in [*self._runs, ("body", "\n\n")]:
            if field != "body":
                asides.append((field, content))
                continue
            pieces = content.split("\n\n")
            for position, piece in enumerate(pieces):
                line.append(piece)
                if position + 1 < len(pieces):
                    self._add_paragraph(_joined(line), asides)
                    line, asides = [], []

    def _add_paragraph(self, content: str, asides: list[tuple[str, str]]) -> None:
        is_row = content.endswith("\t")
        self._text.add(
            "; ".join(cell.strip() for cell in content.split("\t") if cell.strip())
            if is_row
            else content,
            kind="row" if is_row else "paragraph",
        )
        for field, aside in asides:
            shown = "hidden" if field == "deleted" else "body" if field == "note" else field
            self._text.add(_joined([aside]), field=shown, kind=_KINDS.get(field, "value"))


def load(file: BinaryIO, _name: str, text: TextBuilder) -> None:
    """Add all text of an RTF file."""
    data = file.read().rstrip(b"\x00\r\n \t")
    _Reader(text).read(data)


def _joined(pieces: list[str]) -> str:
    """Join pieces; halves of surrogate pairs, which RTF writes apart, become characters."""
    return "".join(pieces).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _checked(codec: str) -> str:
    try:
        return codecs.lookup(codec).name
    except LookupError:
        raise refusal("document.encoding") from None
