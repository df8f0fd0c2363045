"""Measure retrieval on raw and on redacted text, in every mode and under other views."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from secure_rag.evaluation.retrieval_arms import NAMING, Arm, reembedded
from secure_rag.evaluation.retrieval_scores import (
    Figures,
    OtherVectors,
    difference,
    documents_of,
    figures,
    means,
)
from secure_rag.evaluation.retrieval_sets import Question, RetrievalSet
from secure_rag.index.embedder import Embedder, Vectors
from secure_rag.index.views import (
    Views,
    bare_view,
    fulltext_view,
    index_word,
    placeholders,
    plain_view,
)
from secure_rag.retrieval.search import CANDIDATES, Candidates, Mode, rank
from secure_rag.vault.placeholders import LOCAL, entity_of

if TYPE_CHECKING:
    from secure_rag.pipeline.session import Session

MODES: Final[tuple[Mode, ...]] = ("lexical", "vector", "hybrid")
_BY_WORDS: Final[tuple[Mode, ...]] = ("lexical", "hybrid")
_BY_VECTOR: Final[tuple[Mode, ...]] = ("vector", "hybrid")
_MOST_PASSAGES: Final = 100
_PARTS: Final = 2
"""Texts that the vector of one question is made of."""
ByQuestion = Mapping[str, Figures]
Progress = Callable[[int], None]


class RememberingEmbedder:
    """Embeds each text once: three modes ask for the same question."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, Vectors] = {}
        self.digest = embedder.digest

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector for each text."""
        if len(texts) > _PARTS:
            return self._embedder.embed(texts)
        for text in texts:
            if text not in self._known:
                self._known[text] = self._embedder.embed([text])
        return np.vstack([self._known[text] for text in texts])

    def count_tokens(self, text: str) -> int:
        """Return how many tokens a text has."""
        return self._embedder.count_tokens(text)


@dataclass(frozen=True)
class Measuring:
    """What a measurement needs, whatever it compares."""

    questions: tuple[Question, ...]
    embedder: Embedder
    candidates: int = CANDIDATES
    seed: int = 17

    def mode(
        self, arm: Arm, mode: Mode, *, store: Candidates | None = None, views: Views | None = None
    ) -> ByQuestion:
        """Return the figures of every question in one mode."""
        found = {}
        for question in self.questions:
            ranked = rank(
                store or arm.store,
                self.embedder,
                arm.questions[question.id],
                mode=mode,
                candidates=self.candidates,
                views=views or Views(),
                meant=arm.meant[question.id],
            )
            found[question.id] = figures(documents_of(ranked, arm.names), question.relevant)
        return found


def compare(
    given: RetrievalSet,
    arms: Sequence[Arm],
    embedder: Embedder,
    *,
    with_views: bool = False,
    candidates: int = CANDIDATES,
    seed: int = 17,
    progress: Progress = lambda done: None,
) -> dict[str, Any]:
    """Return every arm's figures in every mode, and what the last loses against the first.

    Args:
        arms: raw and redacted, or one of them.
        with_views: also measure other views of placeholders, on the last arm.
    """
    measuring = Measuring(given.questions, RememberingEmbedder(embedder), candidates, seed)
    naming = arms[-1].naming
    found: dict[str, dict[Mode, ByQuestion]] = {}
    done = 0
    for arm in arms:
        found[arm.name] = {}
        for mode in MODES:
            found[arm.name][mode] = measuring.mode(arm, mode)
            progress(done := done + 1)
    views = _views(measuring, arms[-1], found[arms[-1].name]) if with_views else []
    return {
        "questions": len(given.questions),
        "naming_questions": len(naming),
        "arms": [_arm(arm, found[arm.name], naming, given.unread) for arm in arms],
        "losses": _losses(found, naming, seed) if len(arms) == 2 else [],
        "views": views,
    }


def measure_index(
    given: RetrievalSet, session: Session, *, progress: Progress = lambda done: None
) -> dict[str, Any]:
    """Ask every question of a workspace's index, as `search` does in the mode of its settings.

    A case names documents by id or by the path that `index list` shows.
    """
    from secure_rag.pipeline.ask import Asker

    asker = Asker(session, mode="search")
    found: dict[str, Figures] = {}
    naming = set()
    for number, question in enumerate(given.questions, start=1):
        answer = asker.search(question.text, limit=_MOST_PASSAGES)
        names: list[str] = []
        for passage in answer.passages:
            known = [one for one in (passage.document, passage.path) if one in question.relevant]
            names.append(str(known[0] if known else passage.document))
        found[question.id] = figures(list(dict.fromkeys(names)), question.relevant)
        if any(entity_of(one) in NAMING for one in _all_placeholders(answer.question)):
            naming.add(question.id)
        progress(number)
    mode = session.settings.retrieval.mode
    arm = {
        "name": "index",
        "documents": sum(1 for _ in session.seen.documents()),
        "chunks": session.seen.count_chunks(),
        "failed": {},
        "modes": {mode: {"all": means(found), "naming": means(found, naming)}},
    }
    return {
        "questions": len(found),
        "naming_questions": len(naming),
        "arms": [arm],
        "losses": [],
        "views": [],
    }


def _arm(
    arm: Arm,
    by_mode: Mapping[Mode, ByQuestion],
    naming: frozenset[str],
    unread: Mapping[str, str],
) -> dict[str, Any]:
    return {
        "name": arm.name,
        "documents": len(arm.names),
        "chunks": arm.store.count_chunks(),
        "failed": dict(Counter(arm.failed) + Counter(unread.values())),
        "modes": {
            mode: {"all": means(found), "naming": means(found, naming)}
            for mode, found in by_mode.items()
        },
    }


def _losses(
    found: Mapping[str, Mapping[Mode, ByQuestion]], naming: frozenset[str], seed: int
) -> list[dict[str, Any]]:
    raw, redacted = found.values()
    return [
        {
            "mode": mode,
            "of": of,
            "ndcg@10": difference(raw[mode], redacted[mode], only=only, seed=seed),
        }
        for mode in MODES
        for of, only in (("all", None), ("naming", naming), ("others", set(raw[mode]) - naming))
    ]


def _views(measuring: Measuring, arm: Arm, ours: Mapping[Mode, ByQuestion]) -> list[dict[str, Any]]:
    """Compare the views in use with others: placeholders kept or removed, words left out."""
    rows = [_view("in use: nothing for vectors, own word for full text", arm, ours)]
    for label, view in (("vectors: placeholder kept", _as_is), ("vectors: type words", plain_view)):
        hits, vectors = reembedded(arm, measuring.embedder, view)
        store = OtherVectors(arm.store, hits, vectors)
        changed = replace(Views(), embedding=view)
        found = {mode: measuring.mode(arm, mode, store=store, views=changed) for mode in _BY_VECTOR}
        rows.append(_view(label, arm, found))
    changes: tuple[tuple[str, Views, tuple[Mode, ...]], ...] = (
        ("vectors: no name in a question's either", Views(names_written=False), _BY_VECTOR),
        ("full text: type words only", Views(fulltext=plain_view, names_count=False), _BY_WORDS),
        ("own word, but its holders gain nothing", Views(names_count=False), _BY_WORDS),
        ("holders gain, but type words left out", Views(fulltext=_own_words), _BY_WORDS),
    )
    for label, changed, modes in changes:
        rows.append(
            _view(label, arm, {mode: measuring.mode(arm, mode, views=changed) for mode in modes})
        )
    return rows


def _view(label: str, arm: Arm, by_mode: Mapping[Mode, ByQuestion]) -> dict[str, Any]:
    return {
        "view": label,
        "modes": {
            mode: {
                of: (one["ndcg@10"] if (one := means(found, only)) else None)
                for of, only in (("all", None), ("naming", arm.naming))
            }
            for mode, found in by_mode.items()
        },
    }


def _all_placeholders(text: str) -> list[str]:
    return [*placeholders(text), *(match.group() for match in LOCAL.finditer(text))]


def _as_is(text: str) -> str:
    return text


def _own_words(text: str) -> str:
    """Return the question with each placeholder as its own word, without the words of its type."""
    own = " ".join(index_word(placeholder) for placeholder in placeholders(text))
    return f"{bare_view(text)} {own}" if own else fulltext_view(text)
