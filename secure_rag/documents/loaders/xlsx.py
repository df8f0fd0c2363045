"""XLSX: every sheet, hidden ones too, row by row; comments, links, names, print headers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from secure_rag.documents.markup import (
    Element,
    child,
    children,
    descendants,
    local,
    reference,
    stream_xml,
    text_of,
)
from secure_rag.documents.number_format import NumberFormats
from secure_rag.documents.ooxml import (
    Package,
    add_descriptions,
    add_graphics,
    add_links,
    drawing_paragraphs,
    open_package,
    raises,
)
from secure_rag.documents.raised import Pieces
from secure_rag.documents.reasons import refusal
from secure_rag.documents.rows import Table
from secure_rag.documents.text import TextBuilder

_CELL = re.compile(r"\$?([A-Z]{1,3})\$?(\d+)")
_PRINT_CODES = re.compile(r'&(?:[LCRPNDTAFGZBIUESXYHO]|"[^"]*"|K[0-9A-Fa-f]{6}|\d+|&)')
_QUOTED = re.compile(r'"([^"]*)"')
_MAX_COLUMNS = 16384


class _Workbook:
    def __init__(self, package: Package, text: TextBuilder) -> None:
        self.package = package
        self.text = text
        self.main = package.main_part()
        self.root = package.xml(self.main)
        self.strings = self._shared_strings()
        properties = child(self.root, "workbookPr")
        is_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        styles = package.related(self.main, "styles")
        self.formats = NumberFormats(package.xml(styles[0]) if styles else None, is_1904=is_1904)
        self.people = {
            person.get("id", ""): person.get("displayName", "")
            for part in package.matching(r"xl/persons/person\d*\.xml")
            for person in descendants(package.xml(part), "person")
        }

    def _shared_strings(self) -> list[str]:
        found = []
        for part in self.package.related(self.main, "sharedStrings"):
            for _, item in _parsed(self.package, part, "si"):
                found.append(_rich_text(item))
                item.clear()
        return found

    def sheets(self) -> Iterator[tuple[str, bool, str]]:
        """Yield name, whether it is hidden, and part of each sheet."""
        targets = self.package.relationships(self.main)
        for sheet in children(child(self.root, "sheets"), "sheet"):
            is_hidden = sheet.get("state", "visible") != "visible"
            found = targets.get(reference(sheet))
            if found is None or found.target not in self.package.archive:
                raise refusal("document.unreadable")
            yield sheet.get("name", ""), is_hidden, found.target

    def add_sheet(self, part: str) -> None:
        """Add a sheet's rows, then what is attached to it."""
        table = Table()
        hidden_columns: set[int] = set()
        links: list[Element] = []
        number = 0
        names = ("row", "col", "hyperlink", "headerFooter", "dataValidation")
        for name, element in _parsed(self.package, part, *names):
            if name == "row":
                number = int(element.get("r") or number + 1)
                self._add_row(element, number, table, hidden_columns)
            elif name == "col" and element.get("hidden") in ("1", "true"):
                hidden_columns |= _column_range(element)
            elif name == "hyperlink":
                links.append(element)
                continue
            elif name == "headerFooter":
                self._add_print_headers(element)
            elif name == "dataValidation":
                self._add_validation(element)
            element.clear()
        for link in links:
            self._add_link(link)
        self._add_attached(part)

    def _add_row(self, row: Element, number: int, table: Table, hidden_columns: set[int]) -> None:
        shown: list[str] = []
        hidden: list[str] = []
        column = -1
        for cell in children(row, "c"):
            column = _column(cell.get("r"), column + 1)
            value = self._value(cell)
            if column in hidden_columns:
                hidden.append(value)
                continue
            shown += [""] * (column - len(shown))
            shown.append(value)
        with self.text.hiding(row.get("hidden") in ("1", "true")):
            self.text.add(table.line(shown), kind="row", row=number)
        self.text.add(
            "; ".join(value for value in hidden if value),
            field="hidden",
            kind="row",
            row=number,
        )

    def _value(self, cell: Element) -> str:
        """Return what a cell shows; its formula where the file holds no result."""
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _rich_text(child(cell, "is"))
        formula, value = child(cell, "f"), child(cell, "v")
        self._add_formula_links(formula)
        if value is None or value.text is None:
            return f"={formula.text}" if formula is not None and formula.text else ""
        content = value.text
        if kind == "s":
            position = int(content)
            if not 0 <= position < len(self.strings):
                raise refusal("document.unreadable")
            return self.strings[position]
        if kind == "b":
            return "TRUE" if content == "1" else "FALSE"
        if kind == "n":
            return self.formats.show(content, cell.get("s"))
        return content

    def _add_formula_links(self, formula: Element | None) -> None:
        content = (formula.text or "") if formula is not None else ""
        if "HYPERLINK" in content:
            for value in _QUOTED.findall(content)[:1]:
                self.text.add(value, field="link", kind="value")

    def _add_link(self, link: Element) -> None:
        for name in ("tooltip", "display"):
            self.text.add(link.get(name, ""), kind="note")
        self.text.add(link.get("location", ""), field="link", kind="value")

    def _add_print_headers(self, element: Element) -> None:
        for inner in element:
            field = "header" if local(inner).endswith("Header") else "footer"
            self.text.add(_PRINT_CODES.sub(" ", text_of(inner)), field=field)

    def _add_validation(self, element: Element) -> None:
        """Add the prompts of an input rule, and a list of values written into it."""
        for name in ("promptTitle", "prompt", "errorTitle", "error"):
            self.text.add(element.get(name, ""), field="metadata", kind="value")
        for name in ("formula1", "formula2"):
            for value in _QUOTED.findall(text_of(child(element, name))):
                self.text.add(value, field="metadata", kind="value")

    def _add_attached(self, part: str) -> None:
        add_links(self.package, part, self.text)
        for drawing in self.package.related(part, "drawing"):
            root = self.package.xml(drawing)
            for body in descendants(root, "txBody"):
                self.text.add("\n".join(drawing_paragraphs(body)), kind="note")
            add_descriptions(root, self.text)
            add_graphics(self.package, drawing, self.text)
            add_links(self.package, drawing, self.text)
        for comments in self.package.related(part, "comments"):
            self._add_comments(comments)
        for threads in self.package.related(part, "threadedComment"):
            for comment in descendants(self.package.xml(threads), "threadedComment"):
                author = self.people.get(comment.get("personId", ""), "")
                self.text.add_comment(author, text_of(child(comment, "text")))

    def _add_comments(self, part: str) -> None:
        root = self.package.xml(part)
        authors = [text_of(author) for author in descendants(root, "author")]
        for comment in descendants(root, "comment"):
            position = int(comment.get("authorId") or 0)
            author = authors[position] if position < len(authors) else ""
            # "tc={…}" marks the twin of a threaded comment and is no name.
            author = "" if author.startswith("tc=") else author
            self.text.add_comment(author, _rich_text(child(comment, "text")))


def load(file: BinaryIO, _name: str, text: TextBuilder) -> None:
    """Add all sheets of a workbook."""
    package = open_package(file.read(), text)
    workbook = _Workbook(package, text)
    for defined in descendants(workbook.root, "definedName"):
        text.add_property(defined.get("name", ""), text_of(defined))
        text.add(defined.get("comment", ""), field="comment", kind="note")
    for title, is_hidden, part in workbook.sheets():
        with text.hiding(is_hidden), text.sheet(title):
            if re.fullmatch(r".*/?worksheets/[^/]+", part):
                workbook.add_sheet(part)
            else:
                for drawing in package.related(part, "drawing"):
                    add_graphics(package, drawing, text)
    for part in package.matching(r"xl/externalLinks/externalLink\d+\.xml"):
        add_links(package, part, text)


def _parsed(package: Package, part: str, *names: str) -> Iterator[tuple[str, Element]]:
    """Yield the elements of any of the names while the part is parsed; rows are then dropped."""
    for name, element in stream_xml(package.archive.stream(part), *names):
        yield name, element
        if name in ("row", "si"):
            _forget_before(element)


def _forget_before(element: Element) -> None:
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _rich_text(element: Element | None) -> str:
    """Return the runs of a string, without the pronunciation guide of East Asian text."""
    pieces = Pieces()
    for found in descendants(element, "t"):
        run = found.getparent()
        if run is not None and local(run) != "rPh":
            pieces.add(text_of(found), is_raised=bool(raises(child(run, "rPr"))))
    return "".join(pieces)


def _column(address: str | None, following: int) -> int:
    match = _CELL.fullmatch(address or "")
    if match is None:
        return following
    column = 0
    for letter in match.group(1):
        column = column * 26 + ord(letter) - 64
    if column > _MAX_COLUMNS:
        raise refusal("document.unreadable")
    return column - 1


def _column_range(element: Element) -> set[int]:
    first, last = int(element.get("min") or 1), int(element.get("max") or 1)
    return set(range(first - 1, min(last, _MAX_COLUMNS)))
