"""A written sentence holds usual signs in usual places, or those of the evidence."""

from __future__ import annotations

import pytest

from secure_rag.answering.plainness import is_plain
from tests.assets.disguises import DISGUISES

SHOWN = ["Person A pays €900 (net) to NorthWind A/S – each month; see § 4.2, ¶ 1 *** end"]
PLAIN = (
    "Person A pays €900 each month.",
    "NorthWind gets 900, as section 4.2 says.",
    "Person A (the tenant) pays; NorthWind A/S is paid.",
    "It is 'net', says § 4.2.",
    "The EU pays – or NorthWind does.",
    "It pays - each month.",
    "See *** for the end.",
    "Don't pay it's net.",
    "He said: “it is 900.”",
    "I pay a fee.",
)
NOT_PLAIN = (
    "Person A pays $900.",
    "nOrThWiNd pays.",
    "It pays ... each month.",
    "It pays . , . each month.",
    "It pays - - each month.",
    "It_pays each month.",
    "It pays each\u200b month.",
    "It pays ✓ each month.",
    "It pays <b>each month.",
    "It pays [each month.",
    "It pays,,, each month.",
)


@pytest.mark.parametrize("sentence", PLAIN)
def test_is_plain_ordinary_sentence(sentence: str) -> None:
    assert is_plain(sentence, SHOWN)


@pytest.mark.parametrize("sentence", NOT_PLAIN)
def test_is_plain_signs_that_carry_something_are_not(sentence: str) -> None:
    assert not is_plain(sentence, SHOWN)


UNSEEN = (
    "morse", "braille", "circled", "flags", "tags", "blank bits", "zero width bits",
    "punctuation bits", "variation selectors",
)  # fmt: skip


@pytest.mark.parametrize("way", UNSEEN)
def test_is_plain_what_no_word_check_sees_is_not(way: str) -> None:
    assert not is_plain(f"It pays {DISGUISES[way]('zq@nest.example')} each month.", SHOWN)
    assert is_plain(f"It pays {DISGUISES[way]('zq')} each month.", [f"a {DISGUISES[way]('zq')} b"])
