"""`adapter train|list|show|remove` with a tiny generator; erasure marks what saw it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from secure_rag.runtime.adapters import read_retrain
from secure_rag.runtime.manifest import Models
from tests.assets.adapter_files import lora_bytes, put_adapter, starter_record
from tests.assets.gguf_files import tiny_model
from tests.conftest import Sandbox

TASK = """format: 1
name: tiny-format
kind: format
data: rows.jsonl
instruction: Write it.
rank: 2
epochs: 1
max_tokens: 500
"""


@pytest.fixture
def tiny(sandbox: Sandbox, tmp_path: Path) -> Sandbox:
    """A workspace whose generator is a tiny model with random weights."""
    return use_tiny(sandbox, tmp_path)


def use_tiny(sandbox: Sandbox, tmp_path: Path) -> Sandbox:
    """Let a workspace's generator be a tiny model with random weights."""
    file = tiny_model("llama").write(tmp_path / "tiny.gguf")
    sandbox.ok("models", "add", file, "--role", "generator", "--name", "tiny")
    settings = sandbox.workspace / "secure-rag.toml"
    settings.write_text(settings.read_text("utf-8") + 'generator = "tiny"\n', "utf-8")
    return sandbox


def of_workspace(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Return what `adapter list` shows beside the adapters that come with the program."""
    shipped = {one.name for one in Models().manifest.models}
    listed = sandbox.ok("adapter", "list", "--json").lines
    return [one for one in listed if one["name"] not in shipped]


def write_task(folder: Path, text: str = TASK) -> Path:
    rows = [
        {"input": f"Rosa Lindholm wrote about parcel {n}", "output": f"parcel {n} of Rosa Lindholm"}
        for n in range(12)
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    path = folder / "task.yaml"
    path.write_text(text, "utf-8")
    return path


def test_train_list_show_remove(tiny: Sandbox, tmp_path: Path) -> None:
    task = write_task(tmp_path)
    dry = tiny.ok("adapter", "train", task, "--dry-run", "--json").json
    assert dry["examples"] == 11 + 8 and dry["tokens"] > 0 and dry["memory_bytes"] > 0
    assert of_workspace(tiny) == []
    made = tiny.ok("adapter", "train", task, "--json").json
    assert made["canary"]["planted"] == 8 and made["canary"]["extracted"] == 0
    assert made["metrics"]["logit_difference"] < 0.01
    (listed,) = of_workspace(tiny)
    assert (listed["name"], listed["state"], listed["digest"]) == (
        "tiny-format", "ready", made["digest"])  # fmt: skip
    shown = tiny.ok("adapter", "show", "tiny-format", "--json").json
    assert shown["documents"] == [] and shown["kind"] == "format" and shown["examples"] == 11
    kinds = [one["type"] for one in tiny.ok("audit", "list", "--json").lines]
    assert kinds.index("adapter.training") < kinds.index("adapter.trained")
    # nothing of a training set is stored, least of all a name
    for path in tiny.workspace.rglob("*"):
        if path.is_file():
            assert b"Lindholm" not in path.read_bytes(), path.name
    assert tiny.run("adapter", "remove", "tiny-format").code == 2
    tiny.ok("adapter", "remove", "tiny-format", "--yes")
    assert of_workspace(tiny) == []
    assert tiny.run("adapter", "remove", "tiny-format", "--yes").code == 5


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (TASK + "colour: red\n", 3),
        (TASK.replace("rows.jsonl", "none.jsonl"), 4),
        (TASK.replace("name: tiny-format", "name: ner-minilm"), 3),
        (TASK.replace("500", "32"), 4),
    ],
    ids=["unknown key", "no data", "a model's name", "too short"],
)
def test_train_refuses_what_cannot_be_trained(
    tiny: Sandbox, tmp_path: Path, text: str, code: int
) -> None:
    assert tiny.run("adapter", "train", write_task(tmp_path, text)).code == code


def test_train_without_the_extra_says_how_to_install_it(tiny: Sandbox, tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(
        "import importlib.util as u\nreal = u.find_spec\n"
        "u.find_spec = lambda n, p=None: None if n == 'torch' else real(n, p)\n"
    )
    from tests.conftest import ROOT

    env = {"PYTHONPATH": f"{hidden}:{ROOT}"}
    done = tiny.run("adapter", "train", write_task(tmp_path), "--json", env=env)
    assert (done.code, done.error["code"]) == (5, "adapter.extra")
    assert "requirements/adapt.txt" in done.error["hint"]


def test_removed_document_marks_the_adapters_that_saw_it(own: Sandbox) -> None:
    first, second = [one["document"] for one in own.ok("index", "list", "--json").lines][:2]
    store = own.workspace / "models"
    put_adapter(store, starter_record(documents=(first,)), lora_bytes())
    put_adapter(store, starter_record(name="other", documents=(second,)), lora_bytes())
    done = own.ok("index", "remove", first, "--yes", "--json")
    assert done.json["retrain"] == ["small"]
    receipt = Path(done.json["receipt"]["file"]).read_text("utf-8")
    assert "retrain     adapter small" in receipt and "adapter other" not in receipt
    assert [one.name for one in read_retrain(store / "small")] == [first]
    assert read_retrain(store / "other") == ()
    states = {one["name"]: one["state"] for one in of_workspace(own)}
    assert states == {"small": "retrain", "other": "ready"}
    assert own.run("ask", "How long are tickets kept?", "--adapter", "small").code == 6


def test_erased_person_marks_adapters_and_drops_an_unfinished_training(own: Sandbox) -> None:
    subject = own.ok("subject", "find", "Anna Novak", "--json").json["subjects"][0]
    bare = subject["placeholder"].strip("<>")
    store = own.workspace / "models"
    put_adapter(store, starter_record(documents=(), placeholders=(bare,)), lora_bytes())
    unfinished = store / ".training-half"
    unfinished.mkdir()
    seen = {"documents": subject["documents"][:1], "placeholders": []}
    (unfinished / "seen.json").write_text(json.dumps(seen), "utf-8")
    done = own.ok("subject", "erase", bare, "--yes", "--json").json
    assert sorted(done["retrain"]) == ["half", "small"]
    assert not unfinished.exists()
    assert [one.kind for one in read_retrain(store / "small")] == ["subject"]
    kinds = [one["type"] for one in own.ok("audit", "list", "--json").lines]
    assert kinds.count("adapter.marked") == 2
