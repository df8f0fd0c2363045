"""How the characters of a PDF page are drawn: which nobody sees, which are raised.

With `pdfium`, the only importer of pypdfium2.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pypdfium2.raw as pdfium

_LEAST_SIZE = 1.0
"""Points; smaller text is a dot to whoever looks."""
_WHITE = 250
"""Of 255, in each colour."""
_FILLED = pdfium.FPDF_TEXTRENDERMODE_FILL
_WITHOUT_INK = (pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP)
_RAISED_SIZE = 0.85
"""A raised figure is smaller than this share of the figure before it."""
_RAISE = 0.15
"""It stands higher by more than this share of that figure's size."""

_Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in points."""


class Sight:
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
        if is_outside or 0 < size_of(self._layer, position) < _LEAST_SIZE:
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


def is_raised(layer: Any, position: int) -> bool:
    """Say whether a character stands smaller and higher than the one before it."""
    size = size_of(layer, position - 1)
    if size_of(layer, position) >= _RAISED_SIZE * size:
        return False
    before, origin = origin_of(layer, position - 1), origin_of(layer, position)
    if before is None or origin is None:
        return False
    return origin[1] - before[1] > _RAISE * size


def origin_of(layer: Any, position: int) -> tuple[float, float] | None:
    """Return where a character's base line begins; None where the layer does not tell."""
    x, y = ctypes.c_double(), ctypes.c_double()
    if not pdfium.FPDFText_GetCharOrigin(layer, position, ctypes.byref(x), ctypes.byref(y)):
        return None
    return x.value, y.value


def size_of(layer: Any, position: int) -> float:
    """Return a character's size on the page: fonts of size 1 are scaled by a matrix."""
    size = float(pdfium.FPDFText_GetFontSize(layer, position))
    matrix = pdfium.FS_MATRIX()
    if pdfium.FPDFText_GetMatrix(layer, position, ctypes.byref(matrix)):
        size *= float((matrix.c**2 + matrix.d**2) ** 0.5)
    return size
