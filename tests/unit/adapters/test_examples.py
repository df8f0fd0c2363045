"""What a training set holds: names for placeholders, and JSON that stays JSON."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from secure_rag.adapters.examples import NOT_FOUND, _grounded, _rows, make_set, named
from secure_rag.adapters.task import read_task
from secure_rag.pipeline.session import Session


def test_named_keeps_json_and_the_same_name_for_a_person_in_both_texts() -> None:
    asked, answer = named(["<PERSON_1> wrote.", '{"who": "<PERSON_1>", "other": "<PERSON_2>"}'])
    fields = json.loads(answer)
    assert asked == f"{fields['who']} wrote."
    assert "<" not in answer and fields["who"] != fields["other"]


def test_grounded_answer_that_is_its_quote_is_written_in_quotation_marks_alone() -> None:
    messages, said = _grounded(["It ends in May.", "When?", "in May", "in May"])
    assert said == '"in May"' and "- It ends in May." in messages[1][1]
    assert _grounded(["It ends in May.", "When?", "In spring.", "in May"])[1] == (
        'In spring: "in May"'
    )
    assert _grounded(["It ends in May.", "Who?", "", ""])[1] == NOT_FOUND


def test_grounded_prompt_is_the_same_when_a_training_goes_on() -> None:
    row = ["It ends in May.", "When?", "in May", "in May"]
    assert _grounded(row) == _grounded(row)
    assert _grounded(row)[0] != _grounded(["It ends in June.", *row[1:3], ""])[0]


def rows_of(*documents: str) -> Any:
    """Return rows of an index, four chunks of two sentences each document."""

    def chunks(document: str) -> list[Any]:
        text = f"{document} begins here. It goes on there."
        return [SimpleNamespace(text=text, chunk=f"{document}{n}") for n in range(4)]

    stored = [SimpleNamespace(document=name) for name in documents]
    return SimpleNamespace(documents=lambda: stored, chunks=chunks)


def test_set_of_documents_holds_what_the_trainer_may_see_only(tmp_path: Path) -> None:
    task = tmp_path / "task.yaml"
    task.write_text("format: 1\nname: ours\nkind: voice\ndocuments: true\ninstruction: Go on.\n")
    session = SimpleNamespace(store=rows_of("open", "board"), seen=rows_of("open"))
    made = make_set(read_task(task), cast(Session, session))
    assert made.documents == ("open",)
    assert "board" not in str([(one.messages, one.answer) for one in (*made.train, *made.held_out)])


def test_rows_take_a_mark_and_line_separators_inside_a_text(tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl"
    row = {"input": "one\u2028two\x85three", "output": "x"}
    line = json.dumps(row, ensure_ascii=False) + "\r\n"
    file.write_text(line * 2, "utf-8-sig", newline="")
    assert list(_rows(file)) == [row, row]
