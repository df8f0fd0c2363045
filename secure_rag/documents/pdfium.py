"""The only importer of pypdfium2: pages, lines with their geometry, annotations."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from secure_rag.documents.reasons import refusal

_MAX_OUTLINE_DEPTH = 15
_MAX_FORM_DEPTH = 6
_LEAST_SIZE = 1.0
"""Points; smaller text is a dot to whoever looks."""
OFF = "Off"
"""Value of a button that is not pressed."""
_WHITE = 250
"""Of 255, in each colour."""
_FILLED = pdfium.FPDF_TEXTRENDERMODE_FILL
_WITHOUT_INK = (pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP)


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
        self._sight = _Sight(page, self._layer.raw)

    def close(self) -> None:
        """Free the page and its text layer."""
        self._layer.close()
        self._page.close()

    def lines(self) -> Iterator[Line]:
        """Yield the lines of the text layer, in its order; one that is hidden in part in pieces."""
        position = 0
        for content in self._layer.get_text_range().split("\r\n"):
            for piece, is_hidden in self._pieces(content, position):
                yield replace(self._line(piece, position), is_hidden=is_hidden)
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

    def _line(self, content: str, position: int) -> Line:
        """Measure a line; without measures where text and characters do not correspond."""
        shown = content.rstrip()
        last = position + _units(shown) - 1
        raw = self._layer.raw
        if not shown or pdfium.FPDFText_GetUnicode(raw, position) != ord(content[0]):
            return Line(content)
        x, y = ctypes.c_double(), ctypes.c_double()
        if not pdfium.FPDFText_GetCharOrigin(raw, position, ctypes.byref(x), ctypes.byref(y)):
            return Line(content)
        box = [ctypes.c_double() for _ in range(4)]
        pdfium.FPDFText_GetCharBox(raw, last, *map(ctypes.byref, box))
        return Line(content, x.value, box[1].value, y.value, _size(raw, position))


_Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in points."""


class _Sight:
    """Says which characters of a page nobody sees.

    Text that is drawn without ink, in white on bare paper, smaller than a point, or beside the
    page. What may show in some way counts as seen: text over an image (a scan whose words
    lie invisible above it), white text on something that is filled, and either where a form is
    drawn, whose place is not known.
    """

    def __init__(self, page: Any, layer: Any) -> None:
        self._layer = layer
        self._page = page
        self._known: dict[int, bool] = {}
        self._drawn: list[_Box | None] | None = None

    def hides(self, position: int) -> bool:
        """Say whether nobody sees a character; those of one text object are seen alike."""
        drawn = pdfium.FPDFText_GetTextObject(self._layer, position)
        if not drawn:
            return False
        address = ctypes.addressof(drawn.contents)
        if address not in self._known:
            self._known[address] = self._is_hidden(drawn, position)
        return self._known[address]

    def is_one(self, first: int, last: int) -> bool:
        """Say whether two characters are of one text object: so is what is between them."""
        ends = [pdfium.FPDFText_GetTextObject(self._layer, place) for place in (first, last)]
        return all(ends) and len({ctypes.addressof(end.contents) for end in ends}) == 1

    def _is_hidden(self, drawn: Any, position: int) -> bool:
        box = _char_box(self._layer, position)
        if box is None:
            return False
        left, bottom, right, top = self._page.get_bbox()
        is_outside = box[2] <= left or box[0] >= right or box[3] <= bottom or box[1] >= top
        if is_outside or 0 < _size(self._layer, position) < _LEAST_SIZE:
            return True
        mode = pdfium.FPDFTextObj_GetTextRenderMode(drawn)
        is_without_ink = mode in _WITHOUT_INK or (mode == _FILLED and _is_white(drawn))
        return is_without_ink and not any(_meet(box, other) for other in self._backgrounds())

    def _backgrounds(self) -> list[_Box | None]:
        """Return where something is drawn that text may stand out from; None is anywhere."""
        if self._drawn is None:
            objects = self._page.get_objects(max_depth=1)
            self._drawn = [_background(one) for one in objects if _is_background(one)]
        return self._drawn


def _is_background(one: Any) -> bool:
    if one.type == pdfium.FPDF_PAGEOBJ_TEXT:
        return False
    return one.type != pdfium.FPDF_PAGEOBJ_PATH or (_is_filled(one.raw) and not _is_white(one.raw))


def _background(one: Any) -> _Box | None:
    if one.type == pdfium.FPDF_PAGEOBJ_FORM:
        return None
    box = [ctypes.c_float() for _ in range(4)]
    is_known = pdfium.FPDFPageObj_GetBounds(one.raw, *map(ctypes.byref, box))
    return (box[0].value, box[1].value, box[2].value, box[3].value) if is_known else None


def _meet(box: _Box, other: _Box | None) -> bool:
    if other is None:
        return True
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]


def _is_filled(path: Any) -> bool:
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(path, ctypes.byref(mode), ctypes.byref(stroke))
    return bool(mode.value != pdfium.FPDF_FILLMODE_NONE)


def _is_white(drawn: Any) -> bool:
    """Say whether an object is filled with white, or with nothing that shows."""
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    colours = (red, green, blue, alpha)
    if not pdfium.FPDFPageObj_GetFillColor(drawn, *map(ctypes.byref, colours)):
        return False
    return bool(alpha.value == 0 or min(red.value, green.value, blue.value) >= _WHITE)


def _char_box(layer: Any, position: int) -> _Box | None:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    sides = (left, right, bottom, top)
    if not pdfium.FPDFText_GetCharBox(layer, position, *map(ctypes.byref, sides)):
        return None
    return left.value, bottom.value, right.value, top.value


def _size(layer: Any, position: int) -> float:
    """Return a character's size on the page: fonts of size 1 are scaled by a matrix."""
    size = float(pdfium.FPDFText_GetFontSize(layer, position))
    matrix = pdfium.FS_MATRIX()
    if pdfium.FPDFText_GetMatrix(layer, position, ctypes.byref(matrix)):
        size *= float((matrix.c**2 + matrix.d**2) ** 0.5)
    return size


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
