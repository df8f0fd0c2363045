"""PDF files: pages, lines with their geometry, annotations.

With `glyphs`, the only importer of pypdfium2.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from secure_rag.documents.glyphs import Sight, is_raised, origin_of, size_of
from secure_rag.documents.reasons import refusal

_MAX_OUTLINE_DEPTH = 15
_MAX_FORM_DEPTH = 6
OFF = "Off"
"""Value of a button that is not pressed."""
_FIGURE = re.compile(r"\d{2,}")


@dataclass(frozen=True)
class Line:
    """A line of a page's text layer; sizes in points, 0 where the layer does not tell."""

    text: str
    left: float = 0.0
    right: float = 0.0
    base: float = 0.0
    """Height of its first character's base line above the page's lower edge."""
    size: float = 0.0
    is_hidden: bool = False
    """Nobody who looks at the page sees it."""


@dataclass(frozen=True)
class Annotation:
    """What an annotation says; empty where it says nothing."""

    author: str
    subject: str
    contents: str
    address: str
    """Address that a link leads to."""
    value: str
    """What is filled into a form field."""
    label: str
    """Name of a form field."""


class Pdf:
    """An open PDF.

    Raises:
        DocumentError: `document.encrypted` if it needs a password, `document.unreadable`.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self._document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            is_locked = error.err_code == pdfium.FPDF_ERR_PASSWORD
            raise refusal("document.encrypted" if is_locked else "document.unreadable") from None
        self._form = _Form(self._document)
        self._pages = len(self._document)

    def close(self) -> None:
        """Free what the library holds."""
        self._form.close()
        self._document.close()

    def __len__(self) -> int:
        return self._pages

    @property
    def properties(self) -> dict[str, str]:
        """Title, author and the like."""
        return dict(self._document.get_metadata_dict(skip_empty=True))

    @property
    def outline(self) -> list[str]:
        """Titles of the bookmarks."""
        marks = self._document.get_toc(max_depth=_MAX_OUTLINE_DEPTH)
        return [str(mark.get_title()) for mark in marks]

    @property
    def attachments(self) -> list[str]:
        """Names of embedded files."""
        count = self._document.count_attachments()
        return [str(self._document.get_attachment(i).get_name()) for i in range(count)]

    def page(self, number: int) -> Page:
        """Open a page, counted from 0."""
        return Page(self._document[number], self._form)


class _Form:
    """The fields of a document: a field's name and value may be those of its parent.

    Holds the library's form environment without its hooks, so no action of a page runs.
    """

    def __init__(self, document: Any) -> None:
        self._raw: Any = None
        if document.get_formtype() != pdfium.FORMTYPE_NONE:
            self._hooks = pdfium.FPDF_FORMFILLINFO(version=2)
            self._raw = pdfium.FPDFDOC_InitFormFillEnvironment(document.raw, self._hooks)
            if not self._raw:
                raise refusal("document.unreadable")

    def close(self) -> None:
        """Free the environment."""
        if self._raw:
            pdfium.FPDFDOC_ExitFormFillEnvironment(self._raw)
            self._raw = None

    def name(self, widget: Any) -> str:
        """Return the name of a widget's field: the one for people if it has one."""
        named = self._said(pdfium.FPDFAnnot_GetFormFieldAlternateName, widget)
        return named or self._said(pdfium.FPDFAnnot_GetFormFieldName, widget)

    def value(self, widget: Any) -> str:
        """Return what is filled in."""
        return self._said(pdfium.FPDFAnnot_GetFormFieldValue, widget)

    def chosen(self, widget: Any) -> str:
        """Return what is selected of a choice, as a reader sees it."""
        return "; ".join(label for label in self._options(widget) if label)

    def _options(self, widget: Any) -> Iterator[str]:
        if not self._raw:
            return
        for position in range(pdfium.FPDFAnnot_GetOptionCount(self._raw, widget)):
            if pdfium.FPDFAnnot_IsOptionSelected(self._raw, widget, position):
                yield self._said(pdfium.FPDFAnnot_GetOptionLabel, widget, position)

    def _said(self, get: Callable[..., int], *place: Any) -> str:
        if not self._raw:
            return ""
        return _wide(lambda buffer, size: get(self._raw, *place, buffer, size))


class Page:
    """An open page; close it before the next."""

    def __init__(self, page: Any, form: _Form) -> None:
        self._page = page
        self._form = form
        self._layer = page.get_textpage()
        self._sight = Sight(page, self._layer.raw)

    def close(self) -> None:
        """Free the page and its text layer."""
        self._layer.close()
        self._page.close()

    def lines(self) -> Iterator[Line]:
        """Yield the lines of the text layer, in its order; one that is hidden in part in pieces."""
        position = 0
        for content in self._layer.get_text_range().split("\r\n"):
            for piece, is_hidden in self._pieces(content, position):
                line = self._line(piece, position)
                yield replace(line, text=self._apart(piece, position), is_hidden=is_hidden)
                position += _units(piece)
            position += 2

    def count_graphics(self) -> tuple[int, int]:
        """Return how many images and how many paths the page draws."""
        kinds = (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_PATH)
        found = [o.type for o in self._page.get_objects(filter=kinds, max_depth=_MAX_FORM_DEPTH)]
        return found.count(kinds[0]), found.count(kinds[1])

    def annotations(self) -> Iterator[Annotation]:
        """Yield the page's annotations: links, comments, form fields."""
        for position in range(pdfium.FPDFPage_GetAnnotCount(self._page.raw)):
            raw = pdfium.FPDFPage_GetAnnot(self._page.raw, position)
            if not raw:
                raise refusal("document.unreadable")
            try:
                yield self._annotation(raw)
            finally:
                pdfium.FPDFPage_CloseAnnot(raw)

    def _annotation(self, raw: Any) -> Annotation:
        is_field = pdfium.FPDFAnnot_GetSubtype(raw) == pdfium.FPDF_ANNOT_WIDGET
        named = _entry(raw, "T")
        return Annotation(
            author="" if is_field else named,
            subject=_entry(raw, "Subj"),
            contents=_entry(raw, "Contents"),
            address=self._address(raw),
            value=self._value(raw) if is_field else "",
            label=(_entry(raw, "TU") or named or self._form.name(raw)) if is_field else "",
        )

    def _value(self, raw: Any) -> str:
        """Return what is filled in; a button without a look is off for the library."""
        own, state = _entry(raw, "V"), _entry(raw, "AS")
        chosen = self._form.chosen(raw)
        known = chosen or own or self._form.value(raw)
        return state if known in ("", OFF) and state else known

    def _address(self, raw: Any) -> str:
        link = pdfium.FPDFAnnot_GetLink(raw)
        action = pdfium.FPDFLink_GetAction(link) if link else None
        if not action:
            return ""
        document = self._page.pdf.raw
        get = (
            pdfium.FPDFAction_GetURIPath
            if pdfium.FPDFAction_GetType(action) == pdfium.PDFACTION_URI
            else pdfium.FPDFAction_GetFilePath
        )
        if get is pdfium.FPDFAction_GetFilePath:
            return _string(lambda buffer, size: get(action, buffer, size), "utf-8")
        return _string(lambda buffer, size: get(document, action, buffer, size), "utf-8")

    def _pieces(self, content: str, position: int) -> Iterator[tuple[str, bool]]:
        """Yield a line in pieces that are seen or hidden; blanks go with what is before them."""
        first = position + _units(content[: len(content) - len(content.lstrip())])
        last = position + _units(content.rstrip()) - 1
        if first >= last or self._sight.is_one(first, last):
            yield content, self._sight.hides(first)
            return
        start, was_hidden = 0, None
        for place, character in enumerate(content):
            if not character.isspace():
                is_hidden = self._sight.hides(position)
                if was_hidden is not None and is_hidden != was_hidden:
                    yield content[start:place], was_hidden
                    start = place
                was_hidden = is_hidden
            position += _units(character)
        yield content[start:], bool(was_hidden)

    def _apart(self, content: str, position: int) -> str:
        """Return a line with a space where a raised figure follows another (`raised.is_apart`)."""
        pieces: list[str] = []
        start = counted = 0
        for figure in _FIGURE.finditer(content):
            position += _units(content[counted : figure.start()])
            counted = figure.start()
            for place in self._raised(figure.group(), position):
                pieces += (content[start : counted + place], " ")
                start = counted + place
        return "".join((*pieces, content[start:]))

    def _raised(self, digits: str, position: int) -> Iterator[int]:
        """Yield the places among digits where raised ones begin: with a text object of their own.

        None where text and characters do not correspond.
        """
        if self._sight.is_one(position, position + len(digits) - 1):
            return
        raw = self._layer.raw
        for place in range(1, len(digits)):
            here = position + place
            if not self._sight.is_one(here - 1, here) and is_raised(raw, here):
                pair = [pdfium.FPDFText_GetUnicode(raw, one) for one in (here - 1, here)]
                if pair == [ord(digit) for digit in digits[place - 1 : place + 1]]:
                    yield place

    def _line(self, content: str, position: int) -> Line:
        """Measure a line; without measures where text and characters do not correspond."""
        shown = content.rstrip()
        last = position + _units(shown) - 1
        raw = self._layer.raw
        if not shown or pdfium.FPDFText_GetUnicode(raw, position) != ord(content[0]):
            return Line(content)
        origin = origin_of(raw, position)
        if origin is None:
            return Line(content)
        box = [ctypes.c_double() for _ in range(4)]
        pdfium.FPDFText_GetCharBox(raw, last, *map(ctypes.byref, box))
        return Line(content, origin[0], box[1].value, origin[1], size_of(raw, position))


def _units(content: str) -> int:
    """Return how many characters the library counts: UTF-16 units."""
    return len(content.encode("utf-16-le", "surrogatepass")) // 2


def _entry(raw: Any, key: str) -> str:
    """Return a string from an annotation's dictionary."""
    get = pdfium.FPDFAnnot_GetStringValue
    return _wide(lambda buffer, size: get(raw, key.encode(), buffer, size))


def _wide(get: Callable[[Any, int], int]) -> str:
    """Return what a function of the library writes in UTF-16."""

    def read(buffer: Any, size: int) -> int:
        pointer = ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)) if buffer else None
        return int(get(pointer, size))

    return _string(read, "utf-16-le")


def _string(read: Callable[[Any, int], int], encoding: str) -> str:
    """Call a function of the library twice, for the size and for the string."""
    size = read(None, 0)
    if size <= 0:
        return ""
    buffer = ctypes.create_string_buffer(size)
    read(buffer, size)
    return buffer.raw.decode(encoding, "replace").rstrip("\0")
