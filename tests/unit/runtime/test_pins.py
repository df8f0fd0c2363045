"""The strict reading of manifests and locks."""

from __future__ import annotations

from pathlib import Path

import pytest

from secure_rag.errors import ArtifactError, FormatError
from secure_rag.resources import resource
from secure_rag.runtime.pins import (
    LockEntry,
    Model,
    ModelFile,
    read_lock,
    read_manifest,
    write_lock,
    write_manifest,
)
from tests.unit.runtime.conftest import file_entry, model_entry

DIGEST = "ab" * 32
GOOD = "format = 1\n" + model_entry("one", "generator", {"model.gguf": b"GGUF"})


def test_read_manifest_of_the_program_names_every_starter_role() -> None:
    manifest = read_manifest(resource("models/manifest.toml"))
    roles = {model.role for model in manifest.models}
    assert {"generator", "embedder", "ner"} <= roles
    wheels = {wheel.name for wheel in manifest.wheels}
    assert {model.wheel for model in manifest.models if model.wheel} <= wheels
    licences = {model.name: model.licence for model in manifest.models}
    for name in ("reader-minilm", "grounded-qa"):
        assert licences.pop(name) == "CC-BY-SA-4.0"
    assert set(licences.values()) == {"Apache-2.0"}


BROKEN = {
    "not TOML": "format = ",
    "unknown top key": GOOD.replace("format = 1", "format = 1\nsurprise = 2"),
    "unknown model key": GOOD.replace('licence = "', 'sha1 = "x"\nlicence = "'),
    "unknown file key": GOOD + 'url = "x"\n',
    "unknown role": GOOD.replace('"generator"', '"oracle"'),
    "name with a path": GOOD.replace('name = "one"', 'name = "../one"'),
    "hidden name": GOOD.replace('name = "one"', 'name = ".one"'),
    "file with a path": GOOD.replace('"model.gguf"', '"a/model.gguf"'),
    "file above": GOOD.replace('"model.gguf"', '".."'),
    "short digest": GOOD.replace(file_entry("model.gguf", b"GGUF")[-66:-2], "ab"),
    "negative size": GOOD.replace("size = 4", "size = -4"),
    "size true": GOOD.replace("size = 4", "size = true"),
    "size text": GOOD.replace("size = 4", 'size = "4"'),
    "no licence": GOOD.replace('licence = "Apache-2.0"\n', ""),
    "no files": GOOD.split("[[model.file]]")[0],
    "two of one name": GOOD + model_entry("one", "reader", {"a": b"a"}),
    "model is no table": "format = 1\nmodel = 3\n",
}


@pytest.mark.parametrize("case", BROKEN)
def test_read_manifest_broken_is_refused(case: str, tmp_path: Path) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text(BROKEN[case], "utf-8")
    with pytest.raises(ArtifactError) as caught:
        read_manifest(path)
    assert caught.value.exit_code == 5


@pytest.mark.parametrize("version", ["format = 2\n", ""])
def test_read_manifest_other_format_is_refused(version: str, tmp_path: Path) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text(GOOD.replace("format = 1\n", version), "utf-8")
    with pytest.raises(FormatError):
        read_manifest(path)


def test_write_manifest_reads_back_the_same(tmp_path: Path) -> None:
    model = Model(
        name="mine",
        role="generator",
        licence='quoted "so" \\ and\nmore',
        origin="tab\there",
        files=(ModelFile("model.gguf", 4, DIGEST),),
    )
    write_manifest(tmp_path / "added.toml", [model])
    assert read_manifest(tmp_path / "added.toml").models == (model,)


def test_write_lock_reads_back_the_same(tmp_path: Path) -> None:
    entries = {"all-minilm-l6-v2": LockEntry(DIGEST, "bert-int8/1", 5, DIGEST)}
    write_lock(tmp_path / "local.lock", entries)
    assert read_lock(tmp_path / "local.lock") == entries


@pytest.mark.parametrize(
    "text", ["format = 1\n[a]\nsize = 1\n", "format = 1\na = 3\n", "format = 1\n[a]\nsource = 1\n"]
)
def test_read_lock_broken_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "local.lock"
    path.write_text(text, "utf-8")
    with pytest.raises(ArtifactError):
        read_lock(path)


def test_model_digest_ignores_the_order_of_files_and_nothing_else() -> None:
    one, two = ModelFile("a", 1, "11" * 32), ModelFile("b", 1, "22" * 32)

    def digest(*files: ModelFile) -> str:
        return Model("m", "ner", "x", "y", files).digest

    assert digest(one, two) == digest(two, one)
    assert len({digest(one, two), digest(one), digest(one, ModelFile("c", 1, two.sha256))}) == 3
