"""PPTX: slides in order with tables, groups, notes, comments; hidden slides and shapes too."""

from __future__ import annotations

from typing import BinaryIO

from secure_rag.documents.markup import (
    Element,
    attribute,
    child,
    children,
    descendants,
    local,
    reference,
)
from secure_rag.documents.ooxml import (
    Package,
    add_descriptions,
    add_graphics,
    add_links,
    drawing_is_hidden,
    drawing_paragraphs,
    open_package,
)
from secure_rag.documents.rows import Table
from secure_rag.documents.text import TextBuilder

_TITLES = frozenset(("title", "ctrTitle"))
_FOOTERS = frozenset(("ftr", "dt", "sldNum"))
_HEADERS = frozenset(("hdr",))


class _Reader:
    def __init__(self, package: Package, text: TextBuilder) -> None:
        self.package = package
        self.text = text
        self.main = package.main_part()
        self.authors = self._comment_authors()

    def _comment_authors(self) -> dict[str, str]:
        """Return names by id, of both kinds of comments."""
        found = {}
        for part in self.package.matching(r"ppt/(commentAuthors|authors)\.xml"):
            for author in descendants(self.package.xml(part), "cmAuthor", "author"):
                found[author.get("id", "")] = author.get("name", "")
        return found

    def slides(self) -> list[str]:
        """Return the names of the slides' parts in the order of the show."""
        targets = self.package.relationships(self.main)
        listed = descendants(self.package.xml(self.main), "sldId")
        parts = [targets[key].target for key in map(reference, listed) if key in targets]
        rest = self.package.matching(r"ppt/slides/slide\d+\.xml")
        return list(dict.fromkeys([*parts, *rest]))

    def add_slide(self, part: str, number: int) -> None:
        root = self.package.xml(part)
        self.text.clear_headings()
        self.text.slide = number
        with self.text.hiding(root.get("show") in ("0", "false")):
            self._add_shapes(child(root, "cSld", "spTree"))
            add_descriptions(root, self.text)
            add_graphics(self.package, part, self.text)
            add_links(self.package, part, self.text)
            for notes in self.package.related(part, "notesSlide"):
                self._add_notes(notes)
        for kind in ("comments", "comment"):
            for comments in self.package.related(part, kind):
                self._add_comments(comments)
        self.text.slide = None

    def _add_shapes(self, tree: Element | None) -> None:
        for shape in tree if tree is not None else ():
            name = local(shape)
            if name in (
                "sp",
                "graphicFrame",
                "grpSp",
                "cxnSp",
                "pic",
                "AlternateContent",
            ):
                with self.text.hiding(_hides(shape)):
                    self._add_shape(shape, name)

    def _add_shape(self, shape: Element, name: str) -> None:
        if name == "grpSp":
            self._add_shapes(shape)
        elif name == "AlternateContent":
            choice = child(shape, "Choice")
            self._add_shapes(choice if choice is not None else child(shape, "Fallback"))
        elif name == "graphicFrame":
            for table in descendants(shape, "tbl"):
                self._add_table(table)
        else:
            self._add_text(shape)

    def _add_text(self, shape: Element) -> None:
        body = child(shape, "txBody")
        if body is None:
            return
        content = "\n".join(drawing_paragraphs(body))
        role = _placeholder(shape)
        if role in _TITLES:
            self.text.add_heading(content, 1)
        elif role in _FOOTERS:
            self.text.add(content, field="footer")
        elif role in _HEADERS:
            self.text.add(content, field="header")
        else:
            self.text.add(content)

    def _add_table(self, element: Element) -> None:
        properties = child(element, "tblPr")
        is_marked = properties is not None and properties.get("firstRow") == "1"
        table = Table(has_header=True if is_marked else None, may_be_form=True)
        for row in children(element, "tr"):
            cells = ["\n".join(drawing_paragraphs(cell)) for cell in children(row, "tc")]
            self.text.add(table.line(cells), kind="row")

    def _add_notes(self, part: str) -> None:
        for shape in descendants(self.package.xml(part), "sp"):
            body = child(shape, "txBody")
            if body is None or _placeholder(shape) in ("sldNum", "sldImg"):
                continue
            content = "\n".join(drawing_paragraphs(body))
            role = _placeholder(shape)
            field = {"hdr": "header", "ftr": "footer"}.get(role or "", "body")
            self.text.add(content, field=field, kind="note")
        add_links(self.package, part, self.text)

    def _add_comments(self, part: str) -> None:
        for comment in descendants(self.package.xml(part), "cm", "reply"):
            legacy = child(comment, "text")
            bodies = [child(comment, "txBody")]
            lines = [
                line for body in bodies if body is not None for line in drawing_paragraphs(body)
            ]
            if legacy is not None:
                lines.append(legacy.text or "")
            author = self.authors.get(comment.get("authorId", ""), "")
            self.text.add_comment(author, "\n".join(lines))

    def add_master(self, part: str) -> None:
        """Add fixed text of a master or layout; its placeholders only prompt the writer."""
        for shape in descendants(self.package.xml(part), "sp"):
            body = child(shape, "txBody")
            if body is not None and _placeholder(shape) is None:
                self.text.add("\n".join(drawing_paragraphs(body)), field="footer")
        add_links(self.package, part, self.text)


def load(file: BinaryIO, _name: str, text: TextBuilder) -> None:
    """Add all slides of a presentation and what lies behind them."""
    package = open_package(file.read(), text)
    reader = _Reader(package, text)
    for author in reader.authors.values():
        text.add(author, field="author", kind="value")
    for number, part in enumerate(reader.slides(), start=1):
        if part in package.archive:
            reader.add_slide(part, number)
    text.clear_headings()
    for part in package.matching(r"ppt/slide(Masters|Layouts)/slide(Master|Layout)\d+\.xml"):
        reader.add_master(part)


def _placeholder(shape: Element) -> str | None:
    """Return the role of a placeholder; None for a shape that is none."""
    for properties in shape:
        if local(properties).startswith("nv"):
            found = child(properties, "nvPr", "ph")
            if found is not None:
                return attribute(found, "type") or "obj"
    return None


def _hides(shape: Element) -> bool:
    own = [inner for inner in shape if local(inner).startswith("nv")]
    return any(drawing_is_hidden(inner) for inner in own)
