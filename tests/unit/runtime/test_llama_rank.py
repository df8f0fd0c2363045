"""Rerankers through llama.cpp: a tiny one with random weights, for the mechanics."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from secure_rag.errors import ArtifactError
from secure_rag.runtime.llama_rank import LlamaReranker
from secure_rag.runtime.manifest import LocatedModel, sha256_of
from secure_rag.runtime.pins import Model, ModelFile
from tests.assets.rank_gguf import reranker_gguf

QUESTION = "who signs the lease"
TEXTS = ["the notice is thirty days", "lunch is noon", "the lease"]


def located(folder: Path, data: bytes) -> LocatedModel:
    """Pin a file as a reranker."""
    path = folder / "model.gguf"
    path.write_bytes(data)
    files = (ModelFile(path.name, len(data), sha256_of(path)),)
    return LocatedModel(Model("tiny", "reranker", "none", "made here", files), folder)


@pytest.fixture(scope="module")
def reranker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaReranker]:
    folder = tmp_path_factory.mktemp("reranker")
    with LlamaReranker(located(folder, reranker_gguf()), threads=1) as loaded:
        yield loaded


def test_score_gives_each_text_its_own_number_whatever_stands_beside_it(
    reranker: LlamaReranker,
) -> None:
    scores = reranker.score(QUESTION, TEXTS)
    assert len({round(score, 4) for score in scores}) == len(TEXTS)
    assert reranker.score(QUESTION, TEXTS[::-1])[::-1] == pytest.approx(scores, abs=1e-4)
    assert reranker.score(QUESTION, []) == []


def test_score_depends_on_the_question(reranker: LlamaReranker) -> None:
    first, second = (reranker.score(q, TEXTS[:1])[0] for q in (QUESTION, "lunch"))
    assert first != pytest.approx(second, abs=1e-3)


@pytest.mark.parametrize("text", ["", "notice " * 500, "\ud800\x00 lunch"])
def test_score_of_any_text_is_a_number(text: str, reranker: LlamaReranker) -> None:
    assert abs(reranker.score(text, [text])[0]) < 1e6


@pytest.mark.parametrize("pooling", [None, 1])
def test_model_that_does_not_say_rank_is_refused(tmp_path: Path, pooling: int | None) -> None:
    with pytest.raises(ArtifactError, match="no reranker") as caught:
        LlamaReranker(located(tmp_path, reranker_gguf(pooling=pooling)))
    assert caught.value.code == "model.load"


def test_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError):
        LlamaReranker(located(tmp_path, reranker_gguf()[:4000]))
