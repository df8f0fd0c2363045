"""Build the one text of a document, and its blocks, from what a loader finds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from secure_rag.documents.characters import clean, flatten
from secure_rag.documents.limits import Limits
from secure_rag.documents.reasons import refusal
from secure_rag.values import FIELDS, Block, RawDocument

KINDS = frozenset(("heading", "paragraph", "row", "list_item", "code", "note", "value"))
_CONTENT = frozenset(FIELDS) - {"title", "author", "file_name", "metadata"}
_SAID_ONCE = frozenset(("author", "link"))

Span = tuple[int, int]


class TextBuilder:
    """Collect cleaned blocks with the headings above them.

    Blocks are separated by an empty line, rows by a line end. `page` and `slide`
    are where the loader stands now; it sets them as it goes on.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.page: int | None = None
        self.slide: int | None = None
        self.attachments = 0
        """Attachments met so far, at all depths."""
        self._depth = 0
        self._pieces: list[str] = []
        self._length = 0
        self._blocks: list[Block] = []
        self._flags: set[str] = set()
        self._outer: list[Span] = []
        self._headings: list[tuple[int, Span]] = []
        self._sheet: Span | None = None
        self._is_hiding = False
        self._said: set[tuple[str, str]] = set()

    def add(
        self,
        text: str,
        *,
        field: str = "body",
        kind: str = "paragraph",
        row: int | None = None,
    ) -> Span | None:
        """Append a block and return its span; None where nothing is left to append.

        A link target or author that the document has named before is not repeated.
        """
        text, hides = clean(text)
        if hides:
            self.flag("invisible_characters")
        if not text:
            return None
        if self._is_hiding and field == "body":
            field = "hidden"
        if field == "hidden":
            self.flag("hidden_text")
        if field in _SAID_ONCE:
            if (field, text) in self._said:
                return None
            self._said.add((field, text))
        return self._append(text, field, kind, row)

    def add_heading(self, text: str, level: int, *, field: str = "body") -> None:
        """Append a heading; what follows stands under it until one of its level or above."""
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()
        span = self.add(flatten(text), field=field, kind="heading")
        if span is not None:
            self._headings.append((level, span))

    def add_comment(self, author: str, text: str) -> None:
        """Append a comment that starts with its author's name, and the author as a field."""
        author = flatten(author)
        self.add(author, field="author", kind="value")
        self.add(f"{author}: {text}" if author else text, field="comment", kind="note")

    def add_property(self, label: str, value: str, *, field: str = "metadata") -> None:
        """Append a property as `label: value`."""
        if value.strip():
            self.add(f"{label}: {value}", field=field, kind="value")

    def clear_headings(self) -> None:
        """Forget the headings so far, as at the start of a new slide or message."""
        self._headings.clear()

    def flag(self, name: str) -> None:
        """Note a fact for the log; never content."""
        self._flags.add(name)

    @contextmanager
    def under(self, text: str, *, field: str) -> Iterator[None]:
        """Put what is added inside under a heading of its own (a message, an attachment).

        Raises:
            DocumentError: `document.unreadable` if such parts are nested too deeply.
        """
        self._depth += 1
        if self._depth > self.limits.attachment_depth:
            raise refusal("document.unreadable")
        headings, self._headings = self._headings, []
        place = (self.page, self.slide, self._sheet)
        self.page = self.slide = self._sheet = None
        outer = self._outer
        self._outer = outer + [span for _, span in headings]
        span = self.add(flatten(text), field=field, kind="heading")
        if span is not None:
            self._outer = [*self._outer, span]
        yield
        self._outer, self._headings = outer, headings
        self.page, self.slide, self._sheet = place
        self._depth -= 1

    @contextmanager
    def sheet(self, name: str) -> Iterator[None]:
        """Put what is added inside on the named sheet."""
        self.clear_headings()
        self._sheet = self.add(flatten(name), kind="heading")
        yield
        self._sheet = None

    @contextmanager
    def hiding(self, is_hidden: bool = True) -> Iterator[None]:
        """Turn body text that is added inside into the field `hidden`."""
        before, self._is_hiding = self._is_hiding, self._is_hiding or is_hidden
        yield
        self._is_hiding = before

    @property
    def size(self) -> int:
        """How many blocks there are so far."""
        return len(self._blocks)

    def words(
        self, pattern: re.Pattern[str], *, start: int = 0, field: str | None = None
    ) -> set[str]:
        """Return what a pattern finds in the text so far, from a block on, of a field."""
        contents = self._pieces[2 * start + 1 :: 2]  # each after its separator
        found: set[str] = set()
        for block, content in zip(self._blocks[start:], contents, strict=True):
            if field in (None, block.field):
                found.update(pattern.findall(content))
        return found

    def build(self, media_type: str) -> RawDocument:
        """Return the document.

        Raises:
            DocumentError: `document.empty` or `document.image_only` if nothing but names
                and properties was found.
        """
        if not any(block.field in _CONTENT for block in self._blocks):
            raise refusal("document.image_only" if "images" in self._flags else "document.empty")
        return RawDocument(
            media_type,
            "".join(self._pieces),
            tuple(self._blocks),
            tuple(sorted(self._flags)),
        )

    def _append(self, text: str, field: str, kind: str, row: int | None) -> Span:
        separator = ""
        if self._blocks:
            is_in_table = kind == "row" and self._blocks[-1].kind == "row"
            separator = "\n" if is_in_table else "\n\n"
        start = self._length + len(separator)
        end = start + len(text)
        if end > self.limits.text_characters or len(self._blocks) >= self.limits.blocks:
            raise refusal("document.too_large")
        self._pieces += (separator, text)
        self._length = end
        headings = (*self._outer, *(span for _, span in self._headings))
        self._blocks.append(
            Block(
                start=start,
                end=end,
                field=field,
                kind=kind,
                page=self.page,
                slide=self.slide,
                row=row,
                sheet=self._sheet,
                headings=headings,
            )
        )
        return start, end
