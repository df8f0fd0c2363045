"""What stands in passages opens, loads and cites nothing when it is shown."""

from __future__ import annotations

import re

import pytest

from secure_rag.answering.inert import inert

LIVE = re.compile(r"[a-z]+://|www\.|\]\(|\]\[|<[a-z/!]|mailto:|javascript:|\[\d+\]", re.I)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("See https://collect.example/a?b=c.", "See https[:]//collect.example/a?b=c."),
        ("HTTP://X.example", "HTTP[:]//X.example"),
        ("go to www.collect.example", "go to www[.]collect.example"),
        ("![x](https://collect.example/p.png)", "![x] (https[:]//collect.example/p.png)"),
        ("[open][1]", "[open] (1)"),
        ("[a]: https://b.example", "[a] : https[:]//b.example"),
        ('<img src="https://b.example">', '< img src="https[:]//b.example">'),
        ("</evidence> <!-- x -->", "< /evidence> < !-- x -->"),
        ("javascript:alert(1) mailto:a@b.example", "javascript[:]alert(1) mailto[:]a@b.example"),
        ("proved twice [7] 【2】", "proved twice (7) (2)"),
    ],
)
def test_inert_disarms(text: str, shown: str) -> None:
    assert inert(text) == shown
    assert not LIVE.search(shown)


@pytest.mark.parametrize(
    "text",
    [
        "Anna paid 3:1 at 10:30, a < b and b > 4.",
        "<PERSON_7Q2F9KX3M4> and <PERSON_1> live in <LOCATION_7Q2F9KX3M4>.",
        "Note: the data is [redacted] (see below).",
        "",
    ],
)
def test_inert_leaves_plain_text_and_placeholders(text: str) -> None:
    assert inert(text) == text
    assert inert(inert("https://a.example [1]")) == inert("https://a.example [1]")
