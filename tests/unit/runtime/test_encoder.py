"""Tokens with offsets, batches and pooling of the real embedder."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from secure_rag.errors import ArtifactError, DigestMismatchError
from secure_rag.runtime.encoder import Encoder, open_session
from secure_rag.runtime.manifest import LocatedModel, Models, sha256_of
from secure_rag.runtime.pins import Model, ModelFile

TEXTS = (
    "The notice period is three months.",
    "How long is the notice period?",
    "Bananas are yellow.",
    "",
    "One more sentence, somewhat longer than the others, so that a batch needs padding.",
)


@pytest.fixture(scope="module")
def encoder(embedder: LocatedModel) -> Encoder:
    return Encoder(embedder)


@pytest.mark.parametrize(
    "text",
    [
        "Plain words.",
        "Zoë's naïve café – «ça va»",
        "x\u200by e\u0301",
        "中文 and 🙂 emoji",
        " \t\n",
        "",
    ],
    ids=["plain", "accents", "combining", "wide", "blank", "empty"],
)
def test_tokenize_offsets_are_code_points_of_the_text(text: str, encoder: Encoder) -> None:
    tokens = encoder.tokenize(text)
    assert len(tokens.ids) == len(tokens.offsets) == len(tokens) == encoder.count_tokens(text)
    previous = 0
    for start, end in tokens.offsets:
        assert previous <= start <= end <= len(text)
        previous = start
    covered = {index for start, end in tokens.offsets for index in range(start, end)}
    assert all(index in covered for index, character in enumerate(text) if character.isalpha())


def test_tokenize_long_text_is_not_cut(encoder: Encoder) -> None:
    tokens = encoder.tokenize("word " * 5000)
    assert len(tokens) == 5000
    assert tokens.offsets[-1] == (24995, 24999)


def test_tokens_repr_does_not_show_them(encoder: Encoder) -> None:
    assert repr(encoder.tokenize("secret")) == "Tokens()"


def test_run_has_one_row_per_token_in_the_order_given(encoder: Encoder) -> None:
    sequences = [encoder.tokenize(text).ids for text in TEXTS]
    rows = encoder.run(sequences)
    assert [row.shape for row in rows] == [(len(ids), encoder.width) for ids in sequences]
    assert rows[0].dtype == np.float32


def test_run_batch_size_changes_nothing(encoder: Encoder) -> None:
    sequences = [encoder.tokenize(text).ids for text in TEXTS]
    together = encoder.run(sequences)
    apart = encoder.run(sequences, batch_tokens=1)
    for one, two in zip(together, apart, strict=True):
        assert np.abs(one - two).max(initial=0) < 1e-3


def test_run_again_gives_the_same_bytes(encoder: Encoder, embedder: LocatedModel) -> None:
    sequences = [encoder.tokenize(text).ids for text in TEXTS]
    again = Encoder(embedder).mean(sequences)
    assert encoder.mean(sequences).tobytes() == again.tobytes()


def test_run_longest_sequence_fits_and_one_more_does_not(encoder: Encoder) -> None:
    ids = encoder.tokenize("word " * 511).ids
    assert encoder.run([ids[:510]])[0].shape[0] == 510
    with pytest.raises(ValueError, match="510"):
        encoder.run([ids])


def test_mean_related_sentences_are_nearer(encoder: Encoder) -> None:
    means = encoder.mean([encoder.tokenize(text).ids for text in TEXTS[:3]])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    assert means[0] @ means[1] > 0.7
    assert means[0] @ means[2] < 0.3


def test_mean_of_nothing_is_empty(encoder: Encoder) -> None:
    assert encoder.mean([]).shape == (0, encoder.width)
    assert encoder.run([]) == []


def _copy(located: LocatedModel, folder: Path) -> LocatedModel:
    shutil.copytree(located.folder, folder, ignore=lambda *_: ["model.safetensors"])
    return LocatedModel(located.model, folder)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "config.json"])
def test_encoder_file_changed_after_location_is_refused(
    name: str, embedder: LocatedModel, tmp_path: Path
) -> None:
    copy = _copy(embedder, tmp_path / "model")
    content = bytearray((copy.folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy.folder / name).write_bytes(content)
    with pytest.raises(DigestMismatchError):
        Encoder(copy)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "config.json"])
def test_encoder_pinned_rubbish_is_an_artifact_error(
    name: str, embedder: LocatedModel, tmp_path: Path
) -> None:
    copy = _copy(embedder, tmp_path / "model")
    (copy.folder / name).write_bytes(b"\x08\x07 rubbish")
    files = tuple(
        ModelFile(file.name, path.stat().st_size, sha256_of(path))
        for file in copy.model.files
        for path in (copy.folder / file.name,)
    )
    model = Model("rubbish", "embedder", "x", "y", files)
    with pytest.raises(ArtifactError) as caught:
        Encoder(LocatedModel(model, copy.folder))
    assert caught.value.code == "model.load"


QUESTION = "How long is the notice period?"


@pytest.fixture(scope="module")
def reader() -> Encoder:
    return Encoder(Models().locate("reader"))


def pairs_of(encoder: Encoder) -> list[tuple[list[int], list[int]]]:
    asked = encoder.tokenize(QUESTION).ids
    return [(asked, encoder.tokenize(text).ids) for text in TEXTS]


def test_run_pairs_has_the_cls_row_and_one_per_passage_token(reader: Encoder) -> None:
    pairs = pairs_of(reader)
    rows = reader.run_pairs(pairs)
    assert [row.shape for row in rows] == [(1 + len(passage), 3) for _, passage in pairs]


def test_run_pairs_row_does_not_depend_on_its_batch(reader: Encoder) -> None:
    pairs = pairs_of(reader)
    together = reader.run_pairs(pairs)
    for pair, row in zip(pairs, together, strict=True):
        assert np.abs(reader.run_pairs([pair])[0] - row).max() < 1e-3


def test_run_pairs_rows_are_those_of_the_passage(reader: Encoder) -> None:
    (asked, passage), *_ = pairs_of(reader)
    ids = np.array([[101, *asked, 102, *passage, 102]])
    types = np.array([[0] * (len(asked) + 2) + [1] * (len(passage) + 1)])
    feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": types}
    graph = Models().locate("reader").path(".onnx").read_bytes()
    whole = open_session(graph).run(None, feed)[0][0]
    expected = np.concatenate([whole[:1], whole[len(asked) + 2 : -1]])
    assert np.array_equal(reader.run_pairs([(asked, passage)])[0], expected)


def test_run_pairs_segments_matter(reader: Encoder) -> None:
    (asked, passage), *_ = pairs_of(reader)
    plain = reader.run([[*asked, 102, *passage]])[0][len(asked) + 1 :]
    assert np.abs(plain - reader.run_pairs([(asked, passage)])[0][1:]).max() > 1e-2


def test_run_pairs_longest_pair_fits_and_one_more_does_not(reader: Encoder) -> None:
    asked = reader.tokenize(QUESTION).ids
    room = reader.max_tokens - len(asked) - 3
    assert reader.run_pairs([(asked, [2023] * room)])[0].shape == (room + 1, 3)
    with pytest.raises(ValueError, match="more than"):
        reader.run_pairs([(asked, [2023] * (room + 1))])


def test_run_pairs_of_a_model_without_segments_is_refused(encoder: Encoder) -> None:
    with pytest.raises(ValueError, match="no pairs"):
        encoder.run_pairs([([2129], [2023])])


def test_run_pairs_reader_finds_an_answer_that_stands_there(reader: Encoder) -> None:
    passage = "The lease began in May. The notice period is three months. Rent is due monthly."
    tokens = reader.tokenize(passage)
    rows = reader.run_pairs([(reader.tokenize(QUESTION).ids, tokens.ids)])[0][1:]
    start, end = int(rows[:, 0].argmax()), int(rows[:, 1].argmax())
    found = passage[tokens.offsets[start][0] : tokens.offsets[end][1]]
    assert found == "three months"
