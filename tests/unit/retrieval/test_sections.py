"""The section around a passage, with offsets into the stored text."""

from __future__ import annotations

import pytest

from secure_rag.index.chunks import chunk_document
from secure_rag.retrieval.sections import section_of
from secure_rag.values import Chunk, Passage
from tests.unit.index.index_documents import redacted

WORDS = " ".join(f"word{n}." for n in range(60))
DOCUMENT = redacted(
    "D1",
    [
        ("h1", "First"),
        ("paragraph", WORDS),
        ("paragraph", WORDS),
        ("h1", "Second"),
        ("paragraph", WORDS),
    ],
)


class Stored:
    """One document's chunks."""

    def chunks(self, document: str) -> list[Chunk]:
        count = 40
        made = chunk_document(
            DOCUMENT, count_tokens=lambda text: len(text.split()), max_tokens=count
        )
        return made if document == "D1" else []


def passage(ordinal: int, document: str | None = "D1") -> Passage:
    return Passage(document, f"D1-{ordinal}", "", 1.0, 0, 0)


def test_section_of_a_passage_is_the_text_under_its_heading() -> None:
    chunks = Stored().chunks("D1")
    assert len(chunks) > 4
    section = section_of(Stored(), passage(1))
    assert section is not None
    text = DOCUMENT.text[section.start : section.end]
    assert text.startswith("First")
    assert text.count("word59.") == 2
    assert "Second" not in text
    last = section_of(Stored(), passage(len(chunks) - 1))
    assert last is not None
    assert DOCUMENT.text[last.start : last.end].startswith("Second")
    assert not set(last.chunks) & set(section.chunks)


def test_section_of_a_passage_may_be_its_neighbours_only() -> None:
    section = section_of(Stored(), passage(1), neighbours=1)
    assert section is not None
    assert section.chunks == ("D1-0", "D1-1", "D1-2")


@pytest.mark.parametrize("one", [passage(0, None), passage(99), passage(0, "GONE")])
def test_section_of_what_is_not_stored_is_none(one: Passage) -> None:
    assert section_of(Stored(), one) is None
