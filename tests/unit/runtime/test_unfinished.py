"""What a run that was killed leaves in a model store, and what of it the next one removes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from secure_rag.errors import InputError
from secure_rag.runtime.add import add_gguf
from secure_rag.runtime.bundle import located_for_bundle, write_bundle
from secure_rag.runtime.manifest import Models
from tests.assets.gguf_files import tiny_model
from tests.conftest import ROOT

GGUF = tiny_model("llama").to_bytes()
_PROGRAM = """
import os, shutil, signal, sys, tarfile
from pathlib import Path
from secure_rag.runtime.add import add_gguf
from secure_rag.runtime.bundle import add_bundle, located_for_bundle, write_bundle
from secure_rag.runtime.fetch import fetch
from secure_rag.runtime.manifest import Models

act, file, store = sys.argv[1], *map(Path, sys.argv[2:])

def wait(*_arguments):
    print("here", flush=True)
    sys.stdin.read()

if act == "add":
    shutil.copyfileobj = wait
    add_gguf(file, store, Models(), name="mine")
elif act == "unpack":
    add_bundle(file.with_suffix(".bundle"), store, Models(), say=wait)
elif act == "fetch":
    fetch(Models().manifest, store, say=wait)
else:
    tarfile.TarFile.addfile = wait
    write_bundle(file.with_suffix(".out"), located_for_bundle(Models(), ["packed"]), Models())
"""
Start = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store, the machine's own."""
    monkeypatch.setenv("SECURE_RAG_MODELS", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.fixture
def gguf(tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A GGUF file, and beside it a bundle that holds it."""
    path = tmp_path / "tiny.gguf"
    path.write_bytes(GGUF)
    with monkeypatch.context() as there:
        there.setenv("SECURE_RAG_MODELS", str(tmp_path / "there"))
        add_gguf(path, tmp_path / "there", Models(), name="packed")
        packed = located_for_bundle(Models(), ["packed"])
        write_bundle(path.with_suffix(".bundle"), packed, Models())
    return path


@pytest.fixture
def start(gguf: Path, store: Path) -> Iterator[Start]:
    """Return a function that starts an act in a process, which waits in the middle of it."""
    running: list[subprocess.Popen[str]] = []

    def begin(act: str) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, act, str(gguf), str(store)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(child)
        assert child.stdout is not None and child.stdout.readline() == "here\n"
        return child

    yield begin
    for child in running:
        child.kill()
        child.communicate()


def names(store: Path) -> list[str]:
    return sorted(str(path.relative_to(store)) for path in store.rglob("*"))


OTHER = ["added.toml", "other", "other/model.gguf"]


@pytest.mark.parametrize("act", ["add", "unpack", "fetch"])
def test_what_a_killed_run_left_goes_with_the_next_model_and_not_before(
    act: str, start: Start, gguf: Path, store: Path
) -> None:
    child = start(act)
    there = names(store)
    add_gguf(gguf, store, Models(), name="other")
    assert there and names(store) == sorted([*there, *OTHER]), "its run goes on"
    child.terminate()
    child.wait()
    assert names(store) == sorted([*there, *OTHER])
    add_gguf(gguf, store, Models(), name="other")
    assert names(store) == OTHER


def test_two_runs_do_not_write_one_model(start: Start, gguf: Path, store: Path) -> None:
    start("add")
    with pytest.raises(InputError, match="another run"):
        add_gguf(gguf, store, Models(), name="mine")
    assert names(store) == ["mine", "mine/model.gguf.part"]


def test_bundle_that_was_killed_is_no_file_and_is_packed_by_the_same_command(
    start: Start, gguf: Path, store: Path
) -> None:
    add_gguf(gguf, store, Models(), name="packed")
    child = start("pack")
    child.terminate()
    child.wait()
    target = gguf.with_suffix(".out")
    assert not target.exists()
    write_bundle(target, located_for_bundle(Models(), ["packed"]), Models())
    assert target.read_bytes() == gguf.with_suffix(".bundle").read_bytes()
    assert list(target.parent.glob("*.part")) == []
