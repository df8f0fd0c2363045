"""Tests of what the NER model is trained on: data readers and the document generator."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "models/recipes/ner"))

import corpora  # noqa: E402
import grammar  # noqa: E402
import people  # noqa: E402
import synthetic  # noqa: E402


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param("I-PER I-PER O", "B-PER I-PER O", id="iob1"),
        pytest.param("I-PER B-PER", "B-PER B-PER", id="iob1-adjacent"),
        pytest.param("B-person I-person", "B-PER I-PER", id="iob2-mapped"),
        pytest.param("B-politician B-country", "B-PER B-LOC", id="fine-types"),
        pytest.param("B-MISC I-MISC O", "O O O", id="other-type"),
        pytest.param("I-LOC I-ORG", "B-LOC B-ORG", id="type-change"),
    ],
)
def test_to_bio_any_scheme_gives_bio_of_three_types(tags: str, expected: str) -> None:
    words = [("word", tag) for tag in tags.split()]
    assert [tag for _, tag in corpora.to_bio(words)] == expected.split()


def test_read_columns_comments_and_document_marks_are_skipped() -> None:
    lines = ["-DOCSTART- -X- O", "", "# text = x", "1\tAnn\tB-PER", "2\truns\tO", "", "1\tHi\tO"]
    sentences = list(corpora.read_columns(lines, word=1, tag=2))
    assert sentences == [[("Ann", "B-PER"), ("runs", "O")], [("Hi", "O")]]


def test_strip_honorifics_title_before_name_is_left_out() -> None:
    words = [("Mr.", "B-PER"), ("Quill", "I-PER"), ("and", "O"), ("Miss", "B-PER")]
    tags = [tag for _, tag in corpora.strip_honorifics(words)]
    assert tags == ["O", "B-PER", "O", "B-PER"]


def test_drop_handles_marked_handle_becomes_outside() -> None:
    sentence = (("@", "B-PER"), ("somebody", "B-PER"), ("met", "O"), ("Ann", "B-PER"))
    document = corpora.drop_handles(corpora.Document("btc", (sentence,)))
    assert [tag for _, tag in document.sentences[0]] == ["O", "O", "O", "B-PER"]


def test_drop_contract_roles_role_words_become_outside() -> None:
    sentence = (("Borrower", "B-PER"), ("Ann", "B-PER"), ("Quill", "I-PER"))
    document = corpora.drop_contract_roles(corpora.Document("sec", (sentence,)))
    assert [tag for _, tag in document.sentences[0]] == ["O", "B-PER", "I-PER"]


def test_generate_same_seed_gives_the_same_documents() -> None:
    assert synthetic.generate(20, seed=4) == synthetic.generate(20, seed=4)
    assert synthetic.generate(20, seed=4) != synthetic.generate(20, seed=5)


@pytest.mark.parametrize("held", [False, True], ids=["training", "held-out"])
def test_generate_many_documents_tags_are_valid_bio(*, held: bool) -> None:
    kinds = set()
    for document in synthetic.generate(400, seed=8, held=held):
        for sentence in document.sentences:
            before = "O"
            for _, tag in sentence:
                assert not tag.startswith("I-") or before[2:] == tag[2:]
                before = tag
                kinds.add(tag)
    assert kinds == set(corpora.LABELS)


def test_held_out_lists_share_no_template_sentence_or_name_with_training() -> None:
    assert not set(synthetic.templates(True)) & set(synthetic.templates(False))
    for pool, sentences in synthetic.pools(True).items():
        assert not set(sentences) & set(synthetic.pools(False)[pool])
    for locale in people.lists("names.toml"):
        for key in ("given", "surname"):
            kept = people.part("names.toml", locale, key, True)
            assert len(kept) >= 4
            assert len(people.part("names.toml", locale, key, False)) > 5 * len(kept) - 6


def test_slots_of_all_templates_are_known() -> None:
    texts = [*synthetic.templates(False), *synthetic.templates(True)]
    texts += [s for held in (False, True) for pool in synthetic.pools(held).values() for s in pool]
    writer = synthetic.Writer(people.Draw("1", held=False))
    for text in texts:
        for line in writer.write(text):
            assert all(kind == "" or kind in grammar.KINDS for _, kind in line)
            assert not any("{sent" in text or "[]" in text for text, _ in line)


def test_parse_brackets_without_a_bar_stay_brackets() -> None:
    assert "".join(str(node) for node in grammar.parse("[2014] a ¦ b")) == "[2014] a | b"


def test_parse_bracket_left_open_is_refused() -> None:
    with pytest.raises(ValueError, match="never closed"):
        grammar.parse("one [two|three")


def test_write_address_block_gives_one_mention_per_line() -> None:
    writer = synthetic.Writer(people.Draw("3", held=False))
    lines = writer.write("Dear you\n{ablock}\nbye")
    inner = lines[1:-1]
    assert len(inner) >= 2
    assert [[kind for _, kind in line] for line in inner] == [["ADDR"]] * len(inner)
    assert synthetic.tag_words(inner[1])[0][1] == "B-ADDR"


@pytest.mark.parametrize("kind", ["date", "dnum", "isodate", "time", "clock", "reldate", "dur"])
def test_write_date_forms_hold_no_unfilled_sign(kind: str) -> None:
    for seed in range(60):
        writer = synthetic.Writer(people.Draw(str(seed), held=False))
        (line,) = writer.write(f"{{{kind}}}")
        assert [label for _, label in line] == ["DATE"]
        assert not set("#{}[]|") & set(line[0][0])


def test_write_a_before_a_vowel_becomes_an() -> None:
    writer = synthetic.Writer(people.Draw("1", held=False))
    texts = {"".join(t for t, _ in writer.write("a {jobl}")[0]) for _ in range(200)}
    vowels = tuple("aeio")
    assert all(text.startswith("an ") == text.split(" ", 1)[1].startswith(vowels) for text in texts)


def test_read_marked_mentions_are_tagged() -> None:
    (document,) = synthetic.read_marked("Dear <PER Ann Quill>, of <LOC Leeds>", "own")
    tags = [tag for _, tag in document.sentences[0]]
    assert tags == ["O", "B-PER", "I-PER", "O", "O", "B-LOC"]


def test_config_of_the_shipped_model_names_the_labels_trained() -> None:
    config = json.loads((ROOT / "models/ner-minilm/config.json").read_text("utf-8"))
    assert [config["id2label"][str(n)] for n in range(len(corpora.LABELS))] == list(corpora.LABELS)
    assert config["aggregation"] == "first"


def test_read_training_public_parts_have_the_published_sizes() -> None:
    if "SECURE_RAG_DATA" not in os.environ:
        pytest.skip("SECURE_RAG_DATA is not set")
    documents = corpora.read_training(Path(os.environ["SECURE_RAG_DATA"]) / "ner")
    sentences: dict[str, int] = {}
    for document in documents:
        count = len(document.sentences)
        sentences[document.corpus] = sentences.get(document.corpus, 0) + count
    assert sentences["wnut17"] == 3394
    assert sentences["wikigold"] in range(1690, 1850)
    assert sentences["btc"] in range(9000, 9500)
    assert sum(d.corpus == "litbank" for d in documents) == 100
