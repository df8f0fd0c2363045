"""Readers: good files of every format, and bad ones with a clear error that quotes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from secure_rag.errors import InputError, UsageError
from secure_rag.evaluation.datasets import FORMATS, ReadOptions, read_set, readers
from secure_rag.evaluation.labelled import LabelledSet

IOB2 = "Anna B-PER\nNovak I-PER\nof O\nLeeds B-LOC\n\nMet O\nIvan B-PER\nPetra B-PER\n"
IOB1 = "Anna I-PER\nNovak I-PER\nof O\nLeeds I-LOC\n\nMet O\nIvan I-PER\nPetra B-PER\n"
BIOES = "Anna B-PER\nNovak E-PER\nof O\nLeeds S-LOC\n\nMet O\nIvan S-PER\nPetra S-PER\n"
POS = "Anna NNP B-PER\nNovak NNP I-PER\nof IN O\nLeeds NNP B-LOC\n\nMet VBD O\nIvan NNP B-PER\n"
UNIVERSAL = (
    "# newdoc id = a\n# text = Anna Novak's dog.\n"
    "1\tAnna\tB-PER\t-\t-\n2\tNovak\tI-PER\t-\t-\n3\t's\tO\t-\t-\n4\tdog\tO\t-\t-\n5\t.\tO\t-\t-\n"
    "\n# newdoc id = b\n# text = Leeds\n1\tLeeds\tB-LOC\t-\t-\n"
)
SYNTH = [
    {
        "full_text": "Mr Anna Novak, Leeds",
        "spans": [
            {"entity_type": "GPE", "entity_value": "Leeds", "start_position": 15,
             "end_position": 20},
            {"entity_type": "PERSON", "entity_value": "Anna Novak", "start_position": 3,
             "end_position": 13},
        ],
        "template_id": 2,
        "metadata": None,
    }
]  # fmt: skip
TAB = [
    {
        "doc_id": "001-1",
        "text": "Anna Novak lives in Leeds.",
        "dataset_type": "dev",
        "annotations": {
            "annotator1": {
                "entity_mentions": [
                    {"entity_type": "PERSON", "start_offset": 0, "end_offset": 10,
                     "span_text": "Anna Novak", "identifier_type": "DIRECT", "entity_id": "e1"},
                    {"entity_type": "LOC", "start_offset": 20, "end_offset": 25,
                     "span_text": "Leeds", "identifier_type": "NO_MASK", "entity_id": "e2"},
                ]
            },
            "annotator2": {"entity_mentions": []},
        },
    }
]  # fmt: skip
MARKED = """\
format: 1
documents:
  - text: "Dear [Anna Novak](PERSON), come to [Leeds](LOCATION) \\\\[soon]."
    part: letters
    locale: cs
"""
CASES = """\
policy: default.yaml
cases:
  - {id: a, text: "Write to [a.novak@example.com](EMAIL_ADDRESS).", tags: [mail]}
"""
JSONL = (
    '{"text": "Anna Novak, Leeds", "spans": [{"entity": "PERSON", "start": 0, "end": 10}], '
    '"part": "mail", "locale": "cs"}\n'
    '\n{"text": "Leeds", "labels": [[0, 5, "GPE"]]}\n'
)


def write(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def marked_words(labelled: LabelledSet) -> list[list[tuple[str, str]]]:
    return [
        [(text.text[one.start : one.end], one.entity) for one in text.mentions]
        for text in labelled.texts
    ]


@pytest.mark.parametrize("content", [IOB2, IOB1, BIOES], ids=["iob2", "iob1", "bioes"])
def test_read_columns_every_tagging_gives_the_same_mentions(tmp_path: Path, content: str) -> None:
    found = read_set([write(tmp_path, "a.conll", content)])
    assert found.format == "conll" and not found.is_complete
    assert [text.text for text in found.texts] == ["Anna Novak of Leeds", "Met Ivan Petra"]
    assert marked_words(found) == [
        [("Anna Novak", "PERSON"), ("Leeds", "LOCATION")],
        [("Ivan", "PERSON"), ("Petra", "PERSON")],
    ]


def test_read_columns_more_columns_the_last_with_tags_is_taken(tmp_path: Path) -> None:
    found = read_set([write(tmp_path, "a.txt", POS)])
    assert marked_words(found)[0] == [("Anna Novak", "PERSON"), ("Leeds", "LOCATION")]


def test_read_columns_of_universal_ner_restores_text_and_documents(tmp_path: Path) -> None:
    found = read_set([write(tmp_path, "a.iob2", UNIVERSAL)])
    assert [text.text for text in found.texts] == ["Anna Novak's dog.", "Leeds"]
    assert marked_words(found) == [[("Anna Novak", "PERSON")], [("Leeds", "LOCATION")]]


def test_read_columns_text_line_that_does_not_fit_is_not_used(tmp_path: Path) -> None:
    content = UNIVERSAL.replace("# text = Anna Novak's dog.", "# text = Somebody else.")
    found = read_set([write(tmp_path, "a.iob2", content)])
    assert found.texts[0].text == "Anna Novak 's dog ."


def test_read_columns_a_hash_is_a_word_and_a_comment_is_not(tmp_path: Path) -> None:
    content = "# sent_id = 1\n# O\nAnna B-PER\n"
    assert read_set([write(tmp_path, "a.conll", content)]).texts[0].text == "# Anna"


def test_read_columns_given_columns_and_sentences_are_used(tmp_path: Path) -> None:
    path = write(tmp_path, "a.conll", "B-PER Anna\nO met\n\nO nobody\n\nB-PER Ivan\n")
    options = ReadOptions(word_column=2, tag_column=1, sentences=2)
    found = read_set([path], format_name="conll", options=options)
    assert [text.text for text in found.texts] == ["Anna met\nnobody", "Ivan"]


def test_read_presidio_research_maps_labels_and_sorts(tmp_path: Path) -> None:
    found = read_set([write(tmp_path, "a.json", SYNTH)])
    assert found.format == "presidio" and found.is_complete
    assert marked_words(found) == [[("Anna Novak", "PERSON"), ("Leeds", "LOCATION")]]
    assert found.labels == {"GPE": ("LOCATION", 1), "PERSON": ("PERSON", 1)}


def test_read_tab_keeps_annotators_and_masking_apart(tmp_path: Path) -> None:
    found = read_set([write(tmp_path, "a.json", TAB)])
    (text,) = found.texts
    assert found.format == "tab" and text.annotators == ("annotator1", "annotator2")
    assert [len(mentions) for mentions in text.by_annotator()] == [2, 0]
    assert [(one.entity_id, one.masking) for one in text.mentions] == [
        ("e1", "DIRECT"),
        ("e2", "NO_MASK"),
    ]


def test_read_tab_misc_and_quantity_are_personal(tmp_path: Path) -> None:
    content = json.loads(json.dumps(TAB))
    content[0]["annotations"]["annotator1"]["entity_mentions"][0]["entity_type"] = "MISC"
    assert "MISC" in read_set([write(tmp_path, "a.json", content)]).entities


def test_read_marked_yaml_documents_with_slices(tmp_path: Path) -> None:
    found = read_set([write(tmp_path, "a.yaml", MARKED)])
    (text,) = found.texts
    assert text.text == "Dear Anna Novak, come to Leeds [soon]."
    assert (text.part, text.locale) == ("letters", "cs")
    assert marked_words(found) == [[("Anna Novak", "PERSON"), ("Leeds", "LOCATION")]]


def test_read_marked_yaml_case_file_needs_no_policy(tmp_path: Path) -> None:
    found = read_set([write(tmp_path, "a.test.yaml", CASES)])
    assert marked_words(found) == [[("a.novak@example.com", "EMAIL_ADDRESS")]]


def test_read_json_lines_objects_and_triples(tmp_path: Path) -> None:
    found = read_set([write(tmp_path, "a.jsonl", JSONL)])
    assert marked_words(found) == [[("Anna Novak", "PERSON")], [("Leeds", "LOCATION")]]
    assert (found.texts[0].part, found.texts[0].locale) == ("mail", "cs")


def test_read_several_files_name_their_part(tmp_path: Path) -> None:
    paths = [write(tmp_path, "mail.conll", IOB2), write(tmp_path, "chat.conll", IOB1)]
    found = read_set(paths)
    assert [text.part for text in found.texts] == ["mail", "mail", "chat", "chat"]
    assert [text.number for text in found.texts] == [1, 2, 3, 4]


def test_read_limit_draws_the_same_documents_in_order(tmp_path: Path) -> None:
    lines = "".join(
        json.dumps({"text": f"Anna {n}", "spans": [[0, 4, "PERSON"]]}) + "\n" for n in range(50)
    )
    path = write(tmp_path, "a.jsonl", lines)
    first = [text.number for text in read_set([path], limit=10, seed=3).texts]
    assert first == [text.number for text in read_set([path], limit=10, seed=3).texts]
    assert first == sorted(first) and len(first) == 10
    assert first != [text.number for text in read_set([path], limit=10, seed=4).texts]


def test_map_goes_before_the_table_and_can_leave_out(tmp_path: Path) -> None:
    path = write(tmp_path, "a.conll", IOB2)
    assert read_set([path], maps=["PER=TITLE", "LOC=-"]).entities == ("TITLE",)
    path = write(tmp_path, "b.conll", IOB2.replace("LOC", "GALAXY"))
    assert read_set([path], maps=["*=-"]).entities == ("PERSON",)


def test_unknown_label_is_refused_by_name(tmp_path: Path) -> None:
    path = write(tmp_path, "a.conll", IOB2.replace("LOC", "GALAXY"))
    with pytest.raises(UsageError) as caught:
        read_set([path])
    assert "GALAXY" in caught.value.message and caught.value.code == "dataset.label"


@pytest.mark.parametrize("pair", ["PER", "=PERSON", "PER=", "PER=a b"])
def test_map_of_another_form_is_refused(tmp_path: Path, pair: str) -> None:
    with pytest.raises(UsageError):
        read_set([write(tmp_path, "a.conll", IOB2)], maps=[pair])


SECRET = "Zeldovich"
"""Stands for a value in a file that cannot be read; it may never be in a message."""

BAD: dict[str, tuple[str, Any, str]] = {
    "not json": ("a.json", '[{"full_text": "' + SECRET, "dataset.format"),
    "object not list": ("a.json", {"full_text": SECRET}, "dataset.format"),
    "no spans": ("a.json", [{"full_text": SECRET}], "dataset.format"),
    "span outside": (
        "a.json",
        [{"full_text": SECRET, "spans": [
            {"entity_type": "PERSON", "start_position": 0, "end_position": 99}]}],
        "dataset.offsets",
    ),
    "span of other words": (
        "a.json",
        [{"full_text": SECRET, "spans": [
            {"entity_type": "PERSON", "entity_value": SECRET[1:], "start_position": 0,
             "end_position": 8}]}],
        "dataset.offsets",
    ),
    "span not a number": (
        "a.jsonl", {"text": SECRET, "spans": [["0", 3, "PERSON"]]}, "dataset.offsets",
    ),
    "line not json": ("a.jsonl", f'{{"text": "{SECRET}"', "dataset.format"),
    "line without text": ("a.jsonl", {"spans": []}, "dataset.format"),
    "line with another field": (
        "a.jsonl", {"text": SECRET, "spans": [], "field": SECRET}, "dataset.format",
    ),
    "tab without masking": (
        "a.json",
        [{"doc_id": "1", "text": SECRET, "annotations": {"a": {"entity_mentions": [
            {"entity_type": "PERSON", "start_offset": 0, "end_offset": 3}]}}}],
        "dataset.format",
    ),
    "yaml broken": ("a.yaml", "documents: [", "dataset.format"),
    "yaml unknown key": (
        "a.yaml", f"documents:\n  - {{text: {SECRET}, naem: x}}\n", "dataset.format",
    ),
    "yaml unknown entity": ("a.yaml", f'documents:\n  - text: "[{SECRET}](PERSN)"\n',
                            "dataset.format"),
    "unknown format": ("a.txt", f"{SECRET} went home.\nNothing is marked.\n", "dataset.format"),
    "column short": ("a.conll", IOB2 + f"{SECRET}\n", "dataset.format"),
    "empty": ("a.jsonl", "\n", "dataset.format"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_file_is_4_and_quotes_nothing(tmp_path: Path, case: str) -> None:
    name, content, code = BAD[case]
    with pytest.raises(InputError) as caught:
        read_set([write(tmp_path, name, content)])
    assert caught.value.code == code and caught.value.exit_code == 4
    assert SECRET not in f"{caught.value.message} {caught.value.hint}"
    assert caught.value.message.startswith(name)


def test_missing_and_undecodable_files_are_4(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_set([tmp_path / "nowhere.conll"])
    assert caught.value.code == "dataset.missing"
    (tmp_path / "latin.conll").write_bytes("Zo\xeb B-PER\n".encode("latin-1"))
    with pytest.raises(InputError) as caught:
        read_set([tmp_path / "latin.conll"])
    assert caught.value.code == "dataset.encoding"


def test_files_of_different_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        read_set([write(tmp_path, "a.conll", IOB2), write(tmp_path, "a.jsonl", JSONL)])


def test_formats_listed_are_those_of_the_readers() -> None:
    assert tuple(reader.name for reader in readers()) == FORMATS


def test_public_dev_sets_are_read_whole(data_folder: Path) -> None:
    expected = {
        "pii/synth_v2_dev/synth_dataset_v2.even_templates.json": (754, 1479),
        "ner/permissive/wnut17/CONLL-format/data/dev/emerging.dev.conll": (1009, 617),
        "ner/permissive/wikigold/CONLL-format/data/wikigold.conll.txt": (145, 2846),
    }
    for name, (documents, mentions) in expected.items():
        found = read_set([data_folder / name])
        assert (len(found.texts), found.mentions) == (documents, mentions)
