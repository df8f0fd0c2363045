"""A policy's own recognizers find what they say, and nothing inside other words."""

from __future__ import annotations

from secure_rag.policy.loader import parse_policy
from secure_rag.policy.model import Policy
from secure_rag.policy.recognizers import VALIDATORS, Recognizer
from secure_rag.redaction.policy_detectors import CHECKS, ListDetector, policy_detectors
from secure_rag.redaction.spans import Span

HEAD = "format: 1\nname: mine\nrules: [{entity: AGE, action: mask}]\nrecognizers:\n"


def policy(*recognizers: str) -> Policy:
    return parse_policy(HEAD + "".join(f"  - {one}\n" for one in recognizers))


def found(text: str, *recognizers: str) -> list[tuple[str, str, float]]:
    spans: list[Span] = []
    for detector in policy_detectors(policy(*recognizers)):
        spans += detector.find(text)
    return [(text[s.start : s.end], s.entity, round(s.score, 2)) for s in spans]


MATTER = (
    "{name: matter, entity: ID_NUMBER, regex: '\\bmatter (?P<value>[A-Z]{2}-\\d{4})', score: 0.8}"
)


def test_pattern_value_group_is_what_is_found() -> None:
    assert found("See matter LX-2041.", MATTER) == [("LX-2041", "ID_NUMBER", 0.8)]


def test_pattern_ignores_case_unless_told_otherwise() -> None:
    exact = MATTER.replace("score: 0.8", "score: 0.8, match_case: true")
    assert found("see MATTER lx-2041", MATTER) and not found("see MATTER lx-2041", exact)


def test_pattern_context_raises_the_score_and_may_be_needed() -> None:
    listed = "{name: a, entity: ID_NUMBER, regex: '\\d{5}', score: 0.3, context: [staff]%s}"
    assert found("staff 20417", listed % "")[0][2] == 0.65
    assert found("number 20417", listed % "")[0][2] == 0.3
    assert found("number 20417", listed % ", needs_context: true") == []


def test_pattern_validator_discards_what_fails_it() -> None:
    card = "{name: a, entity: CREDIT_CARD, regex: '\\d{16}', validator: luhn}"
    assert found("4111111111111111 and 4111111111111112", card) == [
        ("4111111111111111", "CREDIT_CARD", 0.6)
    ]


def test_every_validator_that_a_policy_may_name_is_here() -> None:
    assert tuple(CHECKS) == VALIDATORS


WORDS = (
    "{name: w, entity: ORGANIZATION, deny_list: [Bluebird, Silver Kestrel, R&D, 'C++ 2', Kestrel]}"
)


def test_list_finds_whole_words_and_the_longest_phrase() -> None:
    text = "BLUEBIRD, bluebirds, silver  kestrel; kestrel, R&D (not R & D), C++ 2."
    assert [value for value, _, _ in found(text, WORDS)] == [
        "BLUEBIRD",
        "silver  kestrel",
        "kestrel",
        "kestrel",
        "R&D",
        "C++ 2",
    ]


def test_list_can_mind_capitals() -> None:
    exact = WORDS.replace("}", ", match_case: true}")
    assert [value for value, _, _ in found("bluebird Bluebird", exact)] == ["Bluebird"]


def test_list_words_may_need_context() -> None:
    listed = (
        "{name: w, entity: ORGANIZATION, deny_list: [Mercury], context: [project], "
        "needs_context: true}"
    )
    assert found("the planet Mercury", listed) == []
    assert found("the project Mercury", listed) == [("Mercury", "ORGANIZATION", 1.0)]


def test_list_of_many_words_takes_time_of_the_text_only() -> None:
    names = tuple(f"Project{number} Alpha" for number in range(20_000))
    detector = ListDetector([Recognizer("many", "ORGANIZATION", words=names)])
    assert len(detector.find("We like Project77 Alpha and Project77 Beta. " * 50)) == 50


def test_signature_changes_with_the_list() -> None:
    one, other = (
        policy_detectors(policy(text))[0].signature()
        for text in (WORDS, WORDS.replace("R&D", "R&F"))
    )
    assert one != other


def test_policy_without_recognizers_brings_no_detector() -> None:
    assert policy_detectors(parse_policy(HEAD.replace("recognizers:\n", ""))) == ()
