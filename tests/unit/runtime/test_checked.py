"""What was hashed is what is loaded: files that change between the check and the loading."""

from __future__ import annotations

import gc
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from secure_rag.errors import ArtifactError, DigestMismatchError, ModelMissingError
from secure_rag.runtime.checked import open_checked
from secure_rag.runtime.encoder import Encoder
from secure_rag.runtime.engine import Tuning
from secure_rag.runtime.llama import LlamaGenerator
from secure_rag.runtime.llama_rank import LlamaReranker
from secure_rag.runtime.manifest import LocatedModel, Models, sha256_of
from secure_rag.runtime.pins import Model, ModelFile
from tests.assets.gguf_files import changed, tiny_model
from tests.assets.rank_gguf import reranker_gguf
from tests.conftest import ROOT
from tests.unit.runtime.conftest import model_entry

GOOD = tiny_model("llama").to_bytes()
OTHER = tiny_model("llama", template="{{ messages[0].content }} other").to_bytes()
RANK, OTHER_RANK = reranker_gguf(), reranker_gguf(seed=6)
ASKED = [{"role": "user", "content": "the thing in the thing"}]


@pytest.fixture
def pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., LocatedModel]:
    """Put a file into a store of its own and locate it, as every command does."""
    monkeypatch.setenv("SECURE_RAG_MODELS", str(tmp_path))

    def put(content: bytes, role: str = "generator") -> LocatedModel:
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "model.gguf").write_bytes(content)
        entry = model_entry("mine", role, {"model.gguf": content})
        (tmp_path / "added.toml").write_text(f"format = 1\n{entry}", "utf-8")
        return Models().locate(role, "mine")

    return put


def exchange(path: Path, content: bytes) -> None:
    """Put another file under the path; the old one lives on where it is open."""
    new = path.with_name("new")
    new.write_bytes(content)
    os.replace(new, path)


def link(path: Path, _: bytes) -> None:
    """Give the file a second name: its times change, its bytes do not."""
    path.with_name("second").hardlink_to(path)


def remove(path: Path, _: bytes) -> None:
    path.unlink()


def written(located: LocatedModel) -> str:
    with LlamaGenerator(located, context_tokens=128, threads=1, tuning=Tuning(1)) as loaded:
        return "".join(loaded.generate(ASKED, max_tokens=24))


@pytest.mark.parametrize("act", [exchange, remove, link], ids=lambda act: act.__name__)
def test_generator_whose_path_was_taken_is_the_one_that_was_checked(pinned, act) -> None:
    located = pinned(GOOD)
    expected = written(located)
    act(located.path(".gguf"), OTHER)
    assert written(located) == expected


def test_generator_of_the_other_file_writes_something_else(tmp_path: Path) -> None:
    """The control: had the exchanged file been loaded, the test above would see it."""
    texts = set()
    for name, content in (("good", GOOD), ("other", OTHER)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.gguf").write_bytes(content)
        pin = ModelFile("model.gguf", len(content), hashlib.sha256(content).hexdigest())
        model = Model(name, "generator", "x", "y", (pin,))
        texts.add(written(LocatedModel(model, tmp_path / name)))
    assert len(texts) == 2


@pytest.mark.parametrize("role", ["generator", "reranker"])
def test_model_that_is_written_into_while_it_is_open_is_refused(pinned, role) -> None:
    content, other = (GOOD, OTHER) if role == "generator" else (RANK, OTHER_RANK)
    located = pinned(content, role)
    with located.path(".gguf").open("r+b") as file:
        file.seek(len(content) - 4)
        file.write(other[-4:] if other[-4:] != content[-4:] else b"\1\2\3\4")
    with pytest.raises(DigestMismatchError) as caught:
        written(located) if role == "generator" else LlamaReranker(located)
    assert "changed while it was loaded" in caught.value.message


def test_reranker_whose_path_was_taken_is_the_one_that_was_checked(pinned) -> None:
    located = pinned(RANK, "reranker")
    with LlamaReranker(located, threads=1) as loaded:
        expected = loaded.score("who signs", ["the lease"])
    exchange(located.path(".gguf"), OTHER_RANK)
    with LlamaReranker(located, threads=1) as loaded:
        assert loaded.score("who signs", ["the lease"]) == expected
    with pytest.raises(DigestMismatchError):
        Models().locate("reranker", "mine")


def test_encoder_whose_paths_were_taken_is_the_one_that_was_checked(
    embedder: LocatedModel, tmp_path: Path
) -> None:
    for file in embedder.model.files:
        (tmp_path / file.name).write_bytes(embedder.path(file.name).read_bytes())
    located = LocatedModel(embedder.model, tmp_path)
    for file in embedder.model.files:
        located.checked(file.name)
        exchange(tmp_path / file.name, b"rubbish")
    assert len(Encoder(located).tokenize("the notice")) == 2


def test_generator_of_several_files_does_not_load_the_ones_that_are_not_pinned(pinned) -> None:
    """llama.cpp would take the second part from beside the first, by its name."""
    split = {"split.count": 2, "split.no": 0, "split.tensors.count": 21}
    located = pinned(changed(tiny_model("llama"), split).to_bytes())
    first = located.path(".gguf")
    for name in ("model-00001-of-00002.gguf", "model-00002-of-00002.gguf"):
        first.with_name(name).write_bytes(first.read_bytes())
    with pytest.raises(ArtifactError) as caught:
        written(located)
    assert caught.value.code == "model.load"


@pytest.mark.parametrize("how", ["folder", "fifo", "missing", "other size"])
def test_open_checked_what_is_no_such_file_is_none_or_an_error(how: str, tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    pin = ModelFile(path.name, len(GOOD), "0" * 64)
    if how == "folder":
        path.mkdir()
    elif how == "fifo":
        os.mkfifo(path)
    elif how == "other size":
        path.write_bytes(GOOD + b"\0")
        pin = ModelFile(path.name, len(GOOD), sha256_of(path))
    else:
        with pytest.raises(FileNotFoundError):
            open_checked(path, pin)
        return
    assert open_checked(path, pin) is None


def test_located_model_unreadable_file_is_missing(pinned) -> None:
    located = pinned(GOOD)
    again = LocatedModel(located.model, located.folder)
    located.path(".gguf").unlink()
    with pytest.raises(ModelMissingError):
        again.checked(".gguf")


def test_checked_files_are_closed_with_their_model(pinned) -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    gc.collect()
    before = descriptors()
    located = pinned(GOOD)
    assert descriptors() == before + 1
    del located
    gc.collect()
    assert descriptors() == before


def test_open_file_is_reached_by_its_descriptor_under_isolation_and_without_root(
    tmp_path: Path,
) -> None:
    """Where memory is hidden, `/proc/self` is root's: the process itself gets in all the same."""
    path = tmp_path / "model.gguf"
    path.write_bytes(GOOD)
    tmp_path.chmod(0o755)
    program = f"""
import os
from pathlib import Path
from secure_rag.isolation import enter
from secure_rag.runtime.checked import open_checked
from secure_rag.runtime.pins import ModelFile
path = Path("model.gguf")
if os.getuid() == 0:
    try:
        os.chown(path, 65534, 65534)
        os.setgroups([]); os.setgid(65534); os.setuid(65534)
    except OSError:
        pass
enter(read=[path])
file = open_checked(path, ModelFile(path.name, {len(GOOD)}, {hashlib.sha256(GOOD).hexdigest()!r}))
print(len(file.path.read_bytes()))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        check=False,
    )
    assert done.stdout.strip() == str(len(GOOD)), done.stderr[-300:]
