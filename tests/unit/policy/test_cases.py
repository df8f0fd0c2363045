"""Marks in texts, and each mistake in a case file."""

from __future__ import annotations

from pathlib import Path

import pytest

from secure_rag.errors import PolicyError
from secure_rag.policy.cases import load_cases, parse_marks
from secure_rag.policy.strict_yaml import Node, Source

POLICY = "format: 1\nname: mine\nrules:\n  - {entity: PERSON, action: mask}\n"
HEAD = "policy: mine.yaml\ncases:\n"


def write(folder: Path, text: str) -> Path:
    (folder / "mine.yaml").write_text(POLICY, "utf-8")
    path = folder / "mine.test.yaml"
    path.write_text(text, "utf-8")
    return path


MARKS = [
    ("no marks", "no marks", []),
    ("[Anna Novak](PERSON)", "Anna Novak", [(0, 10, "PERSON", None)]),
    (
        "Hi [A](PERSON), [B](PERSON)!",
        "Hi A, B!",
        [(3, 4, "PERSON", None), (6, 7, "PERSON", None)],
    ),
    ("[Acme](ORGANIZATION:keep)", "Acme", [(0, 4, "ORGANIZATION", "keep")]),
    ("see [docs](https://example.com)", "see [docs](https://example.com)", []),
    ("see [docs](page)", "see [docs](page)", []),
    (r"\[Anna](PERSON)", "[Anna](PERSON)", []),
    (r"[A \[x\] B](PERSON)", "A [x] B", [(0, 7, "PERSON", None)]),
    (r"C:\temp\[a]", r"C:\temp[a]", []),
    ("a [b] (c) [d]", "a [b] (c) [d]", []),
    ("x[0](PERSON)", "x0", [(1, 2, "PERSON", None)]),
    ("[two\nlines](STREET_ADDRESS)", "two\nlines", [(0, 9, "STREET_ADDRESS", None)]),
    ("é [Zoë](PERSON) 🙂", "é Zoë 🙂", [(2, 5, "PERSON", None)]),
    ("see [pages](url) or [pages](person)", "see [pages](url) or [pages](person)", []),
    (r"\[Anna\](PERSON:Keep)", "[Anna](PERSON:Keep)", []),
]
SLIPS = [
    "[Acme](ORGANIZATION: keep)",
    "[Acme](ORGANIZATION:Keep)",
    "[Acme]( ORGANIZATION:keep)",
    "[Acme] (ORGANIZATION:keep)",
    "[Acme](Organization:keep)",
    "[Acme](ORGANIZATION:keep#Ends)",
    "[30 June [2026]](DATE_TIME:keep)",
    "[](PERSON)",
]


@pytest.mark.parametrize("number", range(len(MARKS)))
def test_parse_marks_gives_plain_text_and_offsets(number: int) -> None:
    written, plain, expected = MARKS[number]
    text, marks = parse_marks(written, Node(None, 1, 1), Source("x", "cases"))
    assert text == plain
    assert [(mark.start, mark.end, mark.entity, mark.action) for mark in marks] == expected


@pytest.mark.parametrize("number", range(len(SLIPS)))
def test_parse_marks_what_is_nearly_a_mark_is_refused(number: int) -> None:
    with pytest.raises(PolicyError, match="nearly a mark of") as caught:
        parse_marks(f"See {SLIPS[number]}, please.", Node(None, 7, 11), Source("x", "cases"))
    assert caught.value.message.startswith("x:7:11: ")
    assert caught.value.code == "cases.mark" and caught.value.hint


def test_load_full_case_keeps_every_key(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        HEAD
        + """\
  - id: full
    text: "[Anna Novak](PERSON) met [Ms Novak](PERSON) and [Bo](PERSON)"
    field: title
    redacted: "x"
    allow: [DATE_TIME]
    known_gap: not yet
    tags: [mail, en]
    must_link: [[Anna Novak, Ms Novak]]
    must_not_link: [[Anna Novak, Bo]]
""",
    )
    loaded = load_cases(path)
    assert loaded.policy == tmp_path / "mine.yaml"
    (case,) = loaded.cases
    (text,) = case.texts
    assert (case.id, case.line, text.field, text.redacted) == ("full", 3, "title", "x")
    assert (case.allow, case.known_gap, case.tags) == (
        ("DATE_TIME",),
        "not yet",
        ("mail", "en"),
    )
    assert case.must_link == (("Anna Novak", "Ms Novak"),)
    assert case.must_not_link == (("Anna Novak", "Bo"),)
    assert [text.value(mark) for mark in text.marks] == ["Anna Novak", "Ms Novak", "Bo"]


def test_load_texts_documents_and_thresholds(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("x", "utf-8")
    path = write(
        tmp_path,
        HEAD
        + """\
  - id: two
    texts: ["[Anna](PERSON#a)", {text: "[Anna](PERSON:mask#b)", field: title, redacted: x}]
    collection: legal
    labels: [hr]
    must_not_link: [[a, b]]
  - id: file
    file: letter.txt
    marks: ["[Anna](PERSON) and [Bo](PERSON)", {mark: "[Acme](ORGANIZATION:keep)", field: body}]
datasets: [letter.txt, {path: letter.txt, format: conll}]
thresholds:
  PERSON: {recall: 0.95, precision: 0.8}
""",
    )
    loaded = load_cases(path)
    two, file = loaded.cases
    assert [(one.text, one.field, one.redacted) for one in two.texts] == [
        ("Anna", "body", None),
        ("Anna", "title", "x"),
    ]
    assert [mark.name for one in two.texts for mark in one.marks] == ["a", "b"]
    assert (two.scope.collection, two.scope.labels) == ("legal", ("hr",))
    assert file.document is not None and file.document.path == tmp_path / "letter.txt"
    assert [(one.words, one.entity, one.action, one.field) for one in file.document.expected] == [
        ("Anna", "PERSON", None, None),
        ("Bo", "PERSON", None, None),
        ("Acme", "ORGANIZATION", "keep", "body"),
    ]
    assert [(one.entity, one.measure, one.least) for one in loaded.thresholds] == [
        ("PERSON", "recall", 0.95),
        ("PERSON", "precision", 0.8),
    ]
    assert [one.format for one in loaded.datasets] == [None, "conll"]
    assert loaded.documents == (tmp_path / "letter.txt",)


def test_load_policy_named_without_suffix_is_found_beside(tmp_path: Path) -> None:
    path = write(tmp_path, "policy: mine\ncases:\n  - {id: a, text: b}\n")
    assert load_cases(path).policy == tmp_path / "mine.yaml"


BROKEN = {
    "unknown key": (HEAD + "  - {id: a, txt: b}\n", "3:13", "cases.unknown_key"),
    "unknown file key": ("policie: mine.yaml\ncases: []\n", "1:1", "cases.unknown_key"),
    "no id": (HEAD + "  - {text: b}\n", "3:5", "cases.missing_key"),
    "bad id": (HEAD + "  - {id: A b, text: b}\n", "3:10", "cases.id"),
    "no text": (HEAD + "  - {id: a}\n", "3:5", "cases.missing_key"),
    "number as text": (HEAD + "  - {id: a, text: 12}\n", "3:19", "cases.type"),
    "duplicate id": (
        HEAD + "  - {id: a, text: b}\n  - {id: a, text: c}\n",
        "4:5",
        "cases.duplicate",
    ),
    "unknown entity in a mark": (
        HEAD + '  - {id: a, text: "[x](PHONE)"}\n',
        "3:19",
        "cases.unknown_entity",
    ),
    "unknown action in a mark": (
        HEAD + '  - {id: a, text: "[x](PERSON:hide)"}\n',
        "3:19",
        "cases.unknown_action",
    ),
    "unknown entity allowed": (
        HEAD + "  - {id: a, text: b, allow: [DATE]}\n",
        "3:30",
        "cases.unknown_entity",
    ),
    "unknown field": (
        HEAD + "  - {id: a, text: b, field: boddy}\n",
        "3:29",
        "cases.unknown_field",
    ),
    "gap without reason": (
        HEAD + "  - {id: a, text: b, known_gap: true}\n",
        "3:33",
        "cases.type",
    ),
    "link to unmarked words": (
        HEAD + '  - {id: a, text: "[x](PERSON) y", must_link: [[x, y]]}\n',
        "3:52",
        "cases.link",
    ),
    "link of one": (
        HEAD + '  - {id: a, text: "[x](PERSON) y", must_link: [[x]]}\n',
        "3:48",
        "cases.value",
    ),
    "no cases": ("policy: mine.yaml\ncases: []\n", "2:8", "cases.empty"),
    "no policy": ("cases: []\n", "1:1", "cases.missing_key"),
    "unknown policy": (
        "policy: nine.yaml\ncases: [{id: a, text: b}]\n",
        "1:9",
        "cases.policy",
    ),
    "policy elsewhere": ("policy: ../mine.yaml\ncases: []\n", "1:9", "cases.policy"),
    "format 2": ("format: 2\npolicy: mine.yaml\ncases: []\n", "1:9", "cases.format"),
    "text and file": (
        HEAD + "  - {id: a, text: b, file: mine.yaml}\n",
        "3:5",
        "cases.kind",
    ),
    "marks without file": (HEAD + "  - {id: a, text: b, marks: []}\n", "3:22", "cases.kind"),
    "redacted with texts": (
        HEAD + "  - {id: a, texts: [b, c], redacted: d}\n",
        "3:28",
        "cases.kind",
    ),
    "one of texts": (HEAD + "  - {id: a, texts: [b]}\n", "3:20", "cases.value"),
    "missing file": (HEAD + "  - {id: a, file: gone.txt}\n", "3:19", "cases.file"),
    "absolute file": (HEAD + "  - {id: a, file: /etc/hosts}\n", "3:19", "cases.file"),
    "marks and refused": (
        HEAD + '  - {id: a, file: mine.yaml, refused: x, marks: ["[a](PERSON)"]}\n',
        "3:49",
        "cases.kind",
    ),
    "item of marks without a mark": (
        HEAD + "  - {id: a, file: mine.yaml, marks: [b]}\n",
        "3:38",
        "cases.mark",
    ),
    "thresholds without datasets": (
        HEAD + "  - {id: a, text: b}\nthresholds: {PERSON: {recall: 0.9}}\n",
        "4:13",
        "cases.thresholds",
    ),
    "threshold of an unknown entity": (
        HEAD + "  - {id: a, text: b}\nthresholds: {PERSONS: {recall: 0.9}}\n",
        "4:14",
        "cases.unknown_key",
    ),
    "threshold of an unknown measure": (
        HEAD + "  - {id: a, text: b}\nthresholds: {PERSON: {recal: 0.9}}\n",
        "4:23",
        "cases.unknown_key",
    ),
    "threshold above 1": (
        HEAD + "  - {id: a, text: b}\nthresholds: {PERSON: {recall: 95}}\n",
        "4:31",
        "cases.value",
    ),
    "missing data set": (
        HEAD + "  - {id: a, text: b}\ndatasets: [gone.json]\n",
        "4:12",
        "cases.file",
    ),
    "alias": (HEAD + "  - &a {id: a, text: b}\n  - *a\n", "3:5", "cases.yaml"),
}


@pytest.mark.parametrize("situation", BROKEN)
def test_load_broken_cases_names_the_place(situation: str, tmp_path: Path) -> None:
    text, place, code = BROKEN[situation]
    path = write(tmp_path, text)
    with pytest.raises(PolicyError) as raised:
        load_cases(path)
    assert (raised.value.message.split(": ")[0], raised.value.code) == (
        f"{path}:{place}",
        code,
    )
