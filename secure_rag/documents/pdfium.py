"""The only importer of pypdfium2: pages, lines with their geometry, annotations."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from secure_rag.documents.reasons import refusal

_MAX_OUTLINE_DEPTH = 15
_MAX_FORM_DEPTH = 6


@dataclass(frozen=True)
class Line:
    """A line of a page's text layer; sizes in points, 0 where the layer does not tell."""

    text: str
    left: float = 0.0
    right: float = 0.0
    base: float = 0.0
    """Height of its first character's base line above the page's lower edge."""
    size: float = 0.0


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
        self._pages = len(self._document)

    def close(self) -> None:
        """Free what the library holds."""
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
        return Page(self._document[number])


class Page:
    """An open page; close it before the next."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._layer = page.get_textpage()

    def close(self) -> None:
        """Free the page and its text layer."""
        self._layer.close()
        self._page.close()

    def lines(self) -> Iterator[Line]:
        """Yield the lines of the text layer, in its order."""
        position = 0
        for content in self._layer.get_text_range().split("\r\n"):
            yield self._line(content, position)
            position += len(content.encode("utf-16-le", "surrogatepass")) // 2 + 2

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
            value=_entry(raw, "V") if is_field else "",
            label=(_entry(raw, "TU") or named) if is_field else "",
        )

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

    def _line(self, content: str, position: int) -> Line:
        """Measure a line; without measures where text and characters do not correspond."""
        shown = content.rstrip()
        last = position + len(shown.encode("utf-16-le", "surrogatepass")) // 2 - 1
        raw = self._layer.raw
        if not shown or pdfium.FPDFText_GetUnicode(raw, position) != ord(content[0]):
            return Line(content)
        x, y = ctypes.c_double(), ctypes.c_double()
        if not pdfium.FPDFText_GetCharOrigin(raw, position, ctypes.byref(x), ctypes.byref(y)):
            return Line(content)
        box = [ctypes.c_double() for _ in range(4)]
        pdfium.FPDFText_GetCharBox(raw, last, *map(ctypes.byref, box))
        size = self._size(raw, position)
        return Line(content, x.value, box[1].value, y.value, size)

    def _size(self, raw: Any, position: int) -> float:
        """Return a character's size on the page: fonts of size 1 are scaled by a matrix."""
        size = float(pdfium.FPDFText_GetFontSize(raw, position))
        matrix = pdfium.FS_MATRIX()
        if pdfium.FPDFText_GetMatrix(raw, position, ctypes.byref(matrix)):
            size *= float((matrix.c**2 + matrix.d**2) ** 0.5)
        return size


def _entry(raw: Any, key: str) -> str:
    """Return a string from an annotation's dictionary."""

    def read(buffer: Any, size: int) -> int:
        pointer = ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)) if buffer else None
        return int(pdfium.FPDFAnnot_GetStringValue(raw, key.encode(), pointer, size))

    return _string(read, "utf-16-le")


def _string(read: Callable[[Any, int], int], encoding: str) -> str:
    """Call a function of the library twice, for the size and for the string."""
    size = read(None, 0)
    if size <= 0:
        return ""
    buffer = ctypes.create_string_buffer(size)
    read(buffer, size)
    return buffer.raw.decode(encoding, "replace").rstrip("\0")
