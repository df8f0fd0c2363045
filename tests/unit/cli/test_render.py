"""Text for people: nothing in it may drive a terminal."""

from __future__ import annotations

import pytest

from secure_rag.cli.render import place_words, plural, safe, shorten
from secure_rag.values import Place

HOSTILE = {
    "colour": "\x1b[31mred",
    "title": "\x1b]0;owned\x07",
    "link": "\x1b]8;;http://x\x1b\\click",
    "clipboard": "\x1b]52;c;AAAA\x07",
    "c1": "\x9b31m",
    "bidi": "abc\u202ecba",
    "isolate": "\u2066x\u2069",
    "carriage return": "good\rbad",
    "backspace": "a\x08b",
    "null": "a\x00b",
    "invisible": "a\u200bb",
    "tag characters": "a\U000e0041b",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_safe_leaves_no_control_or_format_character(name: str) -> None:
    shown = safe(HOSTILE[name])
    assert all(character.isprintable() for character in shown), name
    assert shown != HOSTILE[name]


def test_safe_keeps_lines_tabs_and_letters() -> None:
    assert safe("Zoë\n\tŁódź 東京") == "Zoë\n\tŁódź 東京"


@pytest.mark.parametrize(
    ("count", "noun", "expected"),
    [(1, "document", "1 document"), (0, "chunk", "0 chunks"), (2, "copy", "2 copies")],
    ids=["one", "none", "y"],
)
def test_plural(count: int, noun: str, expected: str) -> None:
    assert plural(count, noun) == expected


def test_place_words_names_what_is_known() -> None:
    assert place_words(Place(page=2, heading="4. Term")) == "page 2, under “4. Term”"
    assert place_words(Place()) == ""


def test_shorten_cuts_between_words() -> None:
    assert shorten("one two three four", 12) == "one two…"
    assert shorten("one\ntwo", 12) == "one two"
