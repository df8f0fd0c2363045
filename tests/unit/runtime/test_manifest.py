"""Finding models and noticing what is missing or different."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from secure_rag.errors import ArtifactError, DigestMismatchError, ModelMissingError
from secure_rag.runtime.manifest import LocatedModel, Models, machine_store
from secure_rag.runtime.pins import LOCK_FILE, LockEntry, read_lock, write_lock
from secure_rag.workspace import Workspace
from tests.unit.runtime.conftest import model_entry

CONTENT = b"GGUF and some weights"


def _add(store: Path, name: str = "mine", content: bytes = CONTENT) -> Path:
    """Put a pinned generator into a store; return its file."""
    folder = store / name
    folder.mkdir(parents=True)
    (folder / "model.gguf").write_bytes(content)
    (store / "added.toml").write_text(
        "format = 1\n" + model_entry(name, "generator", {"model.gguf": content}), "utf-8"
    )
    return folder / "model.gguf"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SECURE_RAG_MODELS", str(tmp_path / "store"))
    return tmp_path / "store"


def test_locate_added_model_is_found_with_its_digest(store: Path) -> None:
    path = _add(store)
    located = Models().locate("generator", "mine")
    assert located.path(".gguf") == path
    assert located.path("model.gguf") == path
    assert len(located.digest) == 64


@pytest.mark.parametrize("position", range(0, len(CONTENT), 5))
def test_locate_any_flipped_bit_is_refused(position: int, store: Path) -> None:
    path = _add(store)
    changed = bytearray(CONTENT)
    changed[position] ^= 1
    path.write_bytes(changed)
    with pytest.raises(DigestMismatchError) as caught:
        Models().locate("generator", "mine")
    assert caught.value.exit_code == 5
    assert caught.value.hint is not None


def _overwrite(path: Path, content: bytes) -> None:
    """Write into the very same file, and give it back its time of change."""
    times = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _exchange(path: Path, content: bytes) -> None:
    """Put another file under the path; the old one lives on where it is open."""
    new = path.with_name("new")
    new.write_bytes(content)
    new.replace(path)


@pytest.mark.parametrize("change", [_overwrite, _exchange])
def test_locate_again_any_other_content_is_refused(
    change: Callable[[Path, bytes], None], store: Path
) -> None:
    path = _add(store)
    models = Models()
    first = models.locate("generator", "mine")
    assert models.locate("generator", "mine") is first
    change(path, CONTENT)
    assert models.locate("generator", "mine") is not first
    change(path, CONTENT[:-1] + bytes([CONTENT[-1] ^ 1]))
    with pytest.raises(DigestMismatchError):
        models.locate("generator", "mine")
    change(path, CONTENT)
    assert models.locate("generator", "mine").digest == first.digest


def test_locate_again_without_the_file_is_refused(store: Path) -> None:
    path = _add(store)
    models = Models()
    models.locate("generator", "mine")
    path.unlink()
    with pytest.raises(ModelMissingError):
        models.locate("generator", "mine")


def test_locate_longer_file_is_refused(store: Path) -> None:
    path = _add(store)
    path.write_bytes(CONTENT + b"\0")
    with pytest.raises(DigestMismatchError):
        Models().locate("generator", "mine")


def test_locate_missing_file_names_the_repairing_command(store: Path) -> None:
    _add(store).unlink()
    with pytest.raises(ModelMissingError) as caught:
        Models().locate("generator", "mine")
    assert caught.value.hint is not None and "secure-rag models fetch" in caught.value.hint


def test_locate_unknown_name_is_refused(store: Path) -> None:
    with pytest.raises(ModelMissingError) as caught:
        Models().locate("generator", "nobody-pinned-this")
    assert caught.value.code == "model.unknown"


def test_locate_workspace_comes_before_the_machine(store: Path, tmp_path: Path) -> None:
    _add(store, content=b"GGUF machine")
    workspace = Workspace(tmp_path / "workspace")
    path = _add(workspace.models, content=b"GGUF workspace")
    assert Models(workspace).locate("generator", "mine").path(".gguf") == path
    assert Models().locate("generator", "mine").path(".gguf") == store / "mine" / "model.gguf"


def test_locate_changed_model_is_not_replaced_by_the_next_store(
    store: Path, tmp_path: Path
) -> None:
    _add(store)
    workspace = Workspace(tmp_path / "workspace")
    _add(workspace.models).write_bytes(b"GGUF changed weights!")
    with pytest.raises(DigestMismatchError):
        Models(workspace).locate("generator", "mine")


def test_listing_says_pinned_present_verified(store: Path) -> None:
    def state() -> tuple[bool, bool]:
        found = next(item for item in Models().listing() if item.model.name == "mine")
        return found.is_present, found.is_verified

    path = _add(store)
    assert state() == (True, True)
    path.write_bytes(b"x" * len(CONTENT))
    assert state() == (True, False)
    path.unlink()
    assert state() == (False, False)


def test_path_ambiguous_suffix_is_refused(store: Path) -> None:
    _add(store)
    located = Models().locate("generator", "mine")
    with pytest.raises(ModelMissingError):
        located.path(".onnx")


def test_machine_store_is_the_named_one(store: Path) -> None:
    assert machine_store() == store


def test_locate_conversion_of_other_weights_does_not_count(
    embedder: LocatedModel, store: Path, tmp_path: Path
) -> None:
    folder = store / "all-minilm-l6-v2"
    folder.mkdir(parents=True)
    for file in embedder.model.files:
        (folder / file.name).symlink_to(embedder.folder / file.name)
    entry = read_lock(embedder.folder.parent / LOCK_FILE)["all-minilm-l6-v2"]

    def is_found_here() -> bool:
        return Models().locate("embedder").folder == folder

    write_lock(store / LOCK_FILE, {"all-minilm-l6-v2": entry})
    assert is_found_here()
    other = LockEntry("00" * 32, entry.recipe, entry.size, entry.sha256)
    write_lock(store / LOCK_FILE, {"all-minilm-l6-v2": other})
    assert not is_found_here()


def test_added_manifest_broken_stops_everything(store: Path) -> None:
    store.mkdir()
    (store / "added.toml").write_text("format = 1\n[[model]]\n", "utf-8")
    with pytest.raises(ArtifactError):
        Models().locate("embedder")
