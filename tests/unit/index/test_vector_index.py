"""The index of vectors: from when on, what it finds, and that removal purges it as well.

The limit from which on it is made is a parameter; the tests give a small one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from secure_rag.access import Clearance
from secure_rag.index.chunks import chunk_document
from secure_rag.index.rows import DocumentRows
from secure_rag.index.store import Store
from secure_rag.index.vector_index import refine_factor
from secure_rag.retrieval.recall import vector_recall
from tests.unit.index.index_documents import redacted

LIMIT, COUNT = 200, 260
CANARY = "XQ7RJ2WVN5TB8ZKDXQ3H"


def vectors(count: int, seed: int) -> np.ndarray:
    """Unit vectors in groups, as those of texts are."""
    rng = np.random.default_rng(seed)
    groups = rng.normal(size=(12, 384))
    found = groups[rng.integers(0, 12, count)] + 0.6 * rng.normal(size=(count, 384))
    unit: np.ndarray = (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)
    return unit


def entry(name: str, text: str, vector: np.ndarray, labels: tuple[str, ...] = ()) -> DocumentRows:
    """Rows of a document with one chunk."""
    document = redacted(name, [("paragraph", text)])
    chunks = chunk_document(document, count_tokens=lambda text: len(text.split()))
    return DocumentRows(document, chunks, vector[None], f"s{name}", "c", "e", labels)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with an index of vectors; every tenth document has a label."""
    folder = tmp_path_factory.mktemp("store") / "default"
    with Store(folder, vector_index_from=LIMIT) as store:
        store.replace(
            [
                entry(f"D{n}", f"text number {n}", vector, ("staff",) if n % 10 == 0 else ())
                for n, vector in enumerate(vectors(COUNT, 1))
            ]
        )
        assert not store.has_vector_index
        store.finish()
    return folder


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    with Store(folder, vector_index_from=LIMIT) as opened:
        yield opened


def test_finish_from_the_limit_on_makes_an_index_that_finds_what_exact_search_finds(
    store: Store,
) -> None:
    assert store.has_vector_index
    assert vector_recall(store, samples=30) >= 0.95


def test_finish_below_the_limit_makes_none(tmp_path: Path) -> None:
    with Store(tmp_path / "default") as store:
        store.replace([entry("D1", "text", vectors(1, 2)[0])])
        store.finish()
        assert not store.has_vector_index
        assert vector_recall(store) == 1.0


def test_nearest_through_the_index_scores_exactly_and_keeps_to_labels(store: Store) -> None:
    query = vectors(1, 3)[0]
    exact = {hit.chunk: hit.score for hit in store.nearest(query, COUNT, is_exact=True)}
    found = store.nearest(query, 10)
    assert [hit.score for hit in found] == pytest.approx(
        [exact[hit.chunk] for hit in found], abs=1e-5
    )
    staff = store.seen_by(Clearance(frozenset({"staff"}), sees_unlabelled=False))
    labelled = staff.nearest(query, 10)
    assert len(labelled) == 10
    assert all(int(hit.document[1:]) % 10 == 0 for hit in labelled)


def test_search_among_chunks_scores_as_a_search_of_all_does(store: Store) -> None:
    query, among = vectors(1, 3)[0], [f"D{n}-0" for n in (3, 30, 99)]
    nearest = store.nearest(query, 9, among=among)
    assert sorted(hit.chunk for hit in nearest) == sorted(among)
    words = {hit.chunk: hit.score for hit in store.matching("number 30", COUNT)}
    assert store.word_scores("number 30", among) == {
        chunk: pytest.approx(words[chunk]) for chunk in among
    }
    assert store.word_scores("30", among).keys() == {"D30-0"}
    assert store.word_scores(" ", among) == store.word_scores("number", []) == {}


def test_search_of_words_gives_the_cosines_that_a_search_of_vectors_scores(store: Store) -> None:
    query = vectors(1, 3)[0]
    hits = store.matching("number 30", 40, beside=query)
    among = [hit.chunk for hit in hits]
    assert len(hits) == 40
    scores = {hit.chunk: hit.score for hit in store.nearest(query, 40, among=among)}
    assert {hit.chunk: hit.cosine for hit in hits} == pytest.approx(scores, abs=1e-6)
    assert [hit.chunk for hit in store.matching("number 30", 40)] == among
    assert all(hit.cosine is None for hit in store.matching("number 30", 40))
    assert store.matching("absent", 40, beside=query) == []


def test_rows_added_after_the_index_are_found(tmp_path: Path) -> None:
    late = vectors(1, 9)[0]
    with Store(tmp_path / "default", vector_index_from=LIMIT) as store:
        store.replace([entry(f"D{n}", "text", one) for n, one in enumerate(vectors(LIMIT, 4))])
        store.finish()
        store.replace([entry("LATE", "text", late)])
        assert store.nearest(late, 1)[0].document == "LATE"
        store.finish()
        assert store.nearest(late, 1)[0].document == "LATE"


def test_remove_with_an_index_leaves_neither_text_nor_vector(tmp_path: Path) -> None:
    folder = tmp_path / "default"
    gone = vectors(1, 77)[0]
    with Store(folder, vector_index_from=LIMIT) as store:
        store.replace([entry(f"D{n}", f"kept {n}", one) for n, one in enumerate(vectors(COUNT, 5))])
        store.replace([entry("GONE", f"secret {CANARY} here", gone)])
        store.finish()
        assert store.has_vector_index
        assert holds(folder, CANARY.encode())
        assert holds(folder, gone.tobytes())
        store.remove(["GONE"])
        assert store.has_vector_index
        assert store.nearest(gone, 1)[0].document != "GONE"
        assert vector_recall(store) >= 0.95
    for needle in (CANARY.encode(), CANARY.lower().encode(), b"GONE", gone.tobytes()):
        assert not holds(folder, needle)


def test_remove_to_below_the_limit_searches_exactly_again(tmp_path: Path) -> None:
    with Store(tmp_path / "default", vector_index_from=LIMIT) as store:
        store.replace([entry(f"D{n}", "text", one) for n, one in enumerate(vectors(LIMIT, 6))])
        store.finish()
        assert store.has_vector_index
        store.remove(["D0"])
        assert not store.has_vector_index
        assert len(store.nearest(vectors(1, 7)[0], 5)) == 5


def test_store_in_memory_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with Store(None) as store, Store(None) as other:
        store.replace([entry("D1", f"secret {CANARY}", vectors(1, 8)[0])])
        store.finish()
        assert [hit.document for hit in store.matching("secret", 5)] == ["D1"]
        assert other.count_chunks() == 0
        store.remove(["D1"])
        assert store.count_chunks() == 0
    assert list(tmp_path.iterdir()) == []


def holds(folder: Path, needle: bytes) -> bool:
    """Say whether any file under the folder holds the bytes."""
    return any(needle in file.read_bytes() for file in folder.rglob("*") if file.is_file())


@pytest.mark.parametrize(("limit", "factor"), [(0, 300), (1, 300), (10, 30), (100, 3), (1000, 3)])
def test_refining_compares_300_and_three_times_what_is_wanted(limit: int, factor: int) -> None:
    assert refine_factor(limit) == factor
