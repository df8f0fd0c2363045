"""An adapter of a workspace becomes one of the program: card, pins, and what is not taken."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from secure_rag.runtime.adapters import CARD_FILE
from secure_rag.runtime.pins import read_manifest
from tests.assets.adapter_files import FAILED, lora_bytes, put_adapter, starter_record
from tests.conftest import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

import ship_adapter


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of models with one recipe."""
    folder = tmp_path / "models"
    recipe = folder / "recipes" / "adapters" / "small-one"
    recipe.mkdir(parents=True)
    (recipe / "about.md").write_text("licence: CC-BY-4.0\n\n## What it does\n\nIt tests.\n")
    (folder / "manifest.toml").write_text("format = 1\n")
    monkeypatch.setattr(ship_adapter, "MODELS", folder)
    return folder


def trained(tmp_path: Path, **changes: object) -> Path:
    record = starter_record(**{"documents": (), **changes})
    return put_adapter(tmp_path / "store", record, lora_bytes())


def test_shipped_twice_is_pinned_once_as_it_is_now(models: Path, tmp_path: Path) -> None:
    source = trained(tmp_path)
    folder = ship_adapter.ship(source, "small-one")
    (models / "recipes/adapters/small-one/about.md").write_text("licence: CC-BY-4.0\nNew words.\n")
    assert ship_adapter.ship(source, "small-one") == folder
    (pinned,) = read_manifest(models / "manifest.toml").models
    assert (pinned.name, pinned.role, pinned.licence) == ("small", "adapter", "CC-BY-4.0")
    assert {one.name: one.size for one in pinned.files} == {
        path.name: path.stat().st_size for path in folder.iterdir()
    }
    card = (folder / CARD_FILE).read_text("utf-8")
    assert "New words." in card and "It tests." not in card and "Canaries:" in card


@pytest.mark.parametrize(
    "changes",
    [
        {"canary": FAILED},
        {"canary": None},
        {"documents": ("DOC1",)},
        {"placeholders": ("PERSON_1",)},
    ],
    ids=["canaries came out", "never attacked", "saw a document", "saw a placeholder"],
)
def test_what_should_not_be_shipped_is_not_copied(
    models: Path, tmp_path: Path, changes: dict[str, object]
) -> None:
    source = trained(tmp_path, **changes)
    with pytest.raises(SystemExit):
        ship_adapter.ship(source, "small-one")
    assert not (models / "small").exists()
    assert read_manifest(models / "manifest.toml").models == ()


def test_what_is_too_large_is_not_copied(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ship_adapter, "MOST_BYTES", 100)
    with pytest.raises(SystemExit):
        ship_adapter.ship(trained(tmp_path), "small-one")
    assert not (models / "small").exists()
