"""Markdown: headings, paragraphs, lists, tables, code, links, front matter, comments."""

from __future__ import annotations

import html
import re
from typing import BinaryIO

from markdown_it import MarkdownIt
from markdown_it.token import Token

from secure_rag.documents.loaders.html import add_html, breaks_line
from secure_rag.documents.loaders.plain import decoded
from secure_rag.documents.raised import Pieces, is_apart
from secure_rag.documents.rows import Table
from secure_rag.documents.text import TextBuilder

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_PROPERTY = re.compile(r"([A-Za-z][\w -]{0,40}):[ \t]*(.+)")
_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)
_ATTRIBUTE = re.compile(r"""\b(?:href|src|alt|title)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""")
_WORD = re.compile(r"[^\W_]+")
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*+)(?:[\s/](?:[^<>\"']++|\"[^\"]*\"|'[^']*')*+)?(>?)")
"""Takes what only begins like a tag too, so that no part of it is tried again."""
_SYNTAX = re.compile(r"^[\s>]*\d+[.)]\s|<\?[^<>]*>|<!(?!--)[^<>]*>|[*~`\\]")
_MARKS = "*_~`"
"""Of emphasis; a reader does not see them."""
_NEAR = 16
_SUPERSCRIPT = "\x01"
"""Stands for its tag until all tags are gone; no character of a text."""
_DEFINITION = re.compile(r"[\s>]*\[[^\]]+\]:")
_TITLES = frozenset(("title",))
_AUTHORS = frozenset(("author", "authors", "by"))
_NESTING = 400
"""The parser drops what is nested more deeply; that is then added as it stands."""


class _Parser(MarkdownIt):
    """Leaves link targets as written: they are text to redact, and nobody follows them."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802  the library's name
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802  the library's name
        return link

    def validateLink(self, url: str) -> bool:  # noqa: N802  the library's name
        return bool(url)


class _Reader:
    def __init__(self, text: TextBuilder) -> None:
        self.text = text
        self._table = Table()
        self._cells: list[str] | None = None

    def read(self, tokens: list[Token]) -> None:
        """Add the blocks of a parsed document."""
        level = 0
        depth = 0
        for token in tokens:
            if token.type == "heading_open":
                level = int(token.tag[1:])
            elif token.type in ("list_item_open", "list_item_close"):
                depth += token.nesting
            elif token.type == "inline":
                self._add_inline(token, level, is_item=depth > 0)
                level = 0
            elif token.type in ("fence", "code_block"):
                self.text.add(token.info, field="metadata", kind="value") if token.info else None
                self.text.add(token.content, kind="code")
            elif token.type == "html_block":
                self._add_markup(token.content)
            else:
                self._add_table_token(token)

    def _add_table_token(self, token: Token) -> None:
        if token.type == "table_open":
            self._table = Table(has_header=True)
        elif token.type == "tr_open":
            self._cells = []
        elif token.type == "tr_close":
            self.text.add(self._table.line(self._cells or []), kind="row")
            self._cells = None

    def _add_inline(self, token: Token, level: int, *, is_item: bool) -> None:
        links: list[str] = []
        comments: list[str] = []
        content = _inline_text(token.children or [], links, comments)
        if self._cells is not None:
            self._cells.append(content)
        elif level:
            self.text.add_heading(content, level)
        else:
            self.text.add(content, kind="list_item" if is_item else "paragraph")
        for link in links:
            self.text.add(link, field="link", kind="value")
        for comment in comments:
            self.text.add(comment, field="comment", kind="note")

    def _add_markup(self, content: str) -> None:
        """Add a block of HTML; comments are taken first, as one may span a whole block."""
        for comment in _COMMENT.findall(content):
            self.text.add(comment, field="comment", kind="note")
        add_html(_COMMENT.sub("", content), self.text)


def load(file: BinaryIO, _name: str, text: TextBuilder) -> None:
    """Add the text of a Markdown file."""
    content = decoded(file.read(), text).replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT_MATTER.match(content)
    if front:
        _add_front_matter(front.group(1), text)
        content = content[front.end() :]
    parser = _Parser("commonmark", {"maxNesting": _NESTING}).enable(["table", "strikethrough"])
    environment: dict[str, dict[str, dict[str, str]]] = {}
    tokens = parser.parse(content, environment)
    _Reader(text).read(tokens)
    for found in environment.get("references", {}).values():
        text.add(found.get("href", ""), field="link", kind="value")
    _add_missed(content, text)


def _add_front_matter(content: str, text: TextBuilder) -> None:
    for line in content.split("\n"):
        match = _PROPERTY.match(line)
        name, value = (match.group(1).lower(), match.group(2)) if match else ("", line)
        value = value.strip().strip("'\"")
        if name in _TITLES:
            text.add(value, field="title", kind="value")
        elif name in _AUTHORS:
            text.add(value.strip("[]"), field="author", kind="value")
        else:
            text.add(line, field="metadata", kind="value")


def _inline_text(tokens: list[Token], links: list[str], comments: list[str]) -> str:
    """Return the text of inline tokens; put link targets and comments into the lists."""
    pieces = Pieces()
    is_raised = False
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            pieces.add("\n" if token.type == "hardbreak" else " ")
        elif token.type == "image":
            pieces.add(_inline_text(token.children or [], links, comments), is_raised=is_raised)
            links += [str(token.attrs.get("src", "")), str(token.attrs.get("title", ""))]
        elif token.type == "link_open":
            links += [str(token.attrs.get("href", "")), str(token.attrs.get("title", ""))]
        elif token.type == "html_inline":
            comments += _COMMENT.findall(token.content)
            links += _attributes(token.content)
            tag = _TAG.match(token.content)
            pieces.add(_gap(tag) if tag else "")
            if tag and tag.group(1).lower() == "sup":
                is_raised = _raises(tag)
        else:
            pieces.add(token.content, is_raised=is_raised)
    return "".join(pieces)


def _add_missed(content: str, text: TextBuilder) -> None:
    """Add the lines that hold a word which is nowhere in the text yet.

    The parser drops labels of unused definitions and what is nested too deeply. They
    are added as a reader would see them: a value that tags or character references
    take apart would pass every detector.
    """
    known = text.words(_WORD)
    end = content.rfind("-->") + 3
    for comment in _COMMENT.findall(content, 0, end):
        if not known.issuperset(_WORD.findall(comment)):
            text.add(comment, field="comment", kind="note")
    content = _COMMENT.sub("", content[:end]) + content[end:]
    for line in html.unescape(_without_tags(content)).split("\n"):
        if not known.issuperset(_WORD.findall(_SYNTAX.sub("", line))):
            is_definition = _DEFINITION.match(line) is not None
            text.add(line, field="metadata" if is_definition else "hidden", kind="value")
    for tag in _TAG.finditer(content):
        for value in map(html.unescape, _attributes(tag.group())):
            if not known.issuperset(_WORD.findall(value)):
                text.add(value, field="link", kind="value")


def _gap(tag: re.Match[str]) -> str:
    """Return what stands in a text for a tag: a line end if its element starts or ends one."""
    return "\n" if breaks_line(tag.group(1).lower()) else ""


def _raises(tag: re.Match[str]) -> bool:
    """Tell whether a tag starts a superscript."""
    return tag.group(1).lower() == "sup" and not tag.group().startswith("</")


def _without_tags(content: str) -> str:
    """Return a text without tags; lines and superscripts stay apart."""

    def plain(tag: re.Match[str]) -> str:
        if not tag.group(2):
            return tag.group()
        return _SUPERSCRIPT if _raises(tag) else _gap(tag)

    def gap(place: re.Match[str]) -> str:
        before = place.string[max(place.start() - _NEAR, 0) : place.start()].rstrip(_MARKS)
        after = place.string[place.end() : place.end() + _NEAR].lstrip(_MARKS)
        return " " if is_apart(before, after) else ""

    return re.sub(_SUPERSCRIPT, gap, _TAG.sub(plain, content))


def _attributes(tag: str) -> list[str]:
    return ["".join(found) for found in _ATTRIBUTE.findall(tag)]
