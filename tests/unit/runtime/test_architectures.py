"""Any GGUF: models of four architectures with random weights, for mechanics only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from secure_rag.errors import ArtifactError
from secure_rag.runtime.engine import DraftCost, Tuning
from secure_rag.runtime.llama import LlamaGenerator
from secure_rag.runtime.manifest import LocatedModel, sha256_of
from secure_rag.runtime.pins import Model, ModelFile
from secure_rag.runtime.tuning import TUNING_CONTEXT, tune
from tests.assets.gguf_files import (
    CHATML_TEMPLATE,
    NO_SYSTEM_TEMPLATE,
    GgufFile,
    changed,
    tiny_model,
)

TEMPLATES = {
    "llama": CHATML_TEMPLATE,
    "qwen2": None,
    "gemma": NO_SYSTEM_TEMPLATE,
    "mamba": CHATML_TEMPLATE,
}
SYSTEM = {"role": "system", "content": "Rules of the thing."}
QUESTION = {"role": "user", "content": "the thing in the thing in the thing"}
OTHER = {"role": "user", "content": "other"}
EAGER = DraftCost(0.0, 0.01)


def located(file: GgufFile, folder: Path) -> LocatedModel:
    path = file.write(folder / "model.gguf")
    pinned = ModelFile("model.gguf", path.stat().st_size, sha256_of(path))
    return LocatedModel(Model("tiny", "generator", "x", "y", (pinned,)), folder)


@pytest.fixture(scope="module", params=TEMPLATES)
def tiny(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LlamaGenerator]:
    file = tiny_model(request.param, template=TEMPLATES[request.param])
    folder = tmp_path_factory.mktemp(request.param)
    tuning = Tuning(1, drafts=EAGER)
    with LlamaGenerator(
        located(file, folder), context_tokens=256, threads=1, tuning=tuning
    ) as loaded:
        yield loaded


def written(tiny: LlamaGenerator, *messages: dict[str, str], max_tokens: int = 30) -> str:
    return "".join(tiny.generate(messages, max_tokens=max_tokens))


def test_generate_again_and_after_others_is_the_same(tiny: LlamaGenerator) -> None:
    first = written(tiny, SYSTEM, QUESTION)
    assert written(tiny, SYSTEM, QUESTION) == first
    written(tiny, OTHER)
    assert written(tiny, SYSTEM, QUESTION) == first
    assert tiny.stats.generated_tokens > 0


def test_generate_with_drafts_is_what_it_is_without(tiny: LlamaGenerator) -> None:
    with_drafts = written(tiny, SYSTEM, QUESTION, max_tokens=60)
    cost, tiny.draft_cost = tiny.draft_cost, None
    try:
        assert written(tiny, SYSTEM, QUESTION, max_tokens=60) == with_drafts
    finally:
        tiny.draft_cost = cost


def test_generate_quoting_writes_nothing_invented(tiny: LlamaGenerator) -> None:
    pieces = tiny.generate_quoting(
        [SYSTEM, QUESTION], max_tokens=60, quotable=["the thing in the thing"]
    )
    assert isinstance("".join(pieces), str)


def test_template_without_system_role_gets_the_rules(tiny: LlamaGenerator) -> None:
    both = tiny.count_prompt([SYSTEM, QUESTION])
    assert both > tiny.count_prompt([QUESTION]) + 10


def test_tune_runs_on_a_real_engine(tiny: LlamaGenerator) -> None:
    tuned = tune(lambda tuning: tiny.another(TUNING_CONTEXT, tuning), cores=1, budget_s=1.0)
    assert tuned.best.answer_per_s > 0


Change = Callable[[GgufFile], GgufFile]
UNLOADABLE: dict[str, tuple[Change, str]] = {
    "template that is no Jinja": (
        lambda file: changed(file, {"tokenizer.chat_template": "{% for %}"}),
        "model.template",
    ),
    "template that is too long": (
        lambda file: changed(file, {"tokenizer.chat_template": "x" * 70_000}),
        "model.template",
    ),
    "unknown architecture": (
        lambda file: changed(file, {"general.architecture": "nobody"}),
        "model.load",
    ),
    "missing tensor": (
        lambda file: GgufFile(
            file.values, {k: v for k, v in file.tensors.items() if k != "output_norm.weight"}
        ),
        "model.load",
    ),
    "2^62 layers": (lambda file: changed(file, {"llama.block_count": 1 << 62}), "model.load"),
    "encoder": (lambda file: changed(file, {"llama.pooling_type": 1}), "model.kind"),
}


@pytest.mark.parametrize("name", UNLOADABLE)
def test_generator_model_that_cannot_be_used_is_an_artifact_error(
    name: str, tmp_path: Path
) -> None:
    change, code = UNLOADABLE[name]
    with pytest.raises(ArtifactError) as caught:
        LlamaGenerator(
            located(change(tiny_model("llama")), tmp_path), context_tokens=256, threads=1
        )
    assert caught.value.code == code
    assert caught.value.exit_code == 5
    assert "fetch" not in (caught.value.hint or "")
    assert caught.value.hint or code != "model.load"
