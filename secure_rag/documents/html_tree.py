"""Parse HTML of unknown origin into a tree; nothing is fetched, nothing is cut off."""

from __future__ import annotations

from lxml import etree

from secure_rag.documents.markup import Element
from secure_rag.documents.reasons import refusal

Comment = etree._Comment


def parse_html(content: str) -> Element | None:
    """Return the root of a page or fragment; None if there is nothing in it.

    Raises:
        DocumentError: `document.unreadable` if the parser gave up (nested more deeply
            than 2,048): it would otherwise return the part before in silence.
    """
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True, remove_pis=True)
    data = content.replace("\x00", "").encode("utf-8", "replace")
    if not data.strip():
        return None
    try:
        root = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError):
        raise refusal("document.unreadable") from None
    fatal = etree.ErrorLevels.FATAL
    if any(entry.level == fatal for entry in parser.error_log):
        raise refusal("document.unreadable")
    return root
