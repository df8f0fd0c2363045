"""The adapters that come with the program: pinned, attacked, small, of the recipe beside them."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from secure_rag.resources import resource
from secure_rag.runtime.adapters import ADAPTER_FILE, ROLE, locate_adapter, open_adapter
from secure_rag.runtime.manifest import Models
from secure_rag.runtime.pins import read_manifest
from tests.conftest import ROOT, Sandbox

RECIPES = {"format-json": "format", "voice-plain": "voice", "grounded-qa": "grounded-qa"}
MOST_BYTES = 20_000_000


def test_every_shipped_adapter_has_a_recipe() -> None:
    pinned = read_manifest(resource("models/manifest.toml")).models
    assert {one.name for one in pinned if one.role == ROLE} == set(RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_shipped_adapter_may_be_served_and_is_of_its_recipe(name: str) -> None:
    models = Models()
    found = open_adapter(models, name, models.locate("generator"))
    assert found.is_servable and found.record.canary is not None
    assert found.record.canary.planted == 8 and found.record.canary.extracted == 0
    assert found.path.stat().st_size <= MOST_BYTES
    assert found.record.documents == () and found.record.placeholders == ()
    task = ROOT / "models" / "recipes" / "adapters" / RECIPES[name] / "task.yaml"
    assert hashlib.sha256(task.read_bytes()).hexdigest() == found.record.task_digest
    about = (task.parent / "about.md").read_text("utf-8")
    licence, _, words = about.partition("\n")
    assert licence == f"licence: {found.located.model.licence}"
    assert words.strip() in (found.located.folder / "README.md").read_text("utf-8")


def test_shipped_adapter_gains_on_what_was_held_out() -> None:
    models = Models()
    figures = {name: locate_adapter(models, name).record.metrics for name in RECIPES}
    assert figures["format-json"]["adapter_fields"] > figures["format-json"]["base_fields"]
    for name in ("voice-plain", "grounded-qa"):
        assert figures[name]["adapter_f1"] > figures[name]["base_f1"], name


def test_altered_copy_of_a_shipped_adapter_is_exit_5(own: Sandbox) -> None:
    copy = own.workspace / "models" / "grounded-qa"
    shutil.copytree(locate_adapter(Models(), "grounded-qa").located.folder, copy)
    data = bytearray((copy / ADAPTER_FILE).read_bytes())
    data[-1] ^= 1
    (copy / ADAPTER_FILE).write_bytes(data)
    done = own.run("ask", "How long are support tickets kept?", "--adapter", "grounded-qa")
    assert done.code == 5


def test_shipped_adapter_is_listed_answers_and_cannot_be_removed(own: Sandbox) -> None:
    states = {one["name"]: one["state"] for one in own.ok("adapter", "list", "--json").lines}
    assert states == dict.fromkeys(RECIPES, "ready")
    asked = ("ask", "How long are support tickets kept?", "--adapter", "grounded-qa", "--json")
    found = own.ok(*asked).json
    assert found["adapter_digest"] == locate_adapter(Models(), "grounded-qa").digest
    assert "three years" in found["answer"]
    done = own.run("adapter", "remove", "grounded-qa", "--yes")
    assert done.code == 5 and "comes with the program" in done.err
    assert own.run("ask", "How long?", "--adapter", "format-json").code == 5


def test_card_of_a_shipped_adapter_names_no_path_of_a_machine() -> None:
    for name in RECIPES:
        text = (locate_adapter(Models(), name).located.folder / "README.md").read_text("utf-8")
        assert str(Path.home()) not in text and "/tmp" not in text
