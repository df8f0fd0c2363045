"""Cover names are told apart, stand in no text, and say nothing of what they cover."""

from __future__ import annotations

import pytest

from secure_rag.answering.cover_names import cover_names
from secure_rag.vault.placeholders import local_placeholder

KINDS = ("PERSON", "LOCATION", "ORGANIZATION", "DATE_TIME", "STREET_ADDRESS", "IBAN_CODE")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 5, 200])
def test_cover_names_of_many_placeholders_are_all_different(kind: str, count: int) -> None:
    placeholders = [local_placeholder(kind, number + 1) for number in range(count)]
    names = cover_names([" ".join(placeholders)])
    assert list(names) == placeholders
    assert len(set(names.values())) == count
    assert not any("<" in name or "_" in name for name in names.values())


def test_cover_names_that_stand_in_a_text_are_not_taken() -> None:
    names = cover_names(["Who is <PERSON_1>?", "Mary is no Baker. <PERSON_1> met <LOCATION_1>."])
    assert names == {"<PERSON_1>": "Helen Carter", "<LOCATION_1>": "Ashford"}


def test_cover_names_depend_on_order_alone() -> None:
    first = cover_names(["<PERSON_7Q2F9KX3M4> met <PERSON_9K4T2W8Z6B>"])
    second = cover_names(["<PERSON_1> met <PERSON_2>"])
    assert list(first.values()) == list(second.values()) == ["Mary Jones", "John Baker"]
