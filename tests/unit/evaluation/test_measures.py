"""Measures against examples computed by hand."""

from __future__ import annotations

from collections import Counter

import pytest

from secure_rag.evaluation import figures
from secure_rag.evaluation.counts import Counts, Scope, score
from secure_rag.evaluation.forms import slices_of
from secure_rag.evaluation.labelled import LabelledText, Mention
from secure_rag.evaluation.span_match import ANY, Tagged, match, skip_words, spans_of, tokens_of
from secure_rag.evaluation.systems import Masked, uniform, without_overlaps
from secure_rag.evaluation.tab_scores import score_tab
from secure_rag.evaluation.words import words_of
from secure_rag.policy.loader import load_policy

TEXT = "Mr John Smith of the University of Leeds wrote to Anna."
#       0  3    8     14 17  21         32 35    41    47 50


def at(words: str, entity: str, *, text: str = TEXT) -> Masked:
    start = text.index(words)
    return Masked(start, start + len(words), entity)


def marked(words: str, entity: str, *, text: str = TEXT, **kind: str) -> Mention:
    start = text.index(words)
    return Mention(start, start + len(words), entity, **kind)


GOLD = (
    marked("Mr John Smith", "PERSON"),
    marked("the University of Leeds", "ORGANIZATION"),
    marked("Anna", "PERSON"),
)
EVERYTHING = Scope(frozenset({"PERSON", "ORGANIZATION"}))


def counted(found: list[Masked], scope: Scope = EVERYTHING) -> Counts:
    return score(LabelledText(TEXT, GOLD, number=1), found, scope).counts


# found; words any type (gold, masked, said, right); mentions whole; documents leaked
WORDS = {
    "nothing": ([], (5, 0, 0, 0), 0, 1),
    "everything": (
        [at("John Smith", "PERSON"), at("University of Leeds", "ORGANIZATION"),
         at("Anna", "PERSON")],
        (5, 5, 5, 5), 3, 0,
    ),
    # `Mr`, `the` and `of` are not counted; `wrote` is a false alarm
    "half a name and a false alarm": (
        [at("Smith", "PERSON"), at("wrote", "PERSON")], (5, 1, 2, 1), 0, 1,
    ),
    # hidden is hidden, whatever it is called
    "other types": (
        [at("Mr John Smith", "LOCATION"), at("University of Leeds", "LOCATION"),
         at("Anna", "TITLE")],
        (5, 5, 5, 5), 3, 0,
    ),
    # a word of which a letter is left is not hidden, but was said
    "a letter left": ([at("John Smit", "PERSON")], (5, 1, 2, 2), 0, 1),
}  # fmt: skip


@pytest.mark.parametrize("case", WORDS)
def test_score_words_mentions_documents_equal_counts_by_hand(case: str) -> None:
    found, words, whole, leaked = WORDS[case]
    counts = counted(found)
    names = ("gold", "masked", "said", "right")
    assert tuple(counts["word", ANY, what] for what in names) == words
    assert counts["mention", ANY, "full"] == whole
    assert (counts["document", ANY, "gold"], counts["document", ANY, "leaked"]) == (1, leaked)


def test_score_right_type_counts_by_entity() -> None:
    counts = counted([at("John Smith", "PERSON"), at("Leeds", "LOCATION")])
    person = figures.words(counts, "PERSON")
    assert (person["precision"], person["recall"]) == (1.0, pytest.approx(2 / 3, abs=1e-4))
    organisation = figures.words(counts, "ORGANIZATION")
    assert (organisation["recall"], organisation["gold"]) == (0.0, 2)
    assert counts["word", "ORGANIZATION", "masked"] == 1
    assert figures.words(counts, "LOCATION")["precision"] == 0.0


def test_score_scope_of_one_entity_judges_no_other() -> None:
    scope = Scope(frozenset({"PERSON"}), counts_all=False)
    counts = counted([at("Anna", "PERSON"), at("wrote", "LOCATION")], scope)
    assert counts["word", ANY, "said"] == 1 and counts["word", ANY, "gold"] == 3


def test_score_person_found_in_another_marked_entity_is_no_false_alarm_of_any_type() -> None:
    scope = Scope(frozenset({"PERSON"}), counts_all=False)
    counts = counted([at("Leeds", "PERSON")], scope)
    assert counts["word", ANY, "said"] == 0


def test_score_mistakes_are_places() -> None:
    found = [at("Smith", "PERSON"), at("University of Leeds", "LOCATION"), at("wrote", "NRP")]
    mistakes = score(LabelledText(TEXT, GOLD, number=7), found, EVERYTHING).mistakes
    assert [(one.kind, one.entity, one.found_as, one.start) for one in mistakes] == [
        ("partly", "PERSON", "PERSON", 0),
        ("wrong type", "ORGANIZATION", "LOCATION", 17),
        ("missed", "PERSON", "", 50),
        ("extra", "NRP", "NRP", 41),
    ]
    assert {one.document for one in mistakes} == {7}
    assert "Smith" not in repr(mistakes)


def test_score_annotators_count_like_documents() -> None:
    mentions = (
        marked("Anna", "PERSON", annotator="a"),
        marked("John Smith", "PERSON", annotator="b"),
    )
    text = LabelledText(TEXT, mentions, annotators=("a", "b"))
    counts = score(text, [at("Anna", "PERSON")], EVERYTHING).counts
    assert (counts["mention", ANY, "gold"], counts["mention", ANY, "full"]) == (2, 1)
    assert (counts["document", ANY, "gold"], counts["document", ANY, "leaked"]) == (2, 1)
    assert (counts["word", ANY, "said"], counts["word", ANY, "right"]) == (2, 1)


WORD_TABLE = {
    "Mr John Smith's dog": ["John", "Smith", "dog"],
    "in Leeds, on 3 May": ["Leeds", "3", "May"],
    "O'Brien-Smith": ["O", "Brien", "Smith"],
    "zoë_1 Иван": ["zoë_1", "Иван"],
    "no. 12": ["12"],
}


@pytest.mark.parametrize("number", range(len(WORD_TABLE)))
def test_words_of_leaves_small_words_out(number: int) -> None:
    text, expected = list(WORD_TABLE.items())[number]
    assert [text[start:end] for start, end in words_of(text).spans] == expected


def test_words_of_a_mention_of_small_words_only_keeps_them() -> None:
    assert words_of("Dr No said no", [(3, 5)]).spans == ((3, 5), (6, 10))


# -- spans: the scenarios of presidio-research's docs/span_matching_strategies.md --------------

JOHN = "John Smith Johnson visited Boston"
SPANS = {
    "exact": ([(0, 18, "PERSON")], [(0, 18, "PERSON")], {"PERSON": (1, 1, 1, 1)}),
    "nothing said": ([(0, 18, "PERSON")], [], {"PERSON": (1, 0, 0, 0)}),
    "false alarm": ([], [(19, 26, "PERSON")], {"PERSON": (0, 0, 1, 0)}),
    "another type": (
        [(27, 33, "LOCATION")], [(27, 33, "PERSON")],
        {"LOCATION": (1, 0, 0, 0), "PERSON": (0, 0, 1, 0)},
    ),
    # 4 of 18 characters
    "too little": ([(0, 18, "PERSON")], [(0, 4, "PERSON")], {"PERSON": (1, 0, 1, 0)}),
    # 10 of 18 characters
    "just enough": ([(0, 18, "PERSON")], [(0, 10, "PERSON")], {"PERSON": (1, 1, 1, 1)}),
    # 4 and 7 of 18 characters together
    "two pieces together": (
        [(0, 18, "PERSON")], [(0, 4, "PERSON"), (11, 18, "PERSON")], {"PERSON": (1, 1, 2, 2)},
    ),
    # each alone reaches 4 and 7 of 18; the other type is false
    "two pieces of two types": (
        [(0, 10, "PERSON")], [(0, 4, "LOCATION"), (5, 10, "PERSON")],
        {"PERSON": (1, 1, 1, 1), "LOCATION": (0, 0, 1, 0)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SPANS)
def test_match_spans_equals_the_published_scenarios(case: str) -> None:
    gold, said, expected = SPANS[case]
    tokens = tokens_of(JOHN, frozenset())
    matched = match(
        spans_of(tokens, [Tagged(*one) for one in gold], merge_types=False),
        spans_of(tokens, [Tagged(*one) for one in said], merge_types=False),
    )
    counts = {name: (m.gold, m.found, m.said, m.right) for name, m in matched.items()}
    assert counts == expected


def test_spans_skip_words_join_neighbours_and_trim_ends() -> None:
    text = "the University of Leeds, Leeds"
    tagged = [Tagged(4, 14, "ORGANIZATION"), Tagged(18, 23, "ORGANIZATION")]
    with_skips = tokens_of(text, skip_words())
    assert spans_of(with_skips, tagged, merge_types=False) == [Tagged(4, 23, "ORGANIZATION")]
    assert spans_of(with_skips, [Tagged(0, 23, "ORGANIZATION")], merge_types=False) == [
        Tagged(4, 23, "ORGANIZATION")
    ]
    assert spans_of(with_skips, [Tagged(15, 17, "ORGANIZATION")], merge_types=False) == []
    without = tokens_of(text, frozenset())
    assert len(spans_of(without, tagged, merge_types=False)) == 2


def test_spans_any_type_joins_neighbours_of_different_types() -> None:
    tokens = tokens_of("Anna, Leeds", skip_words())
    tagged = [Tagged(0, 4, "PERSON"), Tagged(6, 11, "LOCATION")]
    assert spans_of(tokens, tagged, merge_types=True) == [Tagged(0, 11, ANY)]
    assert len(spans_of(tokens, tagged, merge_types=False)) == 2


# -- the Text Anonymization Benchmark ----------------------------------------------------------

COURT = "Anna Novak met Mr Ivan. Later Anna left Leeds."


def court(words: str, entity_id: str, masking: str, *, last: bool = False) -> Mention:
    start = COURT.rindex(words) if last else COURT.index(words)
    return Mention(start, start + len(words), "PERSON", "a", entity_id, masking)


def test_tab_entity_counts_only_if_all_its_mentions_are_masked() -> None:
    mentions = (
        court("Anna Novak", "1", "DIRECT"),
        court("Anna", "1", "DIRECT", last=True),
        court("Mr Ivan", "2", "QUASI"),
        court("Leeds", "3", "NO_MASK"),
    )
    text = LabelledText(COURT, mentions, annotators=("a",))
    found = [at("Anna Novak", "PERSON", text=COURT), at("Ivan", "PERSON", text=COURT),
             at("Leeds", "LOCATION", text=COURT)]  # fmt: skip
    counts = score_tab(text, found)
    assert (counts["direct"], counts["direct_masked"]) == (1, 0)
    # `Mr` needs no cover
    assert (counts["quasi"], counts["quasi_masked"]) == (1, 1)
    # Anna Novak Anna Mr Ivan; the second Anna is not masked
    assert (counts["words"], counts["words_masked"]) == (5, 4)
    # Anna Novak Ivan are right, Leeds needs no mask
    assert (counts["said"], counts["right"]) == (4, 3)
    assert (counts["mentions"], counts["mentions_masked"]) == (3, 2)


def test_tab_second_annotator_is_added_up() -> None:
    mentions = (
        court("Anna Novak", "1", "DIRECT"),
        Mention(40, 45, "LOCATION", "b", "9", "QUASI"),
    )
    text = LabelledText(COURT, mentions, annotators=("a", "b"))
    counts = score_tab(text, [at("Leeds", "LOCATION", text=COURT)])
    assert (counts["direct_masked"], counts["direct"]) == (0, 1)
    assert (counts["quasi_masked"], counts["quasi"]) == (1, 1)
    assert (counts["right"], counts["said"]) == (1, 2)


# -- figures -----------------------------------------------------------------------------------


def test_f_beta_weighs_recall_four_times() -> None:
    assert figures.f_beta(0.5, 1.0) == pytest.approx(5 * 0.5 / (4 * 0.5 + 1.0))
    assert figures.f_beta(0.0, 0.0) == 0.0
    assert figures.f_beta(None, 0.4) == 0.0
    assert figures.f_beta(0.4, None) is None


def test_micro_and_macro_average_differ_as_computed_by_hand() -> None:
    large = figures.triple(90, 100, 90, 100)
    small = figures.triple(1, 2, 1, 10)
    assert figures.summed([large, small])["recall"] == pytest.approx(91 / 110, abs=1e-4)
    assert figures.averaged([large, small])["recall"] == pytest.approx(0.5)
    unseen = figures.triple(0, 5, 0, 0)
    assert figures.averaged([large, unseen])["entities"] == 1


def documents(leaks: list[int]) -> list[Counts]:
    return [
        Counter({("document", ANY, "gold"): 1, ("document", ANY, "leaked"): leak}) for leak in leaks
    ]


def test_intervals_hold_the_figure_and_shrink_with_documents() -> None:
    few = figures.intervals(documents([0, 1] * 10), seed=1)["leakage"]
    many = figures.intervals(documents([0, 1] * 500), seed=1)["leakage"]
    assert few is not None and many is not None
    assert few[0] < 0.5 < few[1] and many[0] < 0.5 < many[1]
    # normal approximation: 1.96 * 0.5 / sqrt(n)
    assert many[1] - many[0] == pytest.approx(2 * 1.96 * 0.5 / 1000**0.5, rel=0.15)
    assert few[1] - few[0] == pytest.approx(2 * 1.96 * 0.5 / 20**0.5, rel=0.15)


def test_intervals_without_anything_to_count_are_none() -> None:
    found = figures.intervals([Counter(), Counter()], seed=1)
    assert found["word_recall"] is None
    assert figures.intervals([Counter()], seed=1) == {}


FORMS = {
    "ANNA NOVAK": {"all capitals"},
    "anna novak": {"lower case"},
    "Anna Novak": {"other case"},
    "J. Smith": {"other case", "with initials"},
    "Novak, Anna": {"other case", "Surname, Given"},
    "Zoë Szöllösy": {"other case", "non-ASCII"},
    "Anna\nNovak": {"other case", "broken over lines"},
    "Anna": {"other case", "one word"},
}


@pytest.mark.parametrize("number", range(len(FORMS)))
def test_slices_of_form_as_written(number: int) -> None:
    value, expected = list(FORMS.items())[number]
    text = f"We met {value} there"
    found = slices_of(text, 7, 7 + len(value), "PERSON")
    assert {form for kind, form in found if kind == "form"} == expected


def test_slices_of_position_is_first_last_or_inside() -> None:
    text = "“Anna” met Ivan at Leeds."
    places = [(1, 5), (11, 15), (19, 24)]
    found = [dict(slices_of(text, *place, "PERSON"))["position"] for place in places]
    assert found == ["first word of the text", "inside", "last word of the text"]


def test_without_overlaps_names_by_score_and_keeps_everything_hidden() -> None:
    spans = [Masked(0, 10, "A", 0.5), Masked(5, 8, "B", 0.9), Masked(8, 12, "C", 0.4)]
    assert [(s.start, s.end, s.entity) for s in without_overlaps(spans)] == [
        (0, 5, "A"),
        (5, 8, "B"),
        (8, 10, "A"),
        (10, 12, "C"),
    ]


def test_uniform_policy_has_one_threshold_everywhere() -> None:
    policy = uniform(load_policy("strict"), 0.42)
    assert {policy.threshold(name, "body") for name in ("PERSON", "IBAN_CODE", "AGE")} == {0.42}
