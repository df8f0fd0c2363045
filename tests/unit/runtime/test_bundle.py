"""Packing models, and unpacking what someone hands over."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secure_rag.errors import ArtifactError, InputError, SecureRagError
from secure_rag.runtime.add import add_gguf, check_gguf
from secure_rag.runtime.bundle import add_bundle, is_bundle, located_for_bundle, write_bundle
from secure_rag.runtime.fit import estimate
from secure_rag.runtime.gguf import read_header
from secure_rag.runtime.manifest import Models
from secure_rag.settings import AnsweringSettings
from tests.assets.gguf_files import changed, tiny_model

GGUF = tiny_model("llama").to_bytes()
LYING = changed(tiny_model("llama"), {"llama.block_count": 1 << 62}).to_bytes()


def _nothing(_message: str) -> None:
    """Ignore progress."""


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return a function that makes a named folder the machine's store."""

    def choose(name: str) -> Path:
        monkeypatch.setenv("SECURE_RAG_MODELS", str(tmp_path / name))
        return tmp_path / name

    return choose


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    path = tmp_path / "My Model.Q4.gguf"
    path.write_bytes(GGUF)
    return path


def test_add_gguf_is_pinned_and_found(stores: Callable[[str], Path], gguf: Path) -> None:
    store = stores("one")
    model, fit = add_gguf(gguf, store, Models())
    assert model.files[0].size == len(GGUF)
    assert fit == estimate(read_header(gguf), AnsweringSettings().context_tokens)
    assert model.name == "my-model.q4"
    located = Models().locate("generator", "my-model.q4")
    assert located.path(".gguf").read_bytes() == GGUF
    gguf.write_bytes(b"changed later")
    assert Models().locate("generator", "my-model.q4").digest == located.digest


def test_add_gguf_again_replaces_the_pin(stores: Callable[[str], Path], gguf: Path) -> None:
    store = stores("one")
    first, _ = add_gguf(gguf, store, Models(), name="mine")
    gguf.write_bytes(GGUF + b" more")
    second, _ = add_gguf(gguf, store, Models(), name="mine")
    assert first.digest != second.digest == Models().locate("generator", "mine").digest


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("../up", "generator"),
        ("UPPER", "generator"),
        ("smollm2-135m-instruct-q4_1", "generator"),
        ("mine", "ner"),
    ],
)
def test_add_gguf_name_or_role_that_cannot_be_is_refused(
    name: str, role: str, stores: Callable[[str], Path], gguf: Path
) -> None:
    store = stores("one")
    with pytest.raises(InputError):
        add_gguf(gguf, store, Models(), name=name, role=role)
    assert not store.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GGUF",
        b"GGML" + GGUF[4:],
        GGUF[:4] + (1).to_bytes(4, "little") + GGUF[8:],
        GGUF[:4] + (3).to_bytes(4, "big") + GGUF[8:],
        GGUF[:8] + bytes(8) + GGUF[16:],
        GGUF[:8] + b"\xff" * 8 + GGUF[16:],
    ],
)
def test_check_gguf_other_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError):
        check_gguf(path)


def test_bundle_comes_over_the_gap(
    stores: Callable[[str], Path], gguf: Path, tmp_path: Path
) -> None:
    add_gguf(gguf, stores("one"), Models(), name="mine")
    bundle = tmp_path / "models.bundle"
    located = located_for_bundle(Models(), ["mine", "all-minilm-l6-v2"])
    packed = write_bundle(bundle, located, Models())
    assert is_bundle(bundle) and not is_bundle(gguf)
    store = stores("two")
    unpacked = add_bundle(bundle, store, Models(), say=_nothing)
    assert unpacked.digest == packed.digest
    assert Models().locate("generator", "mine").folder == store / "mine"
    embedder = Models().locate("embedder")
    assert embedder.folder == store / "all-minilm-l6-v2"
    assert sorted(path.name for path in store.iterdir()) == [
        "added.toml",
        "all-minilm-l6-v2",
        "local.lock",
        "mine",
    ]


def test_bundle_twice_is_the_same_file(
    stores: Callable[[str], Path], gguf: Path, tmp_path: Path
) -> None:
    add_gguf(gguf, stores("one"), Models(), name="mine")
    located = located_for_bundle(Models(), ["mine"])
    for name in ("a", "b"):
        write_bundle(tmp_path / name, located, Models())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_bundle_existing_file_is_not_overwritten(stores: Callable[[str], Path], gguf: Path) -> None:
    add_gguf(gguf, stores("one"), Models(), name="mine")
    with pytest.raises(InputError):
        write_bundle(gguf, located_for_bundle(Models(), ["mine"]), Models())
    assert gguf.read_bytes() == GGUF


def test_bundle_of_an_unknown_model_is_refused(stores: Callable[[str], Path]) -> None:
    stores("one")
    with pytest.raises(ArtifactError):
        located_for_bundle(Models(), ["nobody"])


def _file(name: str = "model.gguf", content: bytes = GGUF) -> dict[str, Any]:
    return {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _model(name: str = "mine", *files: dict[str, Any], **more: Any) -> dict[str, Any]:
    table = {"name": name, "role": "generator", "licence": "x", "origin": "y"}
    return {**table, "file": list(files) or [_file()], **more}


def _index(*models: dict[str, Any], version: int = 1) -> bytes:
    return json.dumps({"format": version, "models": list(models)}).encode()


def _entry(name: str, content: bytes = GGUF, **kind: Any) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    for key, value in kind.items():
        setattr(entry, key, value)
    return entry, content


INDEX, MODEL = "bundle.json", "mine/model.gguf"
GOOD = _index(_model())
RUBBISH = b"GGUF\3\0\0\0" + b"\xff" * 64
STARTER = "smollm2-135m-instruct-q4_1"
LINK = {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}
HOSTILE: dict[str, list[tuple[tarfile.TarInfo, bytes]]] = {
    "empty": [],
    "no index": [_entry(MODEL)],
    "index is a link": [_entry(INDEX, b"", **LINK)],
    "index is not JSON": [_entry(INDEX, b"{")],
    "index is deep": [_entry(INDEX, b"[" * 100_000)],
    "index is huge": [_entry(INDEX, b" " * (2 << 20))],
    "other format": [_entry(INDEX, _index(_model(), version=2)), _entry(MODEL)],
    "model named above": [_entry(INDEX, _index(_model("..")))],
    "model named with a path": [_entry(INDEX, _index(_model("a/../../b")))],
    "file named above": [_entry(INDEX, _index(_model("mine", _file("../../x"))))],
    "file named absolute": [_entry(INDEX, _index(_model("mine", _file("/etc/x"))))],
    "unknown key": [_entry(INDEX, _index(_model(run="me"))), _entry(MODEL)],
    "file missing": [_entry(INDEX, GOOD)],
    "file of another name": [_entry(INDEX, GOOD), _entry("../../escape")],
    "file is a link": [_entry(INDEX, GOOD), _entry(MODEL, b"", **LINK)],
    "file is a device": [_entry(INDEX, GOOD), _entry(MODEL, b"", type=tarfile.CHRTYPE)],
    "file is longer": [_entry(INDEX, GOOD), _entry(MODEL, GGUF + b"!")],
    "file differs": [_entry(INDEX, GOOD), _entry(MODEL, GGUF[:-1] + b"!")],
    "one file more": [_entry(INDEX, GOOD), _entry(MODEL), _entry("mine/x")],
    "larger than the disk": [_entry(INDEX, _index(_model("mine", {**_file(), "size": 1 << 60})))],
    "a pinned name with other files": [_entry(INDEX, _index(_model(STARTER)))],
    "pinned rubbish": [
        _entry(INDEX, _index(_model("mine", _file(content=RUBBISH)))),
        _entry(MODEL, RUBBISH),
    ],
    "pinned header with a size that cannot be": [
        _entry(INDEX, _index(_model("mine", _file(content=LYING)))),
        _entry(MODEL, LYING),
    ],
    "conversion of no file": [
        _entry(INDEX, _index(_model(conversion={"result": "x", "source": "0" * 64, "recipe": "r"})))
    ],
}


@pytest.mark.parametrize("case", HOSTILE)
def test_add_bundle_hostile_leaves_nothing(
    case: str, stores: Callable[[str], Path], tmp_path: Path
) -> None:
    path = tmp_path / "hostile.bundle"
    with tarfile.open(path, "w") as archive:
        for entry, content in HOSTILE[case]:
            archive.addfile(entry, io.BytesIO(content) if entry.isreg() else None)
    store = stores("two")
    with pytest.raises(SecureRagError):
        add_bundle(path, store, Models(), say=_nothing)
    assert list(store.iterdir()) == []
    assert sorted(found.name for found in tmp_path.iterdir()) == ["hostile.bundle", "two"]


@pytest.mark.parametrize("content", [RUBBISH, LYING], ids=["rubbish", "lying"])
def test_add_gguf_refused_leaves_nothing(
    content: bytes, stores: Callable[[str], Path], gguf: Path
) -> None:
    gguf.write_bytes(content)
    store = stores("one")
    with pytest.raises(SecureRagError) as caught:
        add_gguf(gguf, store, Models(), name="mine")
    assert str(gguf) in caught.value.message
    assert not store.exists() or list(store.iterdir()) == []


@pytest.mark.timeout(30)
@pytest.mark.parametrize("kind", ["none", "folder", "pipe", "device"])
def test_add_gguf_no_regular_file_is_refused_by_its_own_name(
    kind: str, stores: Callable[[str], Path], tmp_path: Path
) -> None:
    path = Path("/dev/zero") if kind == "device" else tmp_path / "source"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    store = stores("one")
    with pytest.raises(InputError) as caught:
        add_gguf(path, store, Models(), name="mine")
    assert caught.value.message.startswith(f"{path}: ")
    assert not store.exists()


def test_add_gguf_other_magic_is_refused_before_it_is_copied(
    stores: Callable[[str], Path], gguf: Path
) -> None:
    with gguf.open("wb") as file:
        file.write(b"GGML")
        file.truncate(1 << 42)  # a sparse file that no store has room for
    store = stores("one")
    with pytest.raises(InputError) as caught:
        add_gguf(gguf, store, Models(), name="mine")
    assert caught.value.code == "model.gguf"
    assert not store.exists()


def test_add_gguf_store_that_takes_nothing_is_named(
    stores: Callable[[str], Path], gguf: Path
) -> None:
    store = stores("one")
    store.write_bytes(b"")
    with pytest.raises(InputError) as caught:
        add_gguf(gguf, store, Models(), name="mine")
    assert str(store / "mine") in caught.value.message


@pytest.mark.parametrize("length", [0, 100, 600, 1500, 1560])
def test_add_bundle_cut_off_is_refused(
    length: int, stores: Callable[[str], Path], gguf: Path, tmp_path: Path
) -> None:
    add_gguf(gguf, stores("one"), Models(), name="mine")
    bundle = tmp_path / "models.bundle"
    write_bundle(bundle, located_for_bundle(Models(), ["mine"]), Models())
    bundle.write_bytes(bundle.read_bytes()[:length])
    store = stores("two")
    with pytest.raises(SecureRagError):
        add_bundle(bundle, store, Models(), say=_nothing)
    assert list(store.iterdir()) == []


@pytest.mark.parametrize("position", range(0, 3000, 97))
def test_add_bundle_flipped_byte_never_installs_other_content(
    position: int, stores: Callable[[str], Path], gguf: Path, tmp_path: Path
) -> None:
    add_gguf(gguf, stores("one"), Models(), name="mine")
    bundle = tmp_path / "models.bundle"
    packed = write_bundle(bundle, located_for_bundle(Models(), ["mine"]), Models())
    content = bytearray(bundle.read_bytes())
    content[position] ^= 4
    bundle.write_bytes(content)
    store = stores("two")
    try:
        unpacked = add_bundle(bundle, store, Models(), say=_nothing)
    except SecureRagError:
        assert list(store.iterdir()) == []
        return
    if unpacked.digest == packed.digest:
        assert (store / "mine" / "model.gguf").read_bytes() == GGUF
