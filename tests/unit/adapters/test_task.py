"""Task files: strict, with places."""

from __future__ import annotations

from pathlib import Path

import pytest

from secure_rag.adapters.task import read_task
from secure_rag.errors import PolicyError

GOOD = "format: 1\nname: mail\nkind: format\ndata: mails.jsonl\ninstruction: Write JSON.\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "task.yaml"
    path.write_text(text, "utf-8")
    return path


def test_task_has_defaults_and_finds_its_data_beside_it(tmp_path: Path) -> None:
    task = read_task(write(tmp_path, GOOD + "rank: 4\nrate: 0.01\n"))
    assert (task.name, task.kind, task.rank, task.rate, task.epochs) == (
        "mail",
        "format",
        4,
        0.01,
        3,
    )
    assert task.data == tmp_path / "mails.jsonl"
    assert task.digest != read_task(write(tmp_path, GOOD)).digest


def test_task_voice_may_be_trained_on_documents(tmp_path: Path) -> None:
    text = "format: 1\nname: ours\nkind: voice\ndocuments: true\ninstruction: Go on.\n"
    assert read_task(write(tmp_path, text)).data is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (GOOD + "colour: red\n", "task.yaml:6:1"),
        (GOOD.replace("kind: format", "kind: formats"), "task.yaml:3:7"),
        (GOOD.replace("name: mail", "name: ../up"), "task.yaml:2:7"),
        (GOOD.replace("format: 1", "format: 2"), "task.yaml:1:9"),
        (GOOD + "rank: 0\n", "task.yaml:6:7"),
        (GOOD + "rate: 3\n", "task.yaml:6:7"),
        (GOOD + "documents: true\n", "task.yaml:1:1"),
        (GOOD.replace("data: mails.jsonl\n", ""), "task.yaml:1:1"),
        (GOOD.replace("data: mails.jsonl", "documents: true"), "task.yaml:4:12"),
        (GOOD.replace("instruction: Write JSON.\n", ""), "task.yaml:1:1"),
        (GOOD.replace("kind: format", "kind: grounded-qa"), "task.yaml:5:14"),
    ],
)
def test_task_that_is_not_in_the_form_is_refused_with_its_place(
    tmp_path: Path, text: str, place: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        read_task(write(tmp_path, text))
    assert caught.value.message.startswith(place + ":")
