"""`adapter train`: killed and run again, without a key, on the documents of the index."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from secure_rag.runtime.adapters import ADAPTER_FILE, read_retrain
from tests.cli.test_adapter import TASK, of_workspace, use_tiny, write_task
from tests.conftest import ROOT, Sandbox

LONG = TASK.replace("epochs: 1", "epochs: 8") + "batch_tokens: 64\n"
VOICE = """format: 1
name: tiny-voice
kind: voice
documents: true
instruction: Go on in our voice.
rank: 2
epochs: 2
"""


@pytest.fixture
def tiny(sandbox: Sandbox, tmp_path: Path) -> Sandbox:
    return use_tiny(sandbox, tmp_path)


def kinds(sandbox: Sandbox) -> list[str]:
    return [one["type"] for one in sandbox.ok("audit", "list", "--json").lines]


def killed_half_way(sandbox: Sandbox, task: Path) -> None:
    """Start a training and kill it as soon as it has a checkpoint."""
    checkpoint = sandbox.workspace / "models" / ".training-tiny-format" / "checkpoint.safetensors"
    command = ["adapter", "train", task, "--workspace", sandbox.workspace, "--key-file",
               sandbox.key_file]  # fmt: skip
    child = subprocess.Popen(
        [sys.executable, "-m", "secure_rag", *map(str, command)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    end = time.monotonic() + 240
    while not checkpoint.exists() and child.poll() is None and time.monotonic() < end:
        time.sleep(0.005)
    child.kill()
    assert child.wait() == -9, "it ended before it could be killed"
    assert checkpoint.exists()


def test_training_that_was_killed_goes_on_to_the_same_bytes(tiny: Sandbox, tmp_path: Path) -> None:
    task = write_task(tmp_path, LONG)
    file = tiny.workspace / "models" / "tiny-format" / ADAPTER_FILE
    # what it learned by heart may leak: exit 6, and kept
    assert tiny.run("adapter", "train", task).code in (0, 6)
    whole = file.read_bytes()
    tiny.ok("adapter", "remove", "tiny-format", "--yes")
    killed_half_way(tiny, task)
    assert not file.exists() and of_workspace(tiny) == []
    done = tiny.run("adapter", "train", task)
    steps = [line for line in done.err.splitlines() if "training: " in line and " of " in line]
    assert int(steps[0].partition("training: ")[2].split()[0]) > 20, "it began anew"
    assert file.read_bytes() == whole
    assert not (tiny.workspace / "models" / ".training-tiny-format").exists()
    assert tiny.run("audit", "verify").code == 0


@pytest.mark.parametrize("key", ["missing", "of another vault"])
def test_training_without_the_vault_s_key_is_exit_6_before_anything_begins(
    tiny: Sandbox, tmp_path: Path, key: str
) -> None:
    tiny.key_file.rename(tmp_path / "away.key")
    if key == "of another vault":
        from tests.conftest import make_sandbox

        other = make_sandbox(tmp_path / "other")
        tiny.key_file.write_bytes(other.key_file.read_bytes())
        tiny.key_file.chmod(0o600)
    done = tiny.run("adapter", "train", write_task(tmp_path), "--json")
    assert done.code == 6 and done.error["code"].startswith("vault.")
    assert not (tiny.workspace / "models" / ".training-tiny-format").exists()
    assert "adapter.training" not in kinds(tiny)


def test_training_needs_no_passphrase_of_the_vault(tiny: Sandbox, tmp_path: Path) -> None:
    # it looks values up and opens none
    phrase = tmp_path / "phrase"
    phrase.write_text("correct horse battery", "utf-8")
    phrase.chmod(0o600)
    tiny.ok("vault", "passwd", "--new-passphrase-file", phrase)
    assert tiny.run("adapter", "train", write_task(tmp_path)).code in (0, 6)
    assert [one["name"] for one in of_workspace(tiny)] == ["tiny-format"]
    assert not any(kind.startswith("reveal.") for kind in kinds(tiny))
    assert tiny.run("audit", "verify").code == 0


def add(sandbox: Sandbox, folder: Path, texts: dict[str, str], collection: str = "default") -> None:
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    sandbox.ok("index", "add", folder, "--collection", collection)


def test_training_on_the_index_is_marked_by_what_is_erased_from_it(
    tiny: Sandbox, tmp_path: Path
) -> None:
    texts = {
        f"note{n}.txt": f"The gate of hall {n} opens at nine. It is closed on Sunday. Keys are "
        f"kept at the desk in room {n}."
        for n in range(5)
    }
    texts["rosa.txt"] = "Rosa Lindholm wrote about the parcel. Rosa Lindholm wants it on Monday."
    add(tiny, tmp_path / "notes", texts)
    task = tmp_path / "task.yaml"
    task.write_text(VOICE, "utf-8")
    made = tiny.run("adapter", "train", task, "--json")
    assert made.code == 0, made.err
    listed = {one["document"] for one in tiny.ok("index", "list", "--json").lines}
    shown = tiny.ok("adapter", "show", "tiny-voice", "--json").json
    assert set(shown["documents"]) == listed and len(listed) == 6
    (found,) = tiny.ok("subject", "find", "Rosa Lindholm", "--json").json["subjects"]
    rosa = found["placeholder"].strip("<>")
    gone = next(iter(listed - set(found["documents"])))
    assert tiny.ok("index", "remove", gone, "--yes", "--json").json["retrain"] == ["tiny-voice"]
    folder = tiny.workspace / "models" / "tiny-voice"
    assert [(one.kind, one.name) for one in read_retrain(folder)] == [("document", gone)]
    assert [one["state"] for one in of_workspace(tiny)] == ["retrain"]
    erased = tiny.ok("subject", "erase", rosa, "--yes", "--json").json
    assert erased["retrain"] == ["tiny-voice"]
    assert ("subject", rosa) in [(one.kind, one.name) for one in read_retrain(folder)]
    done = tiny.run("ask", "When does the gate open?", "--adapter", "tiny-voice", "--json")
    assert (done.code, done.error["code"]) == (6, "adapter.retrain")
    # each mark is on record before what it marks for is done
    log = kinds(tiny)
    for start in (n for n, kind in enumerate(log) if kind == "erasure.started"):
        assert log[start : start + 3] == ["erasure.started", "adapter.marked", "erasure.done"]


def test_erasure_marks_an_adapter_that_saw_the_person_in_another_collection(
    tiny: Sandbox, tmp_path: Path
) -> None:
    add(tiny, tmp_path / "files", {"a.txt": "Rosa Lindholm works in hall 3.",
                                   "b.txt": "Piotr Wozniak works in hall 4."}, "staff")  # fmt: skip

    def known(name: str) -> str:
        found = tiny.ok("subject", "find", name, "--collection", "staff", "--json").json
        return str(found["subjects"][0]["placeholder"].strip("<>"))

    rosa, piotr = known("Rosa Lindholm"), known("Piotr Wozniak")
    # the rows speak of Rosa, and are redacted with the placeholders of `default`
    assert tiny.ok("adapter", "train", write_task(tmp_path), "--json").json
    shown = tiny.ok("adapter", "show", "tiny-format", "--json")
    assert rosa not in shown.out, "who may train here need not know who is known there"

    def erased(placeholder: str) -> list[str]:
        done = tiny.ok(
            "subject", "erase", placeholder, "--collection", "staff", "--yes", "--json"
        ).json
        return list(done["retrain"])

    assert erased(piotr) == []
    assert erased(rosa) == ["tiny-format"]
    assert [one["state"] for one in of_workspace(tiny)] == ["retrain"]
    log = sorted((tiny.workspace / "audit" / "log").glob("*.jsonl"))
    lines = [line for path in log for line in path.read_text("utf-8").splitlines()]
    marked = [json.loads(line) for line in lines if "adapter.marked" in line]
    assert [one["data"]["collection"] for one in marked] == ["staff"]
