"""Results as text for people: no decoration when piped, nothing that drives a terminal."""

from __future__ import annotations

import json
import re
import sys
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import click

if TYPE_CHECKING:
    from secure_rag.errors import SecureRagError
    from secure_rag.values import Answer, Citation, Passage, Place

_ONE_LINE_EVERY_S = 60.0
_DRIVING = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
"""C1 controls, bidi and other format characters; JSON itself escapes C0."""


def safe(text: str) -> str:
    """Return `text` with control, format and bidi characters made visible or dropped.

    Line feeds and tabs stay; documents must not drive the reader's terminal.
    """
    return "".join(
        character
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Co", "Cs")
        else f"\\u{ord(character):04x}"
        for character in text
    )


def json_text(value: object) -> str:
    """Return JSON in which what could drive a terminal is escaped; it reads back the same."""
    return _DRIVING.sub(
        lambda match: json.dumps(match.group())[1:-1], json.dumps(value, ensure_ascii=False)
    )


def show_error(error: SecureRagError, *, as_json: bool) -> None:
    """Print an error and its next step on stderr, as a line of JSON or in words."""
    if as_json:
        body = {
            "code": error.code,
            "message": error.message,
            "hint": error.hint,
            "exit_code": int(error.exit_code),
        }
        click.echo(json.dumps({"error": body}, ensure_ascii=False), err=True)
        return
    click.echo(f"secure-rag: error: {error.message}", err=True)
    if error.hint:
        click.echo(f"secure-rag: hint: {error.hint}", err=True)


def plural(count: int, noun: str) -> str:
    """Return `1 document`, `2 documents`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("y") else f"{count:,} {noun}s"


def place_words(place: Place) -> str:
    """Return a place in words: `page 3, heading Term and termination`."""
    parts = [
        f"{name} {value}"
        for name, value in (
            ("page", place.page),
            ("sheet", place.sheet),
            ("slide", place.slide),
            ("row", place.row),
        )
        if value is not None
    ]
    if place.heading:
        parts.append(f"under “{shorten(place.heading, 60)}”")
    return ", ".join(parts)


def shorten(text: str, width: int) -> str:
    """Return one line of at most `width` characters, cut between words."""
    line = " ".join(safe(text).split())
    if len(line) <= width:
        return line
    return line[: width - 1].rsplit(" ", 1)[0] + "…"


def answer_text(answer: Answer) -> str:
    """Return an answer with its sources below."""
    if answer.refused:
        return f"{safe(answer.text)}\n"
    return f"{safe(answer.text)}\n{sources_text(answer.citations)}"


def sources_text(citations: Sequence[Citation], *, quoted: bool = False) -> str:
    """Return the numbered sources of an answer, with the quotes that are not the answer.

    Args:
        quoted: with all quotes.
    """
    lines = [""]
    for citation in citations:
        mark = f"[{citation.marker}]"
        if citation.answer or quoted:
            lines += [f"{mark} “{quote_text(citation)}”", f"{' ' * len(mark)} {source(citation)}"]
        else:
            lines.append(f"{mark} {source(citation)}")
    return "\n".join(lines) + "\n"


def source(citation: Citation) -> str:
    """Return where a quote stands, in words."""
    where = ", ".join(filter(None, (citation.path, place_words(citation.place))))
    return safe(where) or f"given passage {citation.chunk}"


def quote_text(citation: Citation) -> str:
    """Return a quote on one line."""
    return " ".join(safe(citation.quote).split())


def passages_text(passages: Sequence[Passage]) -> str:
    """Return found passages, best first."""
    lines = []
    for number, passage in enumerate(passages, start=1):
        where = ", ".join(filter(None, (safe(passage.path), place_words(passage.place))))
        lines += [f"{number}. {where}  ({passage.chunk}, score {passage.score:.3f})"]
        lines += [f"   {line}" for line in safe(passage.text).splitlines() if line.strip()]
        lines.append("")
    return "\n".join(lines)


class Bar(Protocol):
    """Where long work reports how far it is."""

    def __call__(self, done: int) -> None: ...


@contextmanager
def progress(label: str, total: int, *, quiet: bool, color: bool) -> Iterator[Bar]:
    """Show a bar on a terminal, one line a minute elsewhere, nothing with `-q`."""
    if quiet or total == 0:
        yield lambda done: None
    elif sys.stderr.isatty() and color:
        with _rich_bar(label, total) as bar:
            yield bar
    else:
        yield _line_bar(label, total)


@contextmanager
def _rich_bar(label: str, total: int) -> Iterator[Bar]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(label, total=total)
        yield lambda done: shown.update(task, completed=done)


def _line_bar(label: str, total: int) -> Bar:
    last = time.monotonic()

    def bar(done: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _ONE_LINE_EVERY_S:
            last = time.monotonic()
            click.echo(f"{label}: {done:,} of {total:,}", err=True)

    return bar
