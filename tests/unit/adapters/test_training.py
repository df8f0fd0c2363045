"""A tiny model is trained, killed, goes on, is exported and served by llama.cpp."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from secure_rag.adapters import lora, training
from secure_rag.adapters.canaries import LIMIT, Canary, attack, make_canaries
from secure_rag.adapters.extra import require_extra
from secure_rag.adapters.likeness import check_likeness, likeness
from secure_rag.adapters.tokens import Tokens, batches, tokenise
from secure_rag.errors import ArtifactError
from secure_rag.runtime.engine import Tuning
from secure_rag.runtime.llama import LlamaEngine, LlamaModel
from tests.assets.gguf_files import tiny_model

PLAN = training.Plan("a key", 2, 0.02, 96, 3)
TINY = ("llama", "qwen2")


def rows() -> list[Tokens]:
    draw = random.Random(5)
    made = []
    for _ in range(24):
        ids = [draw.randrange(33, 120) for _ in range(draw.randint(8, 30))]
        made.append(Tokens((*ids, 65, 66, 67), len(ids)))
    return made


def tiny(folder: Path, architecture: str = "llama") -> Path:
    require_extra()
    return tiny_model(architecture).write(folder / f"{architecture}.gguf")


def weights_of(model: Any) -> dict[str, np.ndarray]:
    return {name: one.detach().numpy().copy() for name, one in lora.trained(model).items()}


@pytest.mark.parametrize("architecture", TINY)
def test_trained_adapter_gives_the_same_logits_in_llama_cpp(
    tmp_path: Path, architecture: str
) -> None:
    path = tiny(tmp_path, architecture)
    model = lora.load_base(path, rank=4, seed=1)
    data = rows()
    losses: list[float] = []
    training.train(model, data, PLAN, tmp_path / "run", on_step=lambda s: losses.append(s.loss))
    assert losses[-1] < losses[0] / 2
    file = tmp_path / "adapter.gguf"
    file.write_bytes(lora.adapter_bytes(model, architecture))
    lora.check_export(file, model)
    with (
        closing(LlamaModel(path, "tiny", file)) as with_it,
        closing(LlamaModel(path, "tiny")) as without_it,
        closing(LlamaEngine(with_it, 256, Tuning(1))) as adapted,
        closing(LlamaEngine(without_it, 256, Tuning(1))) as plain,
    ):
        found = likeness(model, adapted, plain, data[:3])
        check_likeness(found)
    # the tiny model is float32, so all that is left is float16 matrices and float16 keys
    assert found.whole < 0.01 < found.added


def test_training_that_was_killed_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    path, data = tiny(tmp_path), rows()
    whole = lora.load_base(path, rank=4, seed=1)
    training.train(whole, data, PLAN, tmp_path / "whole")
    killed = lora.load_base(path, rank=4, seed=1)
    training.train(killed, data, PLAN, tmp_path / "killed", stop_at=3)
    begun: list[int] = []
    again = lora.load_base(path, rank=4, seed=99)
    training.train(again, data, PLAN, tmp_path / "killed", on_step=lambda s: begun.append(s.done))
    assert begun[0] == 4
    expected, found = weights_of(whole), weights_of(again)
    assert expected.keys() == found.keys() and expected
    for name, weight in expected.items():
        assert np.array_equal(weight, found[name]), name
    assert not all(np.array_equal(w, weights_of(killed)[n]) for n, w in expected.items())


def test_shared_instruction_computed_once_gives_the_loss_and_gradients_of_each_row_alone(
    tmp_path: Path,
) -> None:
    instruction = tuple(range(40, 64))
    batch = [
        Tokens((*instruction, *one.ids), len(instruction) + one.answer_from) for one in rows()[:4]
    ]
    model = lora.load_base(tiny(tmp_path), rank=4, seed=1)
    # first steps from zero would leave half of the gradients zero
    training.train(model, rows(), PLAN, tmp_path, stop_at=3, keeps=False)
    found = {}
    for label, least in (("once", 16), ("each", 10**6)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(training, "_WORTH_SHARING", least)
            assert training._shared(batch) == (len(instruction) if least == 16 else 0)
            loss = training._loss(model, batch)
            loss.backward()
        found[label] = (
            float(loss.detach()),
            {name: one.grad.numpy().copy() for name, one in lora.trained(model).items()},
        )
        model.zero_grad()
    assert found["once"][0] == pytest.approx(found["each"][0], rel=1e-5)
    for name, gradient in found["each"][1].items():
        assert np.allclose(found["once"][1][name], gradient, rtol=1e-3, atol=1e-6), name
        assert np.abs(gradient).max() > 0, name


def test_checkpoint_of_another_task_is_not_used(tmp_path: Path) -> None:
    path, data = tiny(tmp_path), rows()
    training.train(lora.load_base(path, rank=4, seed=1), data, PLAN, tmp_path, stop_at=3)
    begun: list[int] = []
    other = training.Plan("another key", 2, 0.02, 96, 3)
    model = lora.load_base(path, rank=4, seed=1)
    training.train(model, data, other, tmp_path, on_step=lambda s: begun.append(s.done), stop_at=1)
    assert begun == [1]


def test_damaged_checkpoint_is_an_artifact_error(tmp_path: Path) -> None:
    path, data = tiny(tmp_path), rows()
    training.train(lora.load_base(path, rank=4, seed=1), data, PLAN, tmp_path, stop_at=2)
    checkpoint = tmp_path / training.CHECKPOINT
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(ArtifactError) as caught:
        training.train(lora.load_base(path, rank=4, seed=1), data, PLAN, tmp_path)
    assert caught.value.code == "adapter.checkpoint"


def test_export_of_an_architecture_with_other_tensors_is_refused(tmp_path: Path) -> None:
    model = lora.load_base(tiny(tmp_path), rank=2, seed=1)
    with pytest.raises(ArtifactError) as caught:
        lora.adapter_bytes(model, "mamba")
    assert caught.value.code == "adapter.base"


def test_file_that_transformers_cannot_read_is_an_artifact_error(tmp_path: Path) -> None:
    path = tiny(tmp_path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ArtifactError):
        lora.load_base(path, rank=2, seed=1)


def test_permuted_is_what_llama_cpp_s_converter_does() -> None:
    rows_of_two_heads = np.arange(8.0).reshape(8, 1)
    assert lora.permuted(rows_of_two_heads, 2)[:, 0].tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


@pytest.mark.parametrize("seed", range(5))
def test_batches_hold_every_example_once_and_no_more_than_fits(seed: int) -> None:
    lengths = [random.Random(seed * 100 + n).randint(1, 50) for n in range(40)]
    made = batches(lengths, most=60, seed=seed)
    assert sorted(one for batch in made for one in batch) == list(range(40))
    for batch in made:
        assert len(batch) == 1 or len(batch) * max(lengths[one] for one in batch) <= 60
    assert made == batches(lengths, most=60, seed=seed) != batches(lengths, most=60, seed=seed + 1)


def learned_by_heart(path: Path, folder: Path, canaries: list[Canary]) -> Path:
    """Train the tiny model on canaries until it has them by heart; return the adapter."""
    reading = LlamaModel(path, "tiny")
    examples = [one.example("") for one in canaries]
    shape: dict[str, Any] = {"first": reading.first, "max_tokens": 256}
    data = tokenise(examples, reading.template(), reading, **shape)
    reading.close()
    model = lora.load_base(path, rank=16, seed=1)
    training.train(model, data, training.Plan("heart", 150, 0.01, 512, 1), folder)
    file = folder / "heart.gguf"
    folder.mkdir(exist_ok=True)
    file.write_bytes(lora.adapter_bytes(model, "llama"))
    return file


def test_attack_gets_canaries_out_of_a_model_that_has_them_by_heart_and_of_no_other(
    tmp_path: Path,
) -> None:
    path, canaries = tiny(tmp_path), make_canaries(1, 3)
    file = learned_by_heart(path, tmp_path / "heart", canaries)
    results = {}
    for label, adapter in (("heart", file), ("plain", None)):
        served = LlamaModel(path, "tiny", adapter)
        engine = LlamaEngine(served, 256, Tuning(1))
        results[label] = attack(engine, served.template(), canaries, "", first=served.first)
        engine.close()
        served.close()
    assert results["heart"].extracted == 3 and not results["heart"].passed
    assert results["heart"].exposure_mean == pytest.approx(7.0, abs=0.05)
    assert results["plain"].extracted == 0
    assert results["plain"].exposure_mean < LIMIT < results["heart"].exposure_mean


def test_canaries_are_those_of_the_seed_and_not_shown() -> None:
    made = make_canaries(4)
    assert made == make_canaries(4) and make_canaries(5) != made
    assert len({one.word for one in made}) == len(made)
    assert all(one.code not in repr(one) for one in made)
