"""ODT, ODS, ODP: text, tables, slides, notes, comments, deleted and hidden text, properties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from secure_rag.documents.archive import Archive
from secure_rag.documents.loaders.opendocument_forms import add_forms
from secure_rag.documents.markup import (
    Element,
    attribute,
    child,
    children,
    descendants,
    local,
    parse_xml,
    text_of,
)
from secure_rag.documents.raised import Pieces, is_up
from secure_rag.documents.reasons import refusal
from secure_rag.documents.rows import Table
from secure_rag.documents.text import TextBuilder

_AUTHORS = frozenset(("creator", "initial-creator", "printed-by"))
_TECHNICAL = frozenset(
    ("generator", "document-statistic", "editing-cycles", "editing-duration", "template")
)
_APART = frozenset(("note", "annotation", "frame", "custom-shape", "g", "desc", "title"))
"""What stands in a paragraph without being part of its text."""
_HIDDEN_FIELDS = frozenset(("hidden-text", "hidden-paragraph"))
_DECLARED = {"header-decl": "header", "footer-decl": "footer", "date-time-decl": "footer"}
"""What slides show in their margins is written once, before them."""
_CELL_VALUES = ("string-value", "date-value", "time-value", "boolean-value", "value")
"""Programs other than LibreOffice leave out the text of a cell."""
_SHAPES = frozenset(
    """frame custom-shape g rect ellipse circle line connector polygon polyline path caption
    regular-polygon measure page-thumbnail""".split()
)
_MAX_REPEATS = 1000
_MAX_COLUMNS = 16384


class _Styles:
    """Names of styles that hide or raise what they are applied to.

    Where both parts of a file have a style of one name, a part is raised by its `own`.
    """

    def __init__(self, own: Sequence[Element], others: Sequence[Element]) -> None:
        self.hidden: set[str] = set()
        self._spans: dict[str, tuple[bool | None, str]] = {}
        """Styles of text: whether they raise it, and the style that they inherit from."""
        for style in (*others, *own):
            name = attribute(style, "name") or ""
            if any(_hides(properties) for properties in style):
                self.hidden.add(name)
            if attribute(style, "family") == "text":
                self._spans[name] = _raises(style), attribute(style, "parent-style-name") or ""

    def hide(self, element: Element) -> bool:
        """Tell whether an element is hidden by its style or by itself."""
        name = attribute(element, "style-name")
        visibility = attribute(element, "visibility")
        return (
            (name is not None and name in self.hidden)
            or attribute(element, "display") == "none"
            or (visibility is not None and visibility != "visible")
        )

    def raises(self, element: Element) -> bool | None:
        """Tell whether text is raised by its style; None if that does not say."""
        name = attribute(element, "style-name") or ""
        seen: set[str] = set()
        raised = None
        while raised is None and name in self._spans and name not in seen:
            seen.add(name)
            raised, name = self._spans[name]
        self._spans.update(dict.fromkeys(seen, (raised, "")))
        return raised


class _Reader:
    def __init__(self, styles: _Styles, text: TextBuilder) -> None:
        self.styles = styles
        self.text = text

    def add(self, element: Element, field: str = "body", kind: str = "paragraph") -> None:
        """Add an element: a paragraph, a table, a slide, or what a container holds."""
        name = local(element)
        if name == "h":
            level = attribute(element, "outline-level") or "1"
            self._add_inline(element, field, "heading", int(level) if level.isdigit() else 1)
        elif name == "p":
            self._add_inline(element, field, kind, 0)
        elif name == "table":
            self._add_table(element, field)
        elif name == "tracked-changes":
            self._add_deletions(element)
        elif name in ("annotation", "desc", "title"):
            self._add_aside(element)
        elif name in _DECLARED:
            self.text.add(text_of(element), field=_DECLARED[name])
        elif name == "forms":
            add_forms(element, self.text)
        elif name == "notes":
            for inner in element:
                self.add(inner, field, "note")
        elif name not in ("sequence-decls", "table-of-content-source"):
            with self.text.hiding(self.styles.hide(element)):
                for inner in element:
                    self.add(inner, field, "list_item" if name == "list-item" else kind)

    def _add_inline(self, element: Element, field: str, kind: str, level: int) -> None:
        shown, hidden = Pieces(), Pieces()
        asides: list[Element] = []
        self._collect(element, shown, hidden, asides, is_hidden=self.styles.hide(element))
        content = "".join(shown)
        if kind == "heading" and field == "body":
            self.text.add_heading(content, level)
        else:
            self.text.add(content, field=field, kind="paragraph" if kind == "heading" else kind)
        self.text.add("".join(hidden), field="hidden")
        for aside in asides:
            self._add_aside(aside)

    def _collect(
        self,
        element: Element,
        shown: Pieces,
        hidden: Pieces,
        asides: list[Element],
        *,
        is_hidden: bool,
        is_raised: bool = False,
    ) -> None:
        """Gather a paragraph's text; notes, comments, frames and links are kept for later."""
        target = hidden if is_hidden else shown
        target.add(element.text or "", is_raised=is_raised)
        for inner in element:
            name = local(inner)
            if name == "s":
                target.add(" " * min(int(attribute(inner, "c") or 1), _MAX_REPEATS))
            elif name in ("tab", "line-break"):
                target.add("\t" if name == "tab" else "\n")
            elif name in _APART:
                asides.append(inner)
            elif name != "annotation-end":
                if attribute(inner, "href"):
                    asides.append(inner)
                hides = name in _HIDDEN_FIELDS or self.styles.hide(inner)
                if hides and hidden:
                    hidden.add("\n")
                if name in _HIDDEN_FIELDS:
                    hidden.add(attribute(inner, "string-value") or "")
                raises = self.styles.raises(inner)
                self._collect(
                    inner,
                    shown,
                    hidden,
                    asides,
                    is_hidden=is_hidden or hides,
                    is_raised=is_raised if raises is None else raises,
                )
            target.add(inner.tail or "", is_raised=is_raised)

    def _add_aside(self, element: Element) -> None:
        name = local(element)
        if name == "annotation":
            author = text_of(child(element, "creator"))
            self.text.add_comment(author, self._lines(element, []))
        elif name == "note":
            for body in children(element, "note-body"):
                for inner in body:
                    self.add(inner, kind="note")
        elif name in ("desc", "title"):
            self.text.add(text_of(element), kind="note")
        elif attribute(element, "href") and name not in ("frame", "custom-shape", "g"):
            self.text.add(attribute(element, "href") or "", field="link", kind="value")
        else:
            for inner in element:
                self.add(inner)

    def _lines(self, element: Element, asides: list[Element]) -> str:
        """Return the lines of an element's paragraphs; what is hidden in them is added.

        Notes, comments and frames are kept for later, as `_collect` does.
        """
        lines: list[str] = []
        hidden = Pieces()
        for paragraph in _paragraphs(element, asides):
            shown = Pieces()
            is_hidden = self.styles.hide(paragraph)
            self._collect(paragraph, shown, hidden, asides, is_hidden=is_hidden)
            lines.append("".join(shown))
        self.text.add("".join(hidden), field="hidden")
        return "\n".join(lines)

    def _add_deletions(self, element: Element) -> None:
        """Add what tracked changes removed, and who made them."""
        self.text.flag("tracked_changes")
        for author in descendants(element, "creator"):
            self.text.add(text_of(author), field="author", kind="value")
        for deletion in descendants(element, "deletion"):
            with self.text.hiding():
                for inner in deletion:
                    if local(inner) != "change-info":
                        self.add(inner)

    def _add_table(self, element: Element, field: str, *, is_sheet: bool = False) -> None:
        table = Table(may_be_form=not is_sheet)
        number = 0
        asides: list[Element] = []
        for row in _rows(element):
            number += 1
            cells = self._cells(row, asides)
            repeats = max(int(attribute(row, "number-rows-repeated") or 1), 1)
            is_hidden = (attribute(row, "visibility") or "visible") != "visible"
            with self.text.hiding(is_hidden):
                for again in range(min(repeats, _MAX_REPEATS) if any(cells) else 0):
                    place = number + again if is_sheet else None
                    self.text.add(table.line(cells), field=field, kind="row", row=place)
            number += repeats - 1
            for aside in asides:
                self._add_aside(aside)
            asides.clear()

    def _cells(self, row: Element, asides: list[Element]) -> list[str]:
        cells: list[str] = []
        for cell in row:
            if local(cell) not in ("table-cell", "covered-table-cell"):
                continue
            content = self._cell(cell, asides)
            repeats = int(attribute(cell, "number-columns-repeated") or 1)
            if not 1 <= repeats <= _MAX_COLUMNS:
                raise refusal("document.unreadable")
            cells += [content] * (min(repeats, _MAX_REPEATS) if content else repeats)
            if len(cells) > _MAX_COLUMNS:
                del cells[_MAX_COLUMNS:]
        return cells

    def _cell(self, cell: Element, asides: list[Element]) -> str:
        content = self._lines(cell, asides)
        if content.strip():
            return content
        values = filter(None, (attribute(cell, name) for name in _CELL_VALUES))
        return next(values, (attribute(cell, "formula") or "").partition(":")[2])

    def add_sheet(self, element: Element) -> None:
        """Add a sheet of a spreadsheet under its name."""
        with (
            self.text.hiding(self.styles.hide(element)),
            self.text.sheet(attribute(element, "name") or ""),
        ):
            self._add_table(element, "body", is_sheet=True)
            for beside in (*children(element, "forms"), *children(element, "shapes")):
                self.add(beside)

    def add_slide(self, element: Element, number: int) -> None:
        """Add a slide: its title as a heading, then the rest, then its notes."""
        self.text.clear_headings()
        self.text.slide = number
        with self.text.hiding(self.styles.hide(element)):
            for inner in element:
                if attribute(inner, "class") == "title":
                    asides: list[Element] = []
                    self.text.add_heading(self._lines(inner, asides), 1)
                    for aside in asides:
                        self._add_aside(aside)
                else:
                    self.add(inner)
        self.text.slide = None


def load(file: BinaryIO, _name: str, text: TextBuilder) -> None:
    """Add all text of an OpenDocument file."""
    archive = Archive(file.read(), text.limits)
    _flag_parts(archive, text)
    content = parse_xml(archive.read("content.xml"))
    margins = parse_xml(archive.read("styles.xml")) if "styles.xml" in archive else None
    own, named = list(descendants(content, "style")), list(descendants(margins, "style"))
    if "meta.xml" in archive:
        _add_properties(parse_xml(archive.read("meta.xml")), text)
    if margins is not None:
        _add_margins(margins, _Reader(_Styles(named, own), text))
    reader = _Reader(_Styles(own, named), text)
    body = child(content, "body")
    slides = 0
    for document in body if body is not None else ():
        for element in document:
            name = local(element)
            if name == "table" and local(document) == "spreadsheet":
                reader.add_sheet(element)
            elif name == "page":
                slides += 1
                reader.add_slide(element, slides)
            else:
                reader.add(element)
    for link in descendants(content, "a", "event-listener"):
        text.add(attribute(link, "href") or "", field="link", kind="value")


def _flag_parts(archive: Archive, text: TextBuilder) -> None:
    for name in archive.names:
        if name.startswith(("Basic/", "Scripts/")) and not name.endswith("/"):
            text.flag("macros")
        elif name.startswith("Pictures/"):
            text.flag("images")
        elif name.startswith("Object ") and name.endswith("content.xml"):
            text.flag("embedded_files")


def _add_properties(meta: Element, text: TextBuilder) -> None:
    for element in descendants(meta, "meta"):
        for found in element:
            name, value = local(found), text_of(found)
            if name in _TECHNICAL:
                continue
            if name == "title":
                text.add(value, field="title", kind="value")
            elif name in _AUTHORS:
                text.add(value, field="author", kind="value")
            else:
                label = attribute(found, "name") or name.replace("-", " ").capitalize()
                text.add_property(label, value)


def _add_margins(styles: Element, reader: _Reader) -> None:
    for page in descendants(styles, "master-page"):
        for element in page:
            name = local(element)
            for field in ("header", "footer"):
                if name.startswith(field):
                    for inner in element:
                        reader.add(inner, field)
            # Placeholders only prompt the writer, or show what a slide has.
            if name in _SHAPES and attribute(element, "class") is None:
                reader.add(element, "footer")


def _paragraphs(element: Element, asides: list[Element]) -> Iterator[Element]:
    """Yield the paragraphs of an element; notes, comments and frames go into the list."""
    for inner in element:
        if local(inner) in ("p", "h"):
            yield inner
        elif local(inner) in _APART:
            asides.append(inner)
        else:
            yield from _paragraphs(inner, asides)


def _rows(table: Element) -> Iterator[Element]:
    """Yield a table's rows, those in groups included, not those of inner tables."""
    for element in table:
        name = local(element)
        if name == "table-row":
            yield element
        elif name in ("table-rows", "table-header-rows", "table-row-group"):
            yield from _rows(element)


def _hides(properties: Element) -> bool:
    return (
        attribute(properties, "display") in ("none", "false")
        or attribute(properties, "visibility") == "hidden"
    )


def _raises(style: Element) -> bool | None:
    """Tell whether a style raises text; None if it does not say."""
    said = None
    for properties in style:
        position = (attribute(properties, "text-position") or "").split()
        if position:
            said = position[0] == "super" or is_up(position[0])
    return said
