"""`ask`, `search`, `reveal` on the example documents, with the real starter models."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from secure_rag.answering.answer import Generator, LazyGenerator
from secure_rag.isolation import unenforced
from secure_rag.pipeline.ask import Asker
from secure_rag.pipeline.session import open_session
from secure_rag.workspace import Workspace
from tests.conftest import ROOT, Sandbox

PLACEHOLDER = re.compile(r"<[A-Z_]+_[0-9A-HJKMNP-TV-Z]{10}>")
KEYS = {
    "schema", "question", "answer", "short", "refused", "reason", "citations",
    "dropped_citations", "dropped_sentences", "model_digest", "reader_digest", "policy_digest",
    "adapter_digest", "audit_seq", "timings",
}  # fmt: skip


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("How much notice ends the maintenance agreement for the lifts?", "90"),
        ("Why did the invoice export fail?", "country code"),
        ("How long are support tickets kept?", "three years"),
        ("Within how many hours is a breach reported to the supervisory authority?", "72"),
    ],
)
def test_ask_answers_with_a_verified_citation(filled: Sandbox, question: str, word: str) -> None:
    found = filled.ok("ask", question, "--json").json
    assert set(found) == KEYS and found["schema"] == "secure-rag/ask/1"
    assert not found["refused"] and word in found["answer"]
    assert word in found["citations"][0]["quote"]
    assert found["citations"] and all(one["verified"] for one in found["citations"])
    for one in found["citations"]:
        text = filled.ok("index", "show", one["document"], "--json").json["text"]
        assert text[one["start"] : one["end"]] == one["quote"]
        if one["answer"]:
            assert one["start"] <= one["answer"]["start"] < one["answer"]["end"] <= one["end"]
            assert text[one["answer"]["start"] : one["answer"]["end"]] in found["answer"]


def test_ask_about_a_person_finds_that_persons_document(filled: Sandbox) -> None:
    found = filled.ok("ask", "When does the lease of Anna Novak end?", "--json").json
    assert "Novak" not in json.dumps(found)
    (person,) = PLACEHOLDER.findall(found["question"])
    assert not found["refused"]
    text = filled.ok("index", "show", found["citations"][0]["document"], "--json").json["text"]
    assert person in text and "2027" in found["answer"]


@pytest.mark.parametrize(
    "question",
    [
        "What is the wifi password of the Manchester office?",
        "Which programming language is the rocket controller written in?",
    ],
)
def test_ask_without_evidence_is_the_fixed_refusal(filled: Sandbox, question: str) -> None:
    done = filled.ok("ask", question, "--json").json
    assert done["refused"] and done["reason"] == "low_evidence"
    assert done["citations"] == [] and "cannot answer" in done["answer"]


def test_ask_on_an_empty_index_refuses(sandbox: Sandbox) -> None:
    done = sandbox.ok("ask", "When does the lease end?", "--json").json
    assert done["refused"] and done["reason"] == "no_passages"


def test_ask_batch_with_given_passages_needs_no_index(sandbox: Sandbox) -> None:
    passages = [
        "The tenant Rosa Lindholm may keep one dog.",
        "The notice period of the parking contract is six weeks to the end of a quarter.",
    ]
    lines = [
        {"id": "a", "question": "What is the notice period of the parking contract?",
         "passages": passages},
        {"id": 7, "question": "Who painted the ceiling?", "passages": passages},
        {"id": "c", "passages": passages},
    ]  # fmt: skip
    text = "".join(json.dumps(line) + "\n" for line in lines) + "not json\n"
    done = sandbox.run("ask", "--batch", "--json", stdin=text)
    assert done.code == 4
    first, second, third, fourth = done.lines
    assert first["id"] == "a" and not first["refused"]
    citation = first["citations"][0]
    assert citation["document"] is None and citation["chunk"] == "1" and citation["verified"]
    assert passages[1][citation["start"] : citation["end"]] == citation["quote"]
    assert second["id"] == 7 and second["refused"]
    assert (third["id"], third["error"]) == ("c", "input.line")
    assert fourth["id"] is None


def test_ask_batch_numbers_question_and_passages_alike(sandbox: Sandbox) -> None:
    line = {
        "id": 1,
        "question": "Which room does Rosa Lindholm have?",
        "passages": ["Zoltan Abernathy has room 12.", "Rosa Lindholm has room 31 on the left."],
    }
    (found,) = sandbox.ok("ask", "--batch", "--json", stdin=json.dumps(line) + "\n").lines
    assert found["question"] == "Which room does <PERSON_1> have?"
    assert found["citations"][0]["quote"].startswith("<PERSON_1> has room 31")
    assert "31" in found["answer"] and "12" not in found["answer"]


def test_ask_shows_the_words_then_the_sentence_they_stand_in(filled: Sandbox) -> None:
    lines = filled.ok("ask", "How long are support tickets kept?").out.splitlines()
    assert lines[0] == "three years [1]" and lines[1] == ""
    assert lines[2].startswith("[1] “") and "three years" in lines[2]
    assert "retention-policy.md" in lines[3] and lines[3].startswith("    ")


@pytest.mark.parametrize(
    ("role", "model", "is_asked"),
    [
        ("ner", "ner-minilm", False),
        ("embedder", "all-minilm-l6-v2", True),
        ("reader", "reader-minilm", True),
    ],
)
def test_ask_with_a_changed_model_stops_before_it_answers(
    own: Sandbox, role: str, model: str, is_asked: bool
) -> None:
    """All are loaded in another thread; what is wrong there stops the command here."""
    folder = own.workspace / "models" / model
    shutil.copytree(ROOT / "models" / model, folder)
    shutil.copy(ROOT / "models" / "local.lock", folder.parent)
    content = bytearray((folder / "model.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "model.onnx").write_bytes(content)
    before = len(own.ok("audit", "list", "--json").lines)
    done = own.run("ask", "How long are support tickets kept?", "--json")
    assert done.code == 5 and done.out == ""
    assert model in done.error["message"] and "delete the folder" in done.error["hint"]
    kinds = [one["type"] for one in own.ok("audit", "list", "--json").lines][before:]
    assert ("query.received" in kinds) is is_asked
    assert not any(kind.startswith("answer.") for kind in kinds)
    checks = own.run("doctor")
    assert checks.code == 1 and f"model {role}" in checks.out


def put_changed_writer(into: Sandbox) -> None:
    """Give a workspace a writer of its own with one changed bit, beside the pin of the real one."""
    name = "smollm2-135m-instruct-q4_1"
    folder = into.workspace / "models" / name
    shutil.copytree(ROOT / "models" / name, folder)
    shutil.copy(ROOT / "models" / "local.lock", folder.parent)
    with (folder / "model-q8_0.gguf").open("r+b") as file:
        file.seek(70_000_000)
        (found,) = file.read(1)
        file.seek(70_000_000)
        file.write(bytes([found ^ 1]))


def test_ask_with_a_changed_writer_gives_no_answer(sandbox: Sandbox) -> None:
    put_changed_writer(sandbox)
    line = {"id": 1, "question": "What is the notice period of the parking contract?",
            "passages": ["The notice period of the parking contract is six weeks."]}  # fmt: skip
    done = sandbox.run("ask", "--batch", "--json", stdin=json.dumps(line) + "\n")
    assert done.code == 5 and done.out == ""
    assert done.error["code"] == "model.digest" and "model-q8_0.gguf" in done.error["message"]
    kinds = [one["type"] for one in sandbox.ok("audit", "list", "--json").lines]
    asked = kinds[kinds.index("query.received") :]
    assert asked[:3] == ["query.received", "passages.retrieved", "session.end"]


@pytest.mark.parametrize(("mode", "times"), [("ask", 0), ("chat", 1)])
def test_the_writer_is_loaded_when_it_is_asked_or_while_the_user_types(
    sandbox: Sandbox, mode: str, times: int
) -> None:
    """An answer of a few words needs none; in `ask` it would only delay them."""
    with open_session(
        Workspace(sandbox.workspace), command="test", collection="default",
        evidence=unenforced(), key_file=sandbox.key_file,
    ) as session:  # fmt: skip
        loaded: list[Generator] = []

        def load() -> Generator:
            loaded.append(LazyGenerator(load))
            return loaded[0]

        session.generator = load  # type: ignore[method-assign]
        asker = Asker(session, mode=mode)
        assert asker._reading is not None and asker._reading.result() is session.reader
        assert asker._embedding.result() is session.embedder and session.names_model is not None
        for _ in range(2):
            answered = asker.ask(
                "When does the parking contract end?",
                passages=["The parking contract ends on 31 May 2027."],
            )
            assert answered.answer.short and answered.model_digest == session.generator_digest
        assert (asker._loading is None) is (mode == "ask")
        if asker._loading is not None:
            asker._loading.result()
        assert len(loaded) == times


def test_search_json_is_the_documented_form(filled: Sandbox) -> None:
    found = filled.ok("search", "ended with 90 days of notice before a term's end", "--json").json
    passage = found["passages"][0]
    assert set(passage) == {"document", "chunk", "text", "score", "start", "end", "place"}
    assert set(passage["place"]) == {"page", "sheet", "slide", "row", "heading"}
    text = filled.ok("index", "show", passage["document"], "--json").json["text"]
    assert text[passage["start"] : passage["end"]] == passage["text"]
    assert passage["place"]["page"] == 2


def test_reveal_gives_the_value_and_is_on_record(own: Sandbox) -> None:
    found = own.ok("ask", "When does the lease of Anna Novak end?", "--json").json
    (person,) = PLACEHOLDER.findall(found["question"])
    shown = own.ok("reveal", person, "--reason", "asked by Anna Novak herself", "--json").json
    assert shown["values"] == {person: "Anna Novak"}
    events = [
        (one["type"], json.dumps(one)) for one in own.ok("audit", "list", "--json").lines
        if one["type"].startswith("reveal.")
    ]  # fmt: skip
    assert [kind for kind, _ in events] == ["reveal.requested", "reveal.granted"]
    assert all("Novak" not in text for _, text in events)


def test_every_question_leaves_its_events_in_order(own: Sandbox) -> None:
    before = len(own.ok("audit", "list", "--json").lines)
    own.ok("ask", "Why did the invoice export fail?")
    kinds = [one["type"] for one in own.ok("audit", "list", "--json").lines][before:]
    wanted = ["query.received", "passages.retrieved", "answer.given"]
    assert [kind for kind in kinds if kind in wanted] == wanted
    log = b"".join(p.read_bytes() for p in (own.workspace / "audit" / "log").iterdir())
    assert b"invoice export" not in log


def test_search_bare_surname_that_the_vault_knows_is_its_placeholder(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text(
        "Dear Mr Chidi Okafor,\n\nyour lease of the flat ends on 31 March 2027 and the deposit "
        "of 900 pounds is paid back within four weeks.\n"
    )
    sandbox.ok("index", "add", letter)
    stored = sandbox.ok("search", "deposit of the flat", "--json").json["passages"][0]["text"]
    (person,) = set(re.findall(r"<PERSON_[0-9A-HJKMNP-TV-Z]{10}>", stored))
    for question in ("when does okafor get the deposit", "Okafor deposit?", "OKAFOR's deposit"):
        found = sandbox.ok("search", question, "--json").json
        assert person in found["question"] and "kafor" not in found["question"].lower()
    unknown = sandbox.ok("search", "when is the deposit paid back", "--json").json["question"]
    assert unknown == "when is the deposit paid back"


def test_ask_loads_no_part_of_a_library_that_no_question_needs(filled: Sandbox) -> None:
    done = filled.ok(
        "ask",
        "How much notice ends the maintenance agreement for the lifts?",
        env={"PYTHONPROFILEIMPORTTIME": "1"},
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.err.splitlines()}
    assert {"secure_rag.index.lance", "secure_rag.redaction.presidio_parts"} <= loaded
    unwanted = {
        "lance_namespace_urllib3_client",
        "spacy",
        "presidio_analyzer.analyzer_engine",
        "requests",
        "torch",
    }
    assert not unwanted & loaded
