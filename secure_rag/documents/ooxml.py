"""What DOCX, PPTX and XLSX share: parts, relationships, properties, drawings."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from secure_rag.documents.archive import Archive
from secure_rag.documents.limits import Limits
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
from secure_rag.documents.text import TextBuilder

_TITLES = frozenset(("title",))
_AUTHORS = frozenset(("creator", "lastModifiedBy", "Manager"))
_NOT_TEXT = frozenset(
    (
        "Application",
        "AppVersion",
        "Characters",
        "CharactersWithSpaces",
        "DocSecurity",
        "HeadingPairs",
        "HiddenSlides",
        "HyperlinksChanged",
        "Lines",
        "LinksUpToDate",
        "MMClips",
        "Notes",
        "Pages",
        "Paragraphs",
        "PresentationFormat",
        "ScaleCrop",
        "SharedDoc",
        "Slides",
        "TitlesOfParts",
        "TotalTime",
        "Words",
        "revision",
        "version",
    )
)
_STANDARD = frozenset(("Normal", "Normal.dotm", "Normal.dot"))
_CATEGORIES = ("cat", "xVal")
_SERIES = ("tx", "val", "yVal", "bubbleSize")
EXPONENT: Final = "sup"
"""Name of what is raised in a formula (ECMA-376 part 1, 22.1.2.114)."""
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True)
class Relationship:
    """A reference from a part to another part, or to something outside."""

    kind: str
    """Last step of the type's address: `hyperlink`, `comments`, `slide`."""
    target: str
    """Name of the part, or the address of something outside."""
    is_external: bool


class Package:
    """An OOXML container with its parts parsed on demand."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.archive = Archive(data, limits)

    def xml(self, name: str) -> Element:
        """Return the root element of a part."""
        return parse_xml(self.archive.read(name))

    def main_part(self) -> str:
        """Return the name of the part that the package starts from."""
        for relationship in self.relationships("").values():
            if relationship.kind == "officeDocument":
                return relationship.target
        return ""

    def relationships(self, part: str) -> dict[str, Relationship]:
        """Return the references of a part by id; of the package itself for an empty name."""
        folder, base = posixpath.split(part)
        name = posixpath.join(folder, "_rels", f"{base}.rels")
        if name not in self.archive:
            return {}
        found = {}
        for element in descendants(self.xml(name), "Relationship"):
            target, is_external = (
                element.get("Target", ""),
                element.get("TargetMode") == "External",
            )
            if not is_external:
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            kind = element.get("Type", "").rpartition("/")[2]
            found[element.get("Id", "")] = Relationship(kind, target, is_external)
        return found

    def related(self, part: str, kind: str) -> list[str]:
        """Return the names of the present parts that a part refers to with a kind."""
        targets = (
            found.target
            for found in self.relationships(part).values()
            if found.kind == kind and not found.is_external
        )
        return [target for target in dict.fromkeys(targets) if target in self.archive]

    def matching(self, pattern: str) -> list[str]:
        """Return the names of parts that match a pattern as a whole, in order of their numbers."""
        names = [name for name in self.archive.names if re.fullmatch(pattern, name)]
        return sorted(names, key=_number)


def open_package(data: bytes, text: TextBuilder) -> Package:
    """Open a package; flag macros, embedded files and images, and add its properties."""
    package = Package(data, text.limits)
    for name in package.archive.names:
        lower = name.lower()
        if lower.endswith("vbaproject.bin"):
            text.flag("macros")
        elif "/embeddings/" in lower:
            text.flag("embedded_files")
        elif "/media/" in lower:
            text.flag("images")
    for part in ("docProps/core.xml", "docProps/app.xml"):
        if part in package.archive:
            for element in package.xml(part):
                _add_property(local(element), text_of(element), text)
    if "docProps/custom.xml" in package.archive:
        for element in package.xml("docProps/custom.xml"):
            text.add_property(element.get("name", "property"), text_of(element))
    return package


def add_links(package: Package, part: str, text: TextBuilder) -> None:
    """Add every address outside the package that a part refers to."""
    for relationship in package.relationships(part).values():
        if relationship.is_external:
            text.add(relationship.target, field="link", kind="value")


def add_descriptions(root: Element, text: TextBuilder) -> None:
    """Add the alternative texts of drawings under an element."""
    for element in descendants(root, "docPr", "cNvPr"):
        for name in ("title", "descr"):
            text.add(element.get(name, ""), kind="note")
        for link in descendants(element, "hlinkClick", "hlinkHover"):
            text.add(link.get("tooltip", ""), kind="note")


def add_graphics(package: Package, part: str, text: TextBuilder) -> None:
    """Add the texts of charts and diagrams that a part shows."""
    for relationship in package.relationships(part).values():
        is_graphic = relationship.kind in ("chart", "chartEx", "diagramData")
        if is_graphic and relationship.target in package.archive:
            root = package.xml(relationship.target)
            text.add("\n".join(_chart_texts(root)), kind="note")


def drawing_paragraphs(root: Element) -> Iterator[str]:
    """Yield the paragraphs of a DrawingML text body."""
    for paragraph in descendants(root, "p"):
        pieces = Pieces()
        for element in descendants(paragraph, "t", "br", "tab"):
            piece = {"br": "\n", "tab": "\t"}.get(local(element)) or text_of(element)
            pieces.add(piece, is_raised=_is_in_raised_run(element))
        yield "".join(pieces)


def raises(properties: Element | None) -> bool | None:
    """Tell whether the properties of a run raise it; None if they do not say.

    A base line in DrawingML (ECMA-376 part 1, 21.1.2.3.9), an alignment in Word and Excel, and
    a position in Word (17.3.2.42, 17.3.2.24).
    """
    if properties is None:
        return None
    said = [is_up(value) for value in (properties.get("baseline"),) if value is not None]
    for name in ("vertAlign", "position"):
        for found in children(properties, name):
            value = attribute(found, "val") or ""
            said.append(value == "superscript" or is_up(value))
    return any(said) if said else None


def drawing_is_hidden(element: Element) -> bool:
    """Tell whether a shape is switched off in the selection pane."""
    return any(
        (attribute(found, "hidden") or "0") in ("1", "true")
        for found in descendants(element, "cNvPr")
    )


def _is_in_raised_run(element: Element) -> bool:
    """Tell whether text is raised by its run, or as the exponent of a formula."""
    run = element.getparent()
    around = None if run is None else run.getparent()
    is_exponent = around is not None and local(around) == EXPONENT
    return is_exponent or bool(raises(child(run, "rPr")))


def _chart_texts(root: Element) -> Iterator[str]:
    """Yield titles, then the values of each series; categories that several share once."""
    yield from dict.fromkeys(line for line in drawing_paragraphs(root) if line.strip())
    known: set[tuple[str, ...]] = set()
    in_series: set[Element] = set()
    for group in descendants(root, *_CATEGORIES, *_SERIES):
        found = list(descendants(group, "v"))
        in_series.update(found)
        values = tuple(text_of(value).strip() for value in found)
        if local(group) not in _CATEGORIES or values not in known:
            yield from filter(None, values)
        known.add(values)
    others = (value for value in descendants(root, "v") if value not in in_series)
    yield from dict.fromkeys(filter(None, (text_of(value).strip() for value in others)))


def _add_property(name: str, value: str, text: TextBuilder) -> None:
    if name in _NOT_TEXT or not value.strip() or value in _STANDARD:
        return
    if name in _TITLES:
        text.add(value, field="title", kind="value")
    elif name in _AUTHORS:
        text.add(value, field="author", kind="value")
    else:
        text.add_property(_WORDS.sub(" ", name).capitalize(), value)


def _number(name: str) -> tuple[str, int, str]:
    digits = re.search(r"(\d+)\D*$", name)
    return posixpath.dirname(name), int(digits.group(1)) if digits else 0, name
