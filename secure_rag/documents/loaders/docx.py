"""DOCX: body and tables in order, notes, comments, headers, hidden and deleted text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from secure_rag.documents.markup import (
    Element,
    attribute,
    child,
    children,
    descendants,
    local,
    text_of,
)
from secure_rag.documents.ooxml import (
    EXPONENT,
    Package,
    add_descriptions,
    add_graphics,
    add_links,
    drawing_paragraphs,
    open_package,
    raises,
)
from secure_rag.documents.raised import Pieces
from secure_rag.documents.rows import Table
from secure_rag.documents.symbols import symbol, tick_box
from secure_rag.documents.text import TextBuilder

_HEADING = re.compile(r"heading (\d)\Z", re.IGNORECASE)
_QUOTED = re.compile(r'"([^"]+)"')
_OFF = frozenset(("0", "false", "off"))
_CHANGES = frozenset(("ins", "del", "moveFrom", "moveTo"))
_GONE = frozenset(("del", "moveFrom"))
_SKIPPED = frozenset(("Fallback", "pPr", "rPr", "tblPr", "tcPr", "trPr", "sectPr", "sdtPr"))
_MAX_COLUMNS = 63
_PIECES = frozenset(("t", "delText", "sym", "ffData"))
_BREAKS = {"br": "\n", "cr": "\n", "tab": "\t", "ptab": "\t", "noBreakHyphen": "-"}


@dataclass
class _Paragraph:
    """What a paragraph says, apart by visibility."""

    shown: Pieces = field(default_factory=Pieces)
    hidden: Pieces = field(default_factory=Pieces)
    deleted: Pieces = field(default_factory=Pieces)
    instructions: list[str] = field(default_factory=list)
    boxes: list[Element] = field(default_factory=list)
    last: Pieces | None = None

    def take(self, piece: str, target: Pieces, *, is_raised: bool) -> None:
        """Append a piece; what stood apart in the paragraph stays apart in its list."""
        if target is not self.last and target is not self.shown and target:
            target.add("\n")
        target.add(piece, is_raised=is_raised)
        self.last = target


class _Styles:
    """Heading levels, hidden and raised text by style, inheritance included."""

    def __init__(self, package: Package, main: str) -> None:
        self._levels: dict[str, int] = {}
        self._hidden: set[str] = set()
        self._raised: dict[str, bool] = {}
        for part in package.related(main, "styles"):
            styles = list(descendants(package.xml(part), "style"))
            self._read(styles)

    def _read(self, styles: list[Element]) -> None:
        bases = {_value_of(style, "styleId"): _child_value(style, "basedOn") for style in styles}
        for style in styles:
            key = _value_of(style, "styleId")
            match = _HEADING.match(_child_value(style, "name"))
            outline = child(style, "pPr", "outlineLvl")
            if match:
                self._levels[key] = int(match.group(1))
            elif _child_value(style, "name").lower() == "title":
                self._levels[key] = 0
            elif outline is not None and _value_of(outline, "val").isdigit():
                self._levels[key] = int(_value_of(outline, "val")) + 1
            if _is_on(child(style, "rPr", "vanish")):
                self._hidden.add(key)
            raised = raises(child(style, "rPr"))
            if raised is not None:
                self._raised[key] = raised
        for key in bases:
            seen: set[str] = set()
            base = key
            while base and base not in seen:
                seen.add(base)
                if base in self._hidden:
                    self._hidden.add(key)
                if base in self._levels:
                    self._levels.setdefault(key, self._levels[base])
                if base in self._raised:
                    self._raised.setdefault(key, self._raised[base])
                base = bases.get(base, "")

    def level(self, paragraph: Element) -> int | None:
        """Return a paragraph's heading level; None if it is no heading."""
        properties = child(paragraph, "pPr")
        outline = child(properties, "outlineLvl")
        if outline is not None and _value_of(outline, "val").isdigit():
            level = int(_value_of(outline, "val")) + 1
            return level if level < 10 else None
        return self._levels.get(_child_value(properties, "pStyle"))

    def hides(self, properties: Element | None, style: str) -> bool:
        """Tell whether a run or paragraph with these properties is hidden."""
        vanish = child(properties, "vanish")
        if vanish is not None:
            return _is_on(vanish)
        return _child_value(properties, style) in self._hidden

    def raises(self, properties: Element | None) -> bool:
        """Tell whether a run with these properties is raised."""
        own = raises(properties)
        return self._raised.get(_child_value(properties, "rStyle"), False) if own is None else own


class _Reader:
    def __init__(self, package: Package, text: TextBuilder) -> None:
        self.package = package
        self.text = text
        self.main = package.main_part()
        self.styles = _Styles(package, self.main)

    def add_story(self, part: str, field: str) -> None:
        """Add one story: the body, a header, a footer, the notes."""
        root = self.package.xml(part)
        self._add_changes(root)
        self.add_element(root, field)
        add_descriptions(root, self.text)
        add_graphics(self.package, part, self.text)
        add_links(self.package, part, self.text)

    def add_element(self, element: Element, field: str, kind: str = "paragraph") -> None:
        """Add a paragraph, a table, or what a container holds."""
        name = local(element)
        if name == "p":
            self._add_paragraph(element, field, kind)
        elif name == "tbl":
            self._add_table(element, field)
        elif name not in _SKIPPED:
            if name == "altChunk":
                self.text.flag("embedded_files")
            inner_kind = "note" if name in ("footnote", "endnote") else kind
            for inner in element:
                self.add_element(inner, field, inner_kind)

    def _add_paragraph(self, element: Element, field: str, kind: str) -> None:
        found = _Paragraph()
        self._collect(element, found, is_hidden=self._style_hides(element))
        level = self.styles.level(element) if field == "body" else None
        content = "".join(found.shown)
        if level is not None:
            self.text.add_heading(content, level)
        else:
            is_item = child(element, "pPr", "numPr") is not None and kind == "paragraph"
            self.text.add(content, field=field, kind="list_item" if is_item else kind)
        self._add_unseen(found)
        for box in found.boxes:
            for inner in box:
                self.add_element(inner, field)

    def _style_hides(self, element: Element) -> bool:
        return self.styles.hides(child(element, "pPr"), "pStyle")

    def _add_unseen(self, found: _Paragraph) -> None:
        self.text.add("".join(found.hidden), field="hidden")
        if found.deleted:
            self.text.flag("tracked_changes")
            self.text.add("".join(found.deleted), field="hidden")
        instruction = "".join(found.instructions)
        for value in _QUOTED.findall(instruction):
            is_link = "HYPERLINK" in instruction
            self.text.add(value, field="link" if is_link else "metadata", kind="value")

    def _collect(
        self,
        element: Element,
        found: _Paragraph,
        *,
        is_hidden: bool = False,
        is_deleted: bool = False,
        is_raised: bool = False,
    ) -> None:
        """Gather the text of a paragraph's runs; text boxes are kept for later."""
        for inner in element:
            name = local(inner)
            if name == "txbxContent":
                found.boxes.append(inner)
            elif name in _PIECES or name in _BREAKS:
                piece = _BREAKS.get(name) or _piece(inner, name)
                target = found.hidden if is_hidden else found.shown
                if is_deleted or name == "delText":
                    target = found.deleted
                found.take(piece, target, is_raised=is_raised)
            elif name in ("instrText", "delInstrText"):
                found.instructions.append(text_of(inner))
            elif name == "textpath":
                found.shown.add(inner.get("string", ""))
            elif name not in _SKIPPED:
                if name == "fldSimple":
                    found.instructions.append(_value_of(inner, "instr"))
                properties = child(inner, "rPr") if name == "r" else None
                self._collect(
                    inner,
                    found,
                    is_hidden=is_hidden or self.styles.hides(properties, "rStyle"),
                    is_deleted=is_deleted or name in _GONE,
                    is_raised=is_raised or name == EXPONENT or self.styles.raises(properties),
                )

    def _add_table(self, element: Element, field: str) -> None:
        first = next(children(element, "tr"), None)
        is_marked = first is not None and child(first, "trPr", "tblHeader") is not None
        table = Table(has_header=True if is_marked else None, may_be_form=True)
        unseen: list[_Paragraph] = []
        for row in _rows(element):
            before = child(row, "trPr", "gridBefore")
            cells = [""] * (0 if before is None else _width(before))
            for cell in _cells(row):
                span = child(cell, "tcPr", "gridSpan")
                cells.append(self._cell(cell, unseen))
                cells += [""] * (0 if span is None else _width(span) - 1)
            self.text.add(table.line(cells), field=field, kind="row")
        for found in unseen:
            self._add_unseen(found)
            for box in found.boxes:
                for inner in box:
                    self.add_element(inner, field)

    def _cell(self, cell: Element, unseen: list[_Paragraph]) -> str:
        """Return a cell's text, tables in it included."""
        lines = []
        for paragraph in descendants(cell, "p"):
            if _is_in_box(paragraph, cell):
                continue
            found = _Paragraph()
            is_hidden = self._style_hides(paragraph)
            self._collect(paragraph, found, is_hidden=is_hidden)
            lines.append("".join(found.shown))
            unseen.append(found)
        return "\n".join(lines)

    def _add_changes(self, root: Element) -> None:
        """Name the authors of tracked changes."""
        for change in root.iter():
            name = local(change)
            if name in _CHANGES or name.endswith("PrChange"):
                self.text.flag("tracked_changes")
                self.text.add(_value_of(change, "author"), field="author", kind="value")
        for description in descendants(root, "sdtPr"):
            for label in ("alias", "tag"):
                self.text.add(_child_value(description, label), field="metadata", kind="value")
        for shape in descendants(root, "shape"):
            self.text.add(shape.get("alt", ""), kind="note")

    def add_comments(self) -> None:
        """Add the comments with their authors, and the people the document knows."""
        for part in self.package.related(self.main, "comments"):
            for comment in descendants(self.package.xml(part), "comment"):
                found = _Paragraph()
                for paragraph in descendants(comment, "p"):
                    self._collect(paragraph, found)
                    found.shown.add("\n")
                self.text.add_comment(_value_of(comment, "author"), "".join(found.shown))
                self._add_unseen(found)
            add_links(self.package, part, self.text)
        for part in self.package.related(self.main, "people"):
            for person in descendants(self.package.xml(part), "person"):
                self.text.add(_value_of(person, "author"), field="author", kind="value")


def load(file: BinaryIO, _name: str, text: TextBuilder) -> None:
    """Add all stories of a Word document."""
    package = open_package(file.read(), text)
    reader = _Reader(package, text)
    for kind in ("header", "footer"):
        for part in package.related(reader.main, kind):
            reader.add_story(part, kind)
    reader.add_story(reader.main, "body")
    for kind in ("footnotes", "endnotes"):
        for part in package.related(reader.main, kind):
            reader.add_story(part, "body")
    reader.add_comments()
    for part in package.matching(r"customXml/item\d+\.xml"):
        values = (str(content).strip() for content in package.xml(part).itertext())
        text.add(
            "\n".join(value for value in values if value),
            field="metadata",
            kind="value",
        )
    for part in package.related(reader.main, "glossaryDocument"):
        with text.hiding():
            text.add("\n".join(drawing_paragraphs(package.xml(part))))


def _piece(element: Element, name: str) -> str:
    """Return what a run shows for an element: its text, a symbol, the state of a form field."""
    if name == "sym":
        return symbol(_value_of(element, "font"), _value_of(element, "char"))
    return _form_value(element) if name == "ffData" else text_of(element)


def _form_value(field: Element) -> str:
    """Return a legacy form field's box or choice; what a text field holds is a run beside it."""
    ticked, choice = child(field, "checkBox"), child(field, "ddList")
    if ticked is not None:
        state = child(ticked, "checked")
        return tick_box(is_ticked=_is_on(child(ticked, "default") if state is None else state))
    if choice is None:
        return ""
    entries = [_value_of(entry, "val") for entry in children(choice, "listEntry")]
    chosen = _child_value(choice, "result") or _child_value(choice, "default") or "0"
    position = int(chosen) if chosen.isdigit() else 0
    return entries[position] if position < len(entries) else ""


def _rows(table: Element) -> Iterator[Element]:
    """Yield a table's rows, those inside content controls included, not those of inner tables."""
    for element in table:
        if local(element) == "tr":
            yield element
        elif local(element) in ("sdt", "sdtContent", "ins", "del", "customXml"):
            yield from _rows(element)


def _cells(row: Element) -> Iterator[Element]:
    for element in row:
        if local(element) == "tc":
            yield element
        elif local(element) in ("sdt", "sdtContent", "customXml"):
            yield from _cells(element)


def _width(span: Element) -> int:
    """Return how many columns something reaches over; Word allows 63."""
    value = _value_of(span, "val")
    return max(1, min(int(value), _MAX_COLUMNS)) if value.isdecimal() else 1


def _is_in_box(paragraph: Element, cell: Element) -> bool:
    parent = paragraph.getparent()
    while parent is not None and parent is not cell:
        if local(parent) in ("txbxContent", "Fallback"):
            return True
        parent = parent.getparent()
    return False


def _is_on(switch: Element | None) -> bool:
    return switch is not None and _value_of(switch, "val") not in _OFF


def _value_of(element: Element, name: str) -> str:
    return attribute(element, name) or ""


def _child_value(element: Element | None, name: str) -> str:
    found = child(element, name)
    return "" if found is None else _value_of(found, "val")
