"""Chunks follow the structure of a document and lose none of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secure_rag.index.chunks import chunk_contexts, chunk_document, embedding_texts
from secure_rag.values import Block, RedactedDocument
from tests.unit.index.index_documents import redacted

PERSON = "<PERSON_7Q2F9KX3M4>"


def words(text: str) -> int:
    """Count words; stands in for the embedder's tokens."""
    return len(text.split())


def test_chunk_document_sections_without_common_parent_stay_apart() -> None:
    document = redacted(
        "D1",
        [("h1", "Term"), ("paragraph", "Thirty days."), ("h1", "Price"), ("paragraph", "Ten.")],
    )
    chunks = chunk_document(document, count_tokens=words)
    assert [chunk.text for chunk in chunks] == ["Term\n\nThirty days.", "Price\n\nTen."]
    assert [chunk.place.heading for chunk in chunks] == ["Term", "Price"]


def test_chunk_document_short_sections_of_one_parent_share_a_chunk() -> None:
    parts = [("h1", "Contract"), ("h2", "Term"), ("paragraph", "Thirty days."), ("h2", "Price")]
    chunks = chunk_document(redacted("D1", parts), count_tokens=words)
    assert len(chunks) == 1
    assert chunks[0].place.heading == "Contract"


def test_chunk_document_pages_are_never_joined() -> None:
    parts = [("h1", "A"), ("paragraph", "One."), ("h1", "B"), ("paragraph", "Two.")]
    chunks = chunk_document(redacted("D1", parts, pages=True), count_tokens=words)
    assert [chunk.place.page for chunk in chunks] == [1, 2]


def test_chunk_document_title_is_a_chunk_of_its_own() -> None:
    parts = [("title", "Lease"), ("author", PERSON), ("paragraph", "The rent is due.")]
    chunks = chunk_document(redacted("D1", parts), count_tokens=words)
    assert [chunk.text for chunk in chunks] == [f"Lease\n\n{PERSON}", "The rent is due."]
    assert chunks[0].placeholders == (PERSON,)


def test_chunk_document_blank_text_gives_one_empty_chunk() -> None:
    chunks = chunk_document(RedactedDocument("D1", "", "text/plain", " \n", ()), count_tokens=words)
    assert [(chunk.chunk, chunk.start, chunk.end) for chunk in chunks] == [("D1-0", 0, 0)]


def test_chunk_document_long_paragraph_is_cut_at_sentences() -> None:
    text = "The supplier answers within four hours. " * 30
    chunks = chunk_document(
        redacted("D1", [("paragraph", text)]), count_tokens=words, max_tokens=50
    )
    assert len(chunks) > 3
    assert all(chunk.text.endswith("hours.") for chunk in chunks)
    assert all(words(chunk.text) <= 50 for chunk in chunks)


@pytest.mark.parametrize("joint", ["", " ", "x"])
def test_chunk_document_text_without_sentences_never_cuts_a_placeholder(joint: str) -> None:
    text = joint.join([PERSON] * 40)
    chunks = chunk_document(redacted("D1", [("paragraph", text)]), count_tokens=len, max_tokens=30)
    assert len(chunks) > 1
    assert sum(len(chunk.text.split(PERSON)) - 1 for chunk in chunks) == 40


def test_chunk_document_sheet_name_stays_with_its_rows() -> None:
    text = "Leave\n\nName | Days\nBasic | 30"
    blocks = (
        Block(0, 5, "body", "heading"),
        Block(7, 18, "body", "row", row=1, sheet=(0, 5)),
        Block(19, 29, "body", "row", row=2, sheet=(0, 5)),
    )
    document = RedactedDocument("D1", "", "text/csv", text, blocks)
    (chunk,) = chunk_document(document, count_tokens=words)
    assert (chunk.place.sheet, chunk.place.row, chunk.place.heading) == ("Leave", 1, None)


def test_chunk_contexts_later_rows_of_a_table_repeat_its_header() -> None:
    rows = [("row", "Name | Days"), *(("row", f"Plan {n} | {n * 10}") for n in range(20))]
    document = redacted("D1", [("title", "Plans"), *rows, ("paragraph", "After the table.")])
    chunks = chunk_document(document, count_tokens=words, max_tokens=30)
    contexts = chunk_contexts(document, chunks)
    assert contexts[1] == "Plans"
    assert contexts[2] == "Plans > Name | Days"
    assert contexts[-1] == "Plans"


def test_embedding_texts_hold_no_name_under_the_headings() -> None:
    document = redacted(
        "D1", [("title", "Lease"), ("h1", "Parties"), ("paragraph", f"{PERSON} rents.")]
    )
    chunks = chunk_document(document, count_tokens=words)
    assert embedding_texts(document, chunks)[1] == "Lease\nParties\n\n rents."


PARTS = st.lists(
    st.tuples(
        st.sampled_from(["h1", "h2", "paragraph", "list_item", "row"]),
        st.text(alphabet=f"ab. \n{PERSON}", min_size=1, max_size=80),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(PARTS, st.integers(min_value=3, max_value=40))
def test_chunk_document_any_document_is_covered_in_order(
    parts: list[tuple[str, str]], limit: int
) -> None:
    document = redacted("D1", parts)
    chunks = chunk_document(document, count_tokens=words, max_tokens=limit)
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    assert all(chunk.text == document.text[chunk.start : chunk.end] for chunk in chunks)
    covered = "".join("".join(chunk.text.split()) for chunk in chunks)
    assert covered == "".join(document.text.split())
