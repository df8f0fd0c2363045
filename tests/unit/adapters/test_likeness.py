"""What is wrong with an export is refused, one fault after the other; what is right is not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from secure_rag.adapters import lora, training
from secure_rag.adapters.likeness import Likeness, check_likeness, likeness
from secure_rag.errors import ArtifactError, DigestMismatchError
from secure_rag.runtime.engine import Tuning
from secure_rag.runtime.gguf_writer import gguf_bytes
from secure_rag.runtime.llama import LlamaEngine, LlamaModel
from secure_rag.runtime.manifest import LocatedModel
from secure_rag.runtime.pins import Model, ModelFile
from tests.assets.gguf_files import tiny_model
from tests.unit.adapters.test_training import PLAN, rows, tiny

Tensors = dict[str, np.ndarray]
ALPHA = 8.0
HEADS = {"attn_q": 4, "attn_k": 2}


@dataclass(frozen=True)
class Trained:
    """A tiny model that was trained, and the right export."""

    base: Path
    model: Any
    right: Tensors
    folder: Path

    def file(self, tensors: Tensors, alpha: float = ALPHA) -> Path:
        values: dict[str, str | int | float] = {
            "general.architecture": "llama",
            "general.type": "adapter",
            "adapter.type": "lora",
            "adapter.lora.alpha": alpha,
        }
        path = self.folder / "adapter.gguf"
        path.write_bytes(gguf_bytes(values, tensors))
        return path

    def compared(self, adapter: Path | None) -> Likeness:
        with (
            closing(LlamaModel(self.base, "tiny", adapter)) as one,
            closing(LlamaModel(self.base, "tiny")) as other,
            closing(LlamaEngine(one, 256, Tuning(1))) as adapted,
            closing(LlamaEngine(other, 256, Tuning(1))) as plain,
        ):
            return likeness(self.model, adapted, plain, rows()[:3])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    folder = tmp_path_factory.mktemp("likeness")
    base = tiny(folder)
    model = lora.load_base(base, rank=4, seed=1)
    training.train(model, rows(), PLAN, folder, keeps=False)
    yield Trained(base, model, dict(lora._tensors(model, "llama")), folder)


def refused(found: Likeness) -> None:
    with pytest.raises(ArtifactError) as caught:
        check_likeness(found)
    assert caught.value.code == "adapter.export"


def part_of(name: str) -> str:
    return name.split(".")[2]


def test_right_export_shows_the_whole_of_every_part(trained: Trained) -> None:
    found = trained.compared(trained.file(trained.right))
    check_likeness(found)
    assert set(found.shares) == {"whole", *lora.PARTS}
    assert all(abs(share - 1) < 0.05 for share in found.shares.values()), found.shares
    assert found.apart < 0.01 < found.added


@pytest.mark.parametrize("part", lora.PARTS)
def test_export_without_a_part_is_refused_for_that_part(trained: Trained, part: str) -> None:
    kept = {name: one for name, one in trained.right.items() if part_of(name) != part}
    found = trained.compared(trained.file(kept))
    refused(found)
    assert abs(found.shares[part]) < 0.1
    # the smaller of the two rules is enough by itself: however large the rounding
    refused(replace(found, rounding=10.0))


@pytest.mark.parametrize("part", HEADS)
def test_export_with_the_rows_of_a_part_in_another_order_is_refused(
    trained: Trained, part: str
) -> None:
    def in_torch_s_order(name: str, matrix: np.ndarray) -> np.ndarray:
        if part_of(name) != part or not name.endswith("lora_b"):
            return matrix
        heads, (rows_, columns) = HEADS[part], matrix.shape
        halves = matrix.reshape(heads, rows_ // heads // 2, 2, columns)
        return halves.swapaxes(1, 2).reshape(rows_, columns)

    turned = {name: in_torch_s_order(name, one) for name, one in trained.right.items()}
    found = trained.compared(trained.file(turned))
    refused(found)
    refused(replace(found, rounding=10.0))


@pytest.mark.parametrize("factor", [0.5, 0.75, 1.3, 2.0])
def test_export_of_another_scale_is_refused(trained: Trained, factor: float) -> None:
    found = trained.compared(trained.file(trained.right, ALPHA * factor))
    refused(found)
    refused(replace(found, rounding=10.0))


def test_file_that_adds_nothing_is_refused(trained: Trained) -> None:
    found = trained.compared(None)
    assert found.shares["whole"] == pytest.approx(0, abs=0.01)
    refused(found)


def test_difference_beyond_rounding_is_refused_even_if_every_part_shows(trained: Trained) -> None:
    found = trained.compared(trained.file(trained.right))
    check_likeness(replace(found, apart=found.allowed))
    refused(replace(found, apart=found.allowed * 1.01))
    refused(replace(found, apart=float("nan")))


def test_adapter_whose_gain_is_lost_in_rounding_is_refused_with_what_to_do(
    trained: Trained,
) -> None:
    found = trained.compared(trained.file(trained.right))
    with pytest.raises(ArtifactError) as caught:
        check_likeness(replace(found, shares={}))
    assert "rate" in (caught.value.hint or "")


def test_model_left_without_a_part_has_it_back_afterwards(trained: Trained) -> None:
    layers = [one for _, one in trained.model.named_modules() if hasattr(one, "lora_A")]
    before = [layer.scaling["default"] for layer in layers]
    with pytest.raises(KeyboardInterrupt), lora.without(trained.model, ("attn_q",)):
        left = [layer.scaling["default"] for layer in layers]
        assert left.count(0.0) == 2  # one of each layer
        raise KeyboardInterrupt
    assert [layer.scaling["default"] for layer in layers] == before


ONE = "blk.1.ffn_down.weight"
FAULTS: dict[str, Callable[[Tensors], Tensors]] = {
    "a pair is missing": lambda t: {n: one for n, one in t.items() if not n.startswith(ONE)},
    "half of a pair is missing": lambda t: {n: v for n, v in t.items() if n != f"{ONE}.lora_a"},
    "one too many": lambda t: {**t, "blk.2.ffn_down.weight.lora_a": t[f"{ONE}.lora_a"]},
    "another name": lambda t: {n.replace("blk.1", "blk.7"): one for n, one in t.items()},
    "another shape": lambda t: {**t, f"{ONE}.lora_a": t[f"{ONE}.lora_a"].T.copy()},
    "all zero": lambda t: {**t, f"{ONE}.lora_b": t[f"{ONE}.lora_b"] * 0},
    "twice as large": lambda t: {**t, f"{ONE}.lora_b": t[f"{ONE}.lora_b"] * 2},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_file_that_does_not_hold_every_matrix_is_refused(trained: Trained, fault: str) -> None:
    lora.check_export(trained.file(trained.right), trained.model)
    with pytest.raises(ArtifactError) as caught:
        lora.check_export(trained.file(FAULTS[fault](trained.right)), trained.model)
    assert caught.value.code == "adapter.export"


def test_file_of_another_alpha_is_refused(trained: Trained) -> None:
    with pytest.raises(ArtifactError):
        lora.check_export(trained.file(trained.right, ALPHA * 2), trained.model)


def located(folder: Path) -> LocatedModel:
    """Return a tiny model with a pin."""
    data = tiny(folder / "tiny").read_bytes()
    pin = ModelFile("llama.gguf", len(data), hashlib.sha256(data).hexdigest())
    return LocatedModel(Model("tiny", "generator", "", "a test", (pin,)), folder / "tiny")


def test_base_that_is_trained_on_is_the_file_that_was_hashed(tmp_path: Path) -> None:
    base = located(tmp_path)
    base.checked(".gguf")
    wanted = lora.load_base(base.path(".gguf"), rank=2, seed=1)
    # another model stands at the path now, and a configuration that asks for other things
    other = tiny_model("llama")
    other.tensors = {name: one + 1 for name, one in other.tensors.items()}
    other.write(tmp_path / "other.gguf").rename(base.path(".gguf"))
    (base.folder / "adapter_config.json").write_text("{}")
    found = lora.load_checked(base, rank=2, seed=1)
    for (name, one), (_, expected) in zip(
        found.named_parameters(), wanted.named_parameters(), strict=True
    ):
        assert np.array_equal(one.detach().numpy(), expected.detach().numpy()), name


def test_base_that_somebody_writes_into_is_not_trained_on(tmp_path: Path) -> None:
    base = located(tmp_path)
    base.checked(".gguf")
    with base.path(".gguf").open("r+b") as file:
        file.seek(-4, 2)
        file.write(b"\1\2\3\4")
    with pytest.raises(DigestMismatchError):
        lora.load_checked(base, rank=2, seed=1)
