"""Markdown: what the parser drops is added as a reader would see it, and nothing twice."""

from __future__ import annotations

import time

import pytest

from secure_rag.documents.loading import load

_HIDDEN_NAME = "&#74;&#111;&#104;&#110; &#83;mith"


@pytest.mark.parametrize(
    "content",
    [
        f"<table><tr><td>Phone</td><td>555</td><td>{_HIDDEN_NAME}</td></tr></table>",
        f"<table>\n<tr><td>Mail</td><td>{_HIDDEN_NAME}</td></tr>\n</table>",
        f"<div>Ward</div><p>{_HIDDEN_NAME}</p>",
        f"<p>{_HIDDEN_NAME}</p>\n<a\nhref='mailto:x@example.com'\n>Ward</a>",
        f"Ward<br>{_HIDDEN_NAME}",
    ],
)
def test_load_html_in_markdown_is_not_stored_a_second_time(content: str) -> None:
    document = load(content.encode(), "a.md")
    assert "John Smith" in document.text
    assert "&#" not in document.text
    assert document.flags == ()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (_HIDDEN_NAME, "John Smith"),
        ("Jo<b>hn</b> Smith", "John Smith"),
        ("agnes&#64;beranger&#46;example", "agnes@beranger.example"),
        ('<a href="mailto:jo&#64;example.com">x</a>', "jo@example.com"),
        ("<jo@example.com>", "jo@example.com"),
        ("<!-- John Smith -->", "John Smith"),
    ],
)
def test_load_line_that_the_parser_drops_is_added_decoded(line: str, expected: str) -> None:
    document = load((">" * 1000 + f" {line}\n\nplain\n").encode(), "a.md")
    assert expected in document.text
    assert "&#" not in document.text


@pytest.mark.parametrize("piece", ["<a ", "<a '", "<a \"'", "<a x='<b ", "<", "<!--", "</a/"])
def test_load_markdown_of_unclosed_tags_takes_linear_time(piece: str) -> None:
    start = time.process_time()
    load(("\n\n" + piece * 40 + "x").encode() * 300, "a.md")
    assert time.process_time() - start < 5.0
