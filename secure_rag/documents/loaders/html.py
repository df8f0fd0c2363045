"""HTML: text by blocks, with title, properties, links, comments, and what is hidden."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import BinaryIO

from secure_rag.documents.characters import flatten
from secure_rag.documents.encoding import decode, encoding_flag
from secure_rag.documents.html_tree import Comment, parse_html
from secure_rag.documents.markup import Element, children, descendants, local
from secure_rag.documents.raised import is_apart
from secure_rag.documents.rows import Spans, Table
from secure_rag.documents.symbols import TICKED, tick_box
from secure_rag.documents.text import TextBuilder

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]+)", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"\s*<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9_.:-]+)")
_HIDING_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)"
    r"|font-size\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?![.\d]*[1-9])",
    re.IGNORECASE,
)
_BLOCKS = frozenset(
    """address article aside blockquote body caption center dd details dialog dir div dl dt
    fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hr html iframe legend
    li main menu nav noframes noscript ol optgroup option p pre search section select summary
    table tbody td tfoot th thead template textarea tr ul""".split()
)
_DROPPED = frozenset(("script", "style", "head", "title", "meta", "link", "base"))
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LINKS = ("href", "src", "action", "cite", "data", "formaction", "longdesc", "poster")
_SPOKEN = ("alt", "title", "aria-label", "aria-description", "placeholder", "summary", "label")
_TITLES = frozenset(("og:title", "twitter:title", "dc.title", "dcterms.title"))
_AUTHORS = frozenset(
    ("author", "article:author", "twitter:creator", "dc.creator", "dcterms.creator")
)
_TECHNICAL = frozenset(("viewport", "charset", "generator", "theme-color", "robots", "referrer"))
_MAX_LINK = 2000
_MAX_DIGITS = 5
_SHOWN_ELSEWHERE = frozenset(("template", "noscript", "noframes"))


class _Reader:
    """Walks a tree; text gathers until an element that starts a block."""

    def __init__(self, text: TextBuilder) -> None:
        self.text = text
        self._pieces: list[str] = []
        self._kind = "paragraph"
        self._field = "body"
        self._asides: list[tuple[str, str, str]] = []
        """Links and descriptions of the gathering block, which follow it."""
        self._around: list[tuple[list[str], str, list[tuple[str, str, str]]]] = []
        """Blocks that wait for the end of something hidden inside them."""
        self._tables: dict[Element, tuple[Table, Spans]] = {}

    def read(self, root: Element) -> None:
        """Add everything under an element. Iterative: pages nest deeper than Python's stack."""
        stack: list[tuple[Element, bool]] = [(root, True)]
        hidden: list[Element] = []
        while stack:
            element, is_start = stack.pop()
            if is_start:
                if self._enter(element, hidden):
                    stack.append((element, False))
                    stack.extend((inner, True) for inner in reversed(list(element)))
                else:
                    self._pieces.append(element.tail or "")
            else:
                self._leave(element, hidden)
                self._pieces.append(element.tail or "")
        self.flush()

    def flush(self) -> None:
        """End the block that text gathered for."""
        content = "".join(self._pieces)
        self._pieces = []
        if self._kind != "code":
            content = "\n".join(flatten(line) for line in content.split("\f"))
        level = _HEADINGS.get(self._kind)
        if level is not None and self._field == "body":
            self.text.add_heading(content, level)
        else:
            self.text.add(content, field=self._field, kind="paragraph" if level else self._kind)
        asides, self._asides = self._asides, []
        for aside, field, kind in asides:
            self.text.add(aside, field=field, kind=kind)

    def _enter(self, element: Element, hidden: list[Element]) -> bool:
        """Take in an element's start; tell whether to go into it."""
        if isinstance(element, Comment):
            self._asides.append((element.text or "", "comment", "note"))
            return False
        name = local(element)
        if name in _DROPPED:
            return False
        if _is_hidden(element, name):
            # What is hidden draws no line end: it must not part the words around it.
            self._around.append((self._pieces, self._kind, self._asides))
            self._pieces, self._kind, self._asides = [], "paragraph", []
            hidden.append(element)
            self._field = "hidden"
        self._add_attributes(element, name)
        if name == "tr" and self._add_row(element):
            return False
        if name == "br":
            self._pieces.append("\f")
        elif name in _BLOCKS:
            self.flush()
            self._kind = _kind(name, self._kind)
        elif name == "sup" and _is_apart(self._pieces, element):
            self._pieces.append(" ")
        self._pieces += (_state(element, name), element.text or "")
        return True

    def _leave(self, element: Element, hidden: list[Element]) -> None:
        if local(element) in _BLOCKS:
            self.flush()
            self._kind = "paragraph"
        if hidden and hidden[-1] is element:
            self.flush()
            hidden.pop()
            self._field = "hidden" if hidden else "body"
            self._pieces, self._kind, self._asides = self._around.pop()

    def _add_attributes(self, element: Element, name: str) -> None:
        for key in _LINKS:
            value = (element.get(key) or "").strip()
            if value and not value.startswith("#") and not value.lower().startswith("data:"):
                self._asides.append((value[:_MAX_LINK], "link", "value"))
        for key in _SPOKEN:
            if element.get(key):
                self._asides.append((flatten(element.get(key, "")), self._field, "note"))
        if name in ("input", "button", "data", "param") and element.get("value"):
            is_hidden = element.get("type", "").lower() == "hidden"
            value = element.get("value", "")
            self._asides.append((value, "hidden" if is_hidden else self._field, "value"))

    def _add_row(self, row: Element) -> bool:
        """Add a row of a plain table as one line; tell whether it was one."""
        cells = [cell for cell in row if local(cell) in ("td", "th")]
        if not cells or any(True for _ in descendants(row, "table", "h1", "h2", "h3", "ul", "ol")):
            return False
        if any(_is_hidden(inner, local(inner)) for inner in row.iter() if local(inner)):
            return False
        self.flush()
        for inner in row.iter():
            if isinstance(inner, Comment):
                self.text.add(inner.text or "", field="comment", kind="note")
            elif inner is not row:
                self._add_attributes(inner, local(inner))
        table, spans = self._table(row)
        placed = [
            (_inner_text(cell), _span(cell, "colspan"), _span(cell, "rowspan")) for cell in cells
        ]
        line = table.line(spans.line(placed))
        self.text.add(line, field=self._field, kind="row")
        self.flush()
        return True

    def _table(self, row: Element) -> tuple[Table, Spans]:
        """Return the state of the table that a row lies in; its first row may name the columns."""
        owner = row.getparent()
        while owner is not None and local(owner) not in ("table", "html"):
            owner = owner.getparent()
        key = row if owner is None else owner
        if key not in self._tables:
            heads = sum(1 for _ in children(row, "th"))
            table = Table(has_header=True if heads > 1 else None, may_be_form=True)
            self._tables[key] = table, Spans()
        return self._tables[key]


def load(file: BinaryIO, _name: str, text: TextBuilder) -> None:
    """Add the text of a page."""
    data = file.read()
    content, encoding = decode(data, declared=_declared(data))
    if encoding is not None:
        text.flag(encoding_flag(encoding))
    add_html(content, text)


def add_html(content: str, text: TextBuilder) -> None:
    """Add the text of a page or fragment that is decoded already."""
    root = parse_html(content)
    if root is None:
        return
    for comment in root.itersiblings(preceding=True):
        if isinstance(comment, Comment):
            text.add(comment.text or "", field="comment", kind="note")
    for head in descendants(root, "head"):
        _add_head(head, text)
    for title in descendants(root, "title"):
        text.add(flatten("".join(map(str, title.itertext()))), field="title", kind="value")
    _Reader(text).read(root)
    for comment in root.itersiblings():
        if isinstance(comment, Comment):
            text.add(comment.text or "", field="comment", kind="note")


def _add_head(head: Element, text: TextBuilder) -> None:
    for element in head.iter():
        if isinstance(element, Comment):
            text.add(element.text or "", field="comment", kind="note")
        elif local(element) == "meta" and element.get("content"):
            _add_meta(element, text)
        elif local(element) in ("link", "base"):
            text.add((element.get("href") or "")[:_MAX_LINK], field="link", kind="value")


def _add_meta(element: Element, text: TextBuilder) -> None:
    name = (element.get("name") or element.get("property") or element.get("itemprop") or "").strip()
    content = flatten(element.get("content", ""))
    if name.lower() in _TECHNICAL or element.get("http-equiv"):
        return
    if name.lower() in _AUTHORS:
        text.add(content, field="author", kind="value")
    elif name.lower() in _TITLES:
        text.add(content, field="title", kind="value")
    else:
        text.add_property(name or "meta", content)


def _declared(data: bytes) -> str | None:
    match = _XML_ENCODING.match(data[:1024]) or _CHARSET.search(data[:4096])
    return match.group(1).decode("ascii") if match else None


def breaks_line(name: str) -> bool:
    """Tell whether an element of this name parts the text before it from the text after."""
    return name == "br" or name in _BLOCKS


def _is_hidden(element: Element, name: str) -> bool:
    style = element.get("style")
    return (
        element.get("hidden") is not None
        or name in _SHOWN_ELSEWHERE
        or (style is not None and _HIDING_STYLE.search(style) is not None)
    )


def _state(element: Element, name: str) -> str:
    """Return the sign of a box, a radio button, or a choice that is selected."""
    if name == "input" and element.get("type", "").strip().lower() in ("checkbox", "radio"):
        return f" {tick_box(is_ticked=element.get('checked') is not None)} "
    return f"{TICKED} " if name == "option" and element.get("selected") is not None else ""


def _is_apart(pieces: Sequence[str], superscript: Element) -> bool:
    """Tell whether a superscript stands apart from what is gathered."""
    before = next((piece for piece in reversed(pieces[-8:]) if piece), "")
    raised = (str(piece).strip() for piece in superscript.itertext())
    return is_apart(before, next(filter(None, raised), ""))


def _span(cell: Element, name: str) -> int:
    """Return over how many columns or rows a cell reaches, as browsers read it."""
    value = (cell.get(name) or "").strip()
    is_number = value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS
    return max(int(value), 1) if is_number else 1


def _kind(name: str, before: str) -> str:
    if name in _HEADINGS:
        return name
    if name in ("pre", "textarea"):
        return "code"
    if name in ("li", "dt", "dd", "option"):
        return "list_item"
    # A paragraph inside a list item belongs to it; one after a list does not get here.
    return before if before == "list_item" and name in ("p", "div") else "paragraph"


def _inner_text(cell: Element) -> str:
    """Return a cell's text, with a space where a block or line starts or ends."""
    pieces = [cell.text or ""]
    stack = list(cell)[::-1]
    ends: dict[Element, str] = {}
    while stack:
        element = stack.pop()
        if element in ends:
            pieces.append(ends.pop(element))
            continue
        gap = " " if breaks_line(local(element)) else ""
        if isinstance(element, Comment) or local(element) in _DROPPED:
            pieces.append(element.tail or "")
            continue
        if local(element) == "sup" and _is_apart(pieces, element):
            gap = " "
        pieces += (gap, _state(element, local(element)), element.text or "")
        ends[element] = gap + (element.tail or "")
        stack.append(element)
        stack.extend(reversed(list(element)))
    return "".join(pieces)
