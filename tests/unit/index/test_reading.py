"""What somebody sees of a collection: as if the hidden documents had never been there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from secure_rag.access import Clearance
from secure_rag.index.chunks import chunk_document
from secure_rag.index.reading import Rows
from secure_rag.index.rows import DocumentRows, audience
from secure_rag.index.store import Store
from secure_rag.index.views import fulltext_view
from secure_rag.retrieval.search import Mode, search
from tests.unit.index.index_documents import redacted

PERSON = "<PERSON_7Q2F9KX3MS>"
HOSTILE = (
    "o'neill",
    "x') OR ('1'='1",
    "'; DROP TABLE chunks; --",
    'a"b\\',
    "%",
    "]) OR true --",
    "résumé",
)
"""Labels that would break out of a predicate that quotes them badly."""


def rows(document: str, text: str, labels: tuple[str, ...], seed: int = 0) -> DocumentRows:
    stored = redacted(document, [("paragraph", text)])
    chunks = chunk_document(stored, count_tokens=lambda text: len(text.split()))
    return DocumentRows(
        stored, chunks, vectors(len(chunks), seed), f"s{document}", "c", "e", labels
    )


def vectors(count: int, seed: int) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(size=(count, 384))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


OPEN = [
    ("D1", "The notice period of the lease is four weeks.", ("open",)),
    ("D2", "Rent is due on the third working day.", ("open",)),
    ("D3", f"{PERSON} signs the lease in the office.", ("open", "legal")),
    ("D4", "Lunch is served from noon, tea at four.", ("open",)),
]
HIDDEN = [
    ("H1", "The notice of the board: the lease ends. <PERSON_0123456789> agrees.", ("board",)),
    ("H2", "Lease, lease, lease and notice of the lease.", ("open", "board")),
    ("H3", "The lease without any label.", ()),
    *((f"H{n}", f"secret rent rent number {n}", ("board",)) for n in range(4, 30)),
]
SIGHT = Clearance(frozenset({"open", "legal"}), sees_unlabelled=False)


def fill(folder: Path, documents: list[tuple[str, str, tuple[str, ...]]]) -> Store:
    store = Store(folder)
    store.replace([rows(*one, seed=hash_of(one[0])) for one in documents])
    store.finish()
    return store


def hash_of(name: str) -> int:
    return int(name[1:]) + 1000 * ord(name[0])


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rows]:
    """What is seen of a store that holds hidden documents, too."""
    with fill(tmp_path_factory.mktemp("mixed") / "c", [*HIDDEN, *OPEN]) as store:
        yield store.seen_by(SIGHT)


@pytest.fixture(scope="module")
def pure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rows]:
    """A store that never had them."""
    with fill(tmp_path_factory.mktemp("pure") / "c", OPEN) as store:
        yield store


class Fixed:
    """An embedder that gives every text the same vector."""

    digest = "e"

    def embed(self, texts: Any) -> np.ndarray:
        return vectors(len(list(texts)), 7)

    def count_tokens(self, text: str) -> int:
        return len(text.split())


@pytest.mark.parametrize(
    "question",
    ["the notice of the lease", "secret rent", f"{PERSON} lease", "<PERSON_0123456789>", "board"],
    ids=["both", "hidden words", "person", "hidden person", "hidden label"],
)
def test_ranking_is_that_of_a_store_without_the_hidden_documents(
    mixed: Rows, pure: Rows, question: str
) -> None:
    modes: tuple[Mode, ...] = ("vector", "lexical", "hybrid")
    for mode in modes:
        ours = search(mixed, Fixed(), question, mode=mode)
        theirs = search(pure, Fixed(), question, mode=mode)
        assert [one.document for one in ours] == [one.document for one in theirs]
        if mode == "vector":
            assert [one.score for one in ours] == [one.score for one in theirs]


def test_rarity_of_words_is_counted_over_hidden_documents_too(mixed: Rows, pure: Rows) -> None:
    """The one leak that is left, as the threat model states it; mend the page if this fails."""
    ours, theirs = mixed.matching("rent", 5), pure.matching("rent", 5)
    assert [hit.chunk for hit in ours] == [hit.chunk for hit in theirs]
    assert ours[0].score < theirs[0].score


def test_limit_is_filled_with_visible_chunks_however_many_are_hidden(mixed: Rows) -> None:
    assert len(mixed.nearest(vectors(1, 3)[0], 4)) == 4
    assert [hit.document for hit in mixed.matching("rent", 1)] == ["D2"]


def test_nothing_that_is_read_tells_of_hidden_documents(mixed: Rows, pure: Rows) -> None:
    assert mixed.count_chunks() == pure.count_chunks() == 4
    assert sorted(one.document for one in mixed.documents()) == ["D1", "D2", "D3", "D4"]
    assert mixed.contents().keys() == pure.contents().keys()
    assert mixed.digests() == pure.digests()
    assert mixed.holding("lease") == pure.holding("lease")
    assert mixed.label_sets() == pure.label_sets()
    assert mixed.mentions(PERSON) and not mixed.mentions("<PERSON_0123456789>")
    for document, _, _ in HIDDEN:
        assert mixed.document(document) is None and mixed.chunks(document) == []
    among = [f"{document}-0" for document, _, _ in HIDDEN]
    assert mixed.nearest(vectors(1, 3)[0], 50, among=among) == []
    assert mixed.word_scores("lease", among) == {}
    assert mixed.stored_chunks([*among, "D1-0"]).keys() == {"D1-0"}


def test_who_may_see_no_label_there_is_finds_nothing(tmp_path: Path) -> None:
    with fill(tmp_path / "c", OPEN) as store:
        seen = store.seen_by(Clearance(frozenset(), sees_unlabelled=True))
        assert seen.count_chunks() == 0 and list(seen.documents()) == []
        assert seen.nearest(vectors(1, 3)[0], 9) == [] and seen.matching("lease", 9) == []
        assert seen.word_scores("lease", [f"{document}-0" for document, _, _ in OPEN]) == {}
        assert seen.digests() == Store(None).digests()


@pytest.mark.parametrize("label", HOSTILE)
def test_label_of_any_characters_opens_nothing_else(tmp_path: Path, label: str) -> None:
    with fill(tmp_path / "c", [("D1", "shared word", (label,)), ("D2", "shared word", ("b",))]) as (
        store
    ):
        seen = store.seen_by(Clearance(frozenset({label}), sees_unlabelled=False))
        hits = seen.matching(fulltext_view("shared"), 9)
        assert [hit.document for hit in hits] == ["D1"]
        other = store.seen_by(Clearance(frozenset({"b"}), sees_unlabelled=False))
        assert [one.document for one in other.documents()] == ["D2"]


def test_sets_of_labels_have_ids_of_their_own() -> None:
    sets = [(), ("",), ("a", "b"), ("a,b",), ('a","b',), ("a",), ("b",)]
    assert len({audience(one) for one in sets}) == len(sets)
    assert audience(("b", "a")) == audience(("a", "b"))


def test_document_that_gets_another_label_is_hidden_at_once(tmp_path: Path) -> None:
    with fill(tmp_path / "c", OPEN) as store:
        seen = store.seen_by(SIGHT)
        assert seen.document("D1") is not None
        with Store(tmp_path / "c") as writer:
            store.close()
            writer.replace([rows("D1", OPEN[0][1], ("board",))])
            writer.replace([rows("D9", "The lease of a new document.", ("legal",))])
        assert seen.document("D1") is None
        assert "D1" not in {hit.document for hit in seen.matching("lease", 9)}
        assert seen.document("D9") is not None
