"""Adapters: records, pins, what may be served, and llama.cpp with one loaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from secure_rag.errors import (
    AdapterRefusedError,
    ArtifactError,
    DigestMismatchError,
    FormatError,
    ModelMissingError,
)
from secure_rag.runtime.adapters import (
    ADAPTER_FILE,
    RECORD_FILE,
    RETRAIN_FILE,
    AdapterRecord,
    Retrain,
    locate_adapter,
    mark_retrain,
    open_adapter,
    read_record,
    record_text,
)
from secure_rag.runtime.llama import LlamaGenerator
from secure_rag.runtime.manifest import LocatedModel, Models
from secure_rag.workspace import Workspace
from tests.assets.adapter_files import FAILED, lora_bytes, put_adapter, starter_record

QUESTION = [{"role": "user", "content": "What is the capital of France?"}]


def in_store(tmp_path: Path, record: AdapterRecord, data: bytes | None = None) -> Models:
    workspace = Workspace(tmp_path)
    put_adapter(workspace.models, record, lora_bytes() if data is None else data)
    return Models(workspace)


def test_record_is_read_back_whole(tmp_path: Path) -> None:
    record = starter_record(instruction='A "quote", a \\ and\na line, ä \x7f', canary=None)
    path = tmp_path / RECORD_FILE
    path.write_text(record_text(record), "utf-8")
    assert read_record(path) == record
    path.write_text(record_text(starter_record()), "utf-8")
    assert read_record(path) == starter_record()


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("rank = 2", "rank = 2\ncolour = 3", ArtifactError),
        ('kind = "grounded-qa"', 'kind = "poetry"', ArtifactError),
        ("examples = 20\n", "", ArtifactError),
        ("format = 1", "format = 2", FormatError),
        ("[canary]", "[canary", ArtifactError),
        ("planted = 8", "planted = 8\nlucky = 1", ArtifactError),
        ('sha256 = "0', 'sha256 = "z', ArtifactError),
    ],
)
def test_record_that_is_not_in_the_format_is_an_artifact_error(
    tmp_path: Path, old: str, new: str, error: type[ArtifactError]
) -> None:
    text = record_text(starter_record())
    assert text.count(old) == 1
    path = tmp_path / RECORD_FILE
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(error):
        read_record(path)


def test_adapter_changes_what_the_generator_writes_and_goes_with_it(
    tmp_path: Path, generator: LocatedModel
) -> None:
    models = in_store(tmp_path, starter_record(), lora_bytes(scale=0.2))
    found = open_adapter(models, "small", generator, answers=True)
    with LlamaGenerator(generator, context_tokens=128, threads=1) as plain:
        without = "".join(plain.generate(QUESTION, max_tokens=12))
    with LlamaGenerator(generator, context_tokens=128, threads=1, adapter=found) as adapted:
        assert adapted.adapter_digest == found.digest
        assert "".join(adapted.generate(QUESTION, max_tokens=12)) != without
    with LlamaGenerator(generator, context_tokens=128, threads=1) as plain:
        assert plain.adapter_digest == ""
        assert "".join(plain.generate(QUESTION, max_tokens=12)) == without


@pytest.mark.parametrize("name", [ADAPTER_FILE, RECORD_FILE, "README.md"])
def test_adapter_with_a_flipped_bit_is_a_digest_mismatch(
    tmp_path: Path, generator: LocatedModel, name: str
) -> None:
    models = in_store(tmp_path, starter_record())
    path = tmp_path / "models" / "small" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    with pytest.raises(DigestMismatchError):
        open_adapter(models, "small", generator, unsafe=True)


def test_adapter_of_other_weights_is_refused(tmp_path: Path, generator: LocatedModel) -> None:
    models = in_store(tmp_path, starter_record(base_digest="a" * 64))
    with pytest.raises(ArtifactError) as caught:
        open_adapter(models, "small", generator, unsafe=True)
    assert caught.value.code == "adapter.base"


def test_adapter_whose_record_is_of_another_file_is_refused(tmp_path: Path) -> None:
    record = starter_record()
    models = in_store(tmp_path, record)
    put_adapter(tmp_path / "models", replace(record, name="other"), lora_bytes(seed=4))
    folder = tmp_path / "models"
    text = (folder / "other" / RECORD_FILE).read_text("utf-8")
    pins = (folder / "added.toml").read_text("utf-8")
    # the record of one beside the matrices of the other, both pinned
    swapped = text.replace('name = "other"', 'name = "small"')
    (folder / "small" / RECORD_FILE).write_text(swapped, "utf-8")
    from secure_rag.runtime.manifest import sha256_of

    before = [line for line in pins.splitlines() if line.startswith("sha256")][1]
    now = f'sha256 = "{sha256_of(folder / "small" / RECORD_FILE)}"'
    size = (folder / "small" / RECORD_FILE).stat().st_size
    lines = pins.replace(before, now).splitlines()
    at = lines.index(now)
    lines[at - 1] = f"size = {size}"
    (folder / "added.toml").write_text("\n".join(lines), "utf-8")
    with pytest.raises(ArtifactError) as caught:
        locate_adapter(models, "small")
    assert caught.value.code == "adapter.record"


@pytest.mark.parametrize(
    "data",
    [
        b"GGUF" + bytes(60),
        lora_bytes().replace(b"adapter.type", b"adapter.kind"),
        lora_bytes()[:-64],
    ],
    ids=["no header", "no lora", "cut"],
)
def test_adapter_file_that_is_none_is_an_artifact_error(
    tmp_path: Path, generator: LocatedModel, data: bytes
) -> None:
    models = in_store(tmp_path, starter_record(), data)
    with pytest.raises(ArtifactError) as caught:
        open_adapter(models, "small", generator)
    assert caught.value.code == "adapter.file"


def test_adapter_of_another_shape_does_not_load(tmp_path: Path, generator: LocatedModel) -> None:
    models = in_store(tmp_path, starter_record(), lora_bytes(width=320))
    found = open_adapter(models, "small", generator)
    with pytest.raises(ArtifactError) as caught:
        LlamaGenerator(generator, context_tokens=128, threads=1, adapter=found)
    assert caught.value.code == "adapter.load"


@pytest.mark.parametrize(
    "canary",
    [
        None,
        FAILED,
        replace(FAILED, extracted=0, exposure_mean=6.01),
        replace(FAILED, planted=0, extracted=0),
    ],
    ids=["none", "extracted", "exposed", "nothing planted"],
)
def test_adapter_that_may_leak_is_refused_unless_unsafe(
    tmp_path: Path, generator: LocatedModel, canary: object
) -> None:
    models = in_store(tmp_path, starter_record(canary=canary))
    with pytest.raises(AdapterRefusedError) as caught:
        open_adapter(models, "small", generator)
    assert caught.value.code == "adapter.canaries"
    assert not open_adapter(models, "small", generator, unsafe=True).is_servable


def test_adapter_that_must_be_retrained_is_refused_and_reasons_add_up(
    tmp_path: Path, generator: LocatedModel
) -> None:
    models = in_store(tmp_path, starter_record())
    folder = tmp_path / "models" / "small"
    assert open_adapter(models, "small", generator).is_servable
    mark_retrain(folder, [Retrain("document", "DOC1")])
    mark_retrain(folder, [Retrain("subject", "PERSON_A"), Retrain("document", "DOC1")])
    with pytest.raises(AdapterRefusedError) as caught:
        open_adapter(models, "small", generator)
    assert caught.value.code == "adapter.retrain"
    found = open_adapter(models, "small", generator, unsafe=True)
    assert found.retrain == (Retrain("document", "DOC1"), Retrain("subject", "PERSON_A"))
    (folder / RETRAIN_FILE).write_text("format = 1\nerased = 3\n")
    with pytest.raises(ArtifactError):
        open_adapter(models, "small", generator)


@pytest.mark.parametrize("kind", ["format", "classify"])
def test_adapter_for_another_job_does_not_answer(
    tmp_path: Path, generator: LocatedModel, kind: str
) -> None:
    models = in_store(tmp_path, starter_record(kind=kind))
    assert open_adapter(models, "small", generator).record.kind == kind
    with pytest.raises(ArtifactError) as caught:
        open_adapter(models, "small", generator, answers=True)
    assert caught.value.code == "adapter.kind"


def test_adapter_that_nobody_pinned_is_missing(generator: LocatedModel) -> None:
    with pytest.raises(ModelMissingError):
        open_adapter(Models(), "no-such-adapter", generator)


def test_pinned_digests_names_an_adapter_only_where_one_is_in_use(tmp_path: Path) -> None:
    models = in_store(tmp_path, starter_record())
    assert "adapter" not in models.pinned_digests()
    found = locate_adapter(models, "small")
    assert models.pinned_digests({"adapter": "small"})["adapter"] == found.digest
