"""Search over a real table with the real embedder."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np
import pytest

from secure_rag.access import Clearance
from secure_rag.errors import ArtifactError
from secure_rag.index.chunks import chunk_document, embedding_texts
from secure_rag.index.embedder import WIDTH, MiniLMEmbedder, Vectors, load_embedder
from secure_rag.index.rows import DocumentRows, Hit, StoredChunk
from secure_rag.index.store import Store
from secure_rag.redaction.meant import Meant
from secure_rag.retrieval.search import Mode, rank, search
from secure_rag.runtime.manifest import Models
from secure_rag.values import Block, RedactedDocument

ANNA, BEN = "<PERSON_7Q2F9KX3M4>", "<PERSON_0123456789>"
TEXTS = {
    "D1": "The contract may be ended with thirty days of notice.",
    "D2": "Employees receive twenty-eight days of paid holiday a year.",
    "D3": f"{ANNA} leads the team in the second quarter.",
    "D4": f"{BEN} leads the team in the third quarter.",
    "D5": "Lunch is served in the canteen from noon.",
}


@pytest.fixture(scope="module")
def embedder() -> MiniLMEmbedder:
    """The pinned embedder."""
    return load_embedder(Models())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, embedder: MiniLMEmbedder) -> Iterator[Store]:
    """A store of five documents; the first is there twice, from two sources."""
    with Store(tmp_path_factory.mktemp("index")) as opened:
        rows = [make(name, text, embedder) for name, text in TEXTS.items()]
        opened.replace([*rows, make("D6", TEXTS["D1"], embedder)])
        opened.finish()
        yield opened


def make(name: str, text: str, embedder: MiniLMEmbedder) -> DocumentRows:
    """Rows of a document with one paragraph."""
    blocks = (Block(0, len(text), "body"),)
    document = RedactedDocument(name, f"{name}.txt", "text/plain", text, blocks)
    chunks = chunk_document(document, count_tokens=embedder.count_tokens)
    vectors = embedder.embed(embedding_texts(document, chunks))
    labels = ("staff",) if name == "D2" else ()
    return DocumentRows(document, chunks, vectors, f"s{name}", "c", embedder.digest, labels)


QUESTIONS: dict[str, tuple[Mode, str, str]] = {
    "words": ("lexical", "notice for ending contracts", "D1"),
    "meaning": ("vector", "How much vacation do workers get?", "D2"),
    "both": ("hybrid", "When can I eat lunch?", "D5"),
    "person": ("hybrid", f"What does {ANNA} do?", "D3"),
    "other person": ("hybrid", f"What does {BEN} do?", "D4"),
    "person by words alone": ("lexical", f"{BEN}?", "D4"),
    "person by meaning": ("vector", f"What does {BEN} do?", "D4"),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_search_finds_the_passage(name: str, store: Store, embedder: MiniLMEmbedder) -> None:
    mode, question, expected = QUESTIONS[name]
    best = search(store, embedder, question, mode=mode)[0]
    assert best.document == expected
    assert best.text == TEXTS[expected][best.start : best.end]
    assert best.path == f"{expected}.txt"


class WithoutCosines:
    """A store whose search of words says nothing of vectors: each cosine is looked up."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.looked_up = 0

    def matching(self, words: str, limit: int, *, beside: Vectors | None = None) -> list[Hit]:
        return self._store.matching(words, limit)

    def word_scores(self, words: str, chunks: Collection[str]) -> dict[str, float]:
        every = self._store.matching(words, self._store.count_chunks())
        return {hit.chunk: hit.score for hit in every if hit.chunk in chunks}

    def stored_chunks(self, chunks: Collection[str]) -> dict[str, StoredChunk]:
        return self._store.stored_chunks(chunks)

    def nearest(self, vector: Vectors, limit: int, *, among: Collection[str] = ()) -> list[Hit]:
        self.looked_up += len(among)
        return self._store.nearest(vector, limit, among=among)


def test_ranking_is_that_of_two_whole_searches(store: Store, embedder: MiniLMEmbedder) -> None:
    question = "How much vacation do workers get, canteen noon?"
    plain = WithoutCosines(store)
    expected = rank(plain, embedder, question, candidates=1)
    found = rank(store, embedder, question, candidates=1)
    assert [one.hit.chunk for one in found] == [one.hit.chunk for one in expected]
    assert [one.score for one in found] == pytest.approx([one.score for one in expected], abs=1e-5)
    assert plain.looked_up


def test_search_compares_no_more_passages_than_it_keeps(
    store: Store, embedder: MiniLMEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []

    def counted(texts: Iterable[str]) -> Iterator[int]:
        for place, text in enumerate(texts):
            drawn.append(text)
            yield place

    monkeypatch.setattr("secure_rag.retrieval.search.without_repeats", counted)
    found = search(store, embedder, "When can I eat lunch?", limit=2)
    assert [one.text for one in found] == drawn
    assert len(drawn) == 2 < store.count_chunks()


def test_error_of_either_search_reaches_who_asks(store: Store, embedder: MiniLMEmbedder) -> None:
    class Broken(WithoutCosines):
        def nearest(self, vector: Vectors, limit: int, *, among: Collection[str] = ()) -> list[Hit]:
            raise ArtifactError("the index cannot be read", code="index.unusable")

    with pytest.raises(ArtifactError):
        rank(Broken(store), embedder, "When can I eat lunch?")


MEANT = {
    "either of two": (Meant({"<PERSON_1>": frozenset({ANNA, BEN})}), {"D3", "D4"}),
    "one it may be": (Meant({"<PERSON_1>": frozenset({BEN})}), {"D4"}),
    "a word as it is written": (Meant(words=("canteen",)), {"D5"}),
}


@pytest.mark.parametrize("name", MEANT)
def test_search_takes_what_a_name_may_mean(
    name: str, store: Store, embedder: MiniLMEmbedder
) -> None:
    meant, expected = MEANT[name]
    passages = search(store, embedder, "What about <PERSON_1>?", mode="lexical", meant=meant)
    assert {passage.document for passage in passages[: len(expected)]} == expected


def test_search_whom_a_question_names_comes_before_whom_it_may_mean(
    store: Store, embedder: MiniLMEmbedder
) -> None:
    meant = Meant({ANNA: frozenset({BEN})})
    passages = search(store, embedder, f"Which team does {ANNA} lead?", meant=meant)
    assert [passage.document for passage in passages[:2]] == ["D3", "D4"]


class Directions:
    """An embedder that points each text elsewhere, and remembers what it was given."""

    digest = "0"

    def __init__(self) -> None:
        self.seen: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.seen.extend(texts)
        return np.eye(len(texts), WIDTH, dtype=np.float32)

    def count_tokens(self, text: str) -> int:
        return len(text)


class Asked(WithoutCosines):
    """A store that remembers the vector that it was asked with."""

    vector: Vectors

    def nearest(self, vector: Vectors, limit: int, *, among: Collection[str] = ()) -> list[Hit]:
        self.vector = vector
        return super().nearest(vector, limit, among=among)


def test_search_vector_lies_between_the_question_with_its_names_and_without(store: Store) -> None:
    embedder, asked = Directions(), Asked(store)
    # a placeholder that the user has typed is none of the names
    meant = Meant(words=("Quillon",), written=f"Where is Quillon{ANNA}?")
    search(asked, embedder, "Where is <PERSON_1>?", mode="vector", meant=meant)
    assert embedder.seen == ["Where is ?", "Where is Quillon?"]
    assert asked.vector[:2] == pytest.approx([0.5**0.5, 0.5**0.5])
    assert np.linalg.norm(asked.vector) == pytest.approx(1)


def test_search_without_names_embeds_the_redacted_question_alone(store: Store) -> None:
    embedder = Directions()
    search(store, embedder, "Where is <URL_1>?", meant=Meant(words=("canteen",)))
    assert embedder.seen == ["Where is ?"]


def test_search_passes_over_a_row_that_is_gone_since(
    store: Store, embedder: MiniLMEmbedder
) -> None:
    class Shrunk(WithoutCosines):
        def stored_chunks(self, chunks: Collection[str]) -> dict[str, StoredChunk]:
            found = super().stored_chunks(chunks)
            return {key: row for key, row in found.items() if not key.startswith("D5")}

    question = "When can I eat lunch?"
    whole = [passage.document for passage in search(store, embedder, question, limit=3)]
    left = [passage.document for passage in search(Shrunk(store), embedder, question, limit=3)]
    assert whole[0] == "D5"
    assert left[:2] == whole[1:] and len(left) == 3


def test_search_reads_the_rows_of_what_it_may_keep_alone(
    store: Store, embedder: MiniLMEmbedder
) -> None:
    class Counting(WithoutCosines):
        read = 0

        def stored_chunks(self, chunks: Collection[str]) -> dict[str, StoredChunk]:
            self.read += len(chunks)
            return super().stored_chunks(chunks)

    counting = Counting(store)
    assert search(counting, embedder, "When can I eat lunch?", limit=1)
    assert counting.read == 2 < store.count_chunks()


def test_search_with_a_reranker_reads_each_row_once(store: Store, embedder: MiniLMEmbedder) -> None:
    read: list[str] = []

    class Noting(WithoutCosines):
        def stored_chunks(self, chunks: Collection[str]) -> dict[str, StoredChunk]:
            read.extend(chunks)
            return super().stored_chunks(chunks)

    class Alike:
        digest = "0"

        def score(self, question: str, texts: Sequence[str]) -> list[float]:
            return [0.0] * len(texts)

    search(Noting(store), embedder, "When can I eat lunch?", reranker=Alike())
    assert sorted(read) == sorted(set(read)) and len(read) == store.count_chunks()


def test_search_near_copies_of_a_passage_are_collapsed(
    store: Store, embedder: MiniLMEmbedder
) -> None:
    passages = search(store, embedder, "notice of the contract", limit=10)
    assert sum(passage.text == TEXTS["D1"] for passage in passages) == 1


def test_search_with_labels_sees_nothing_else(store: Store, embedder: MiniLMEmbedder) -> None:
    staff = store.seen_by(Clearance(frozenset({"staff"}), sees_unlabelled=False))
    passages = search(staff, embedder, "contract notice lunch")
    assert {passage.document for passage in passages} == {"D2"}


def test_search_returns_at_most_the_limit_best_first(
    store: Store, embedder: MiniLMEmbedder
) -> None:
    passages = search(store, embedder, "days of holiday", limit=3)
    scores = [passage.score for passage in passages]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("question", ["", "?", "\x00", "a" * 5000])
def test_search_for_any_question_does_not_fail(
    question: str, store: Store, embedder: MiniLMEmbedder
) -> None:
    assert len(search(store, embedder, question, limit=2)) <= 2


def test_embed_gives_unit_vectors_that_tell_meanings_apart(embedder: MiniLMEmbedder) -> None:
    vectors = embedder.embed(["a dog barks", "a hound is barking", "the tax return"])
    assert (vectors * vectors).sum(axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert vectors[0] @ vectors[1] > 0.6 > 0.3 > vectors[0] @ vectors[2]


def test_embed_of_nothing_is_an_empty_table(embedder: MiniLMEmbedder) -> None:
    assert embedder.embed([]).shape[0] == 0
    assert embedder.embed([""]).shape == (1, 384)
