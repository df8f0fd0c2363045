"""Parse XML of unknown origin: no document type, no entities, no network, bounded depth.

Names are compared without their namespace, because transitional and strict OOXML
(and versions of OpenDocument) differ in nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, cast

from lxml import etree

from secure_rag.documents.reasons import refusal

Element = etree._Element


def parse_xml(data: bytes) -> Element:
    """Return the root element.

    Raises:
        DocumentError: `document.unreadable` if it is not well formed, declares a
            document type, or is nested more deeply than libxml2's default (256).
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_pis=True,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError):
        raise refusal("document.unreadable") from None
    _refuse_doctype(root)
    return root


def stream_xml(file: IO[bytes], *names: str) -> Iterator[tuple[str, Element]]:
    """Yield name and element of each element with any of the names, as parsing completes it.

    For parts too large for a tree of their own; the caller clears what it has read.

    Raises:
        DocumentError: as `parse_xml`.
    """
    events = etree.iterparse(
        file,
        events=("end",),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_pis=True,
        remove_comments=True,
    )
    is_first = True
    try:
        for _, element in events:
            if is_first:
                _refuse_doctype(element)
                is_first = False
            name = local(element)
            if name in names:
                yield name, element
    except (etree.LxmlError, ValueError):
        raise refusal("document.unreadable") from None


def _refuse_doctype(element: Element | None) -> None:
    if element is None or cast(Any, element.getroottree().docinfo).doctype:
        raise refusal("document.unreadable")


def local(element: Element) -> str:
    """Return an element's name without its namespace; empty for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: Element, name: str) -> str | None:
    """Return an attribute's value by its name without namespace."""
    plain = element.get(name)
    if plain is not None:
        return plain
    for key, value in element.items():
        if str(key).rpartition("}")[2] == name:
            return str(value)
    return None


def reference(element: Element) -> str:
    """Return the relationship id of an OOXML element, which may have a plain `id` as well."""
    for key, value in element.items():
        if str(key).startswith("{") and str(key).endswith("}id"):
            return str(value)
    return ""


def child(element: Element | None, *path: str) -> Element | None:
    """Return the first descendant along a path of local names."""
    for name in path:
        if element is None:
            return None
        element = next((inner for inner in element if local(inner) == name), None)
    return element


def children(element: Element | None, name: str) -> Iterator[Element]:
    """Yield the children of a local name."""
    if element is not None:
        yield from (inner for inner in element if local(inner) == name)


def descendants(element: Element | None, *names: str) -> Iterator[Element]:
    """Yield descendants of any of the local names, in document order."""
    if element is not None:
        yield from (inner for inner in element.iter() if local(inner) in names)


def text_of(element: Element | None) -> str:
    """Return all text under an element, as it stands."""
    return "" if element is None else "".join(map(str, element.itertext()))
