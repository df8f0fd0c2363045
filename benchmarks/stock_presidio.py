"""Stock Presidio beside our detector: the same recognizers over the same windows.

Its engine runs with a blank tokenizer pipeline whose lemmas are the lower-case words;
without any lemma it would see no words of context.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from secure_rag.redaction.context import BOOST, FLOOR
from secure_rag.redaction.phones import FEWEST_DIGITS
from secure_rag.redaction.presidio import Listed, PresidioDetector

INTENDED = MappingProxyType(
    {
        "short phone number": f"fewer than {FEWEST_DIGITS} digits are not looked for: a number so "
        "short is valid in some region whatever it is",
        "needs context": "bank accounts, licences and passports are digits like any others; "
        "without a supporting word we report nothing",
        "score: context": "our supporting words are whole words and phrases, up to seven before "
        "and two behind; Presidio's are parts of words, up to five before",
        "score: value": "NHS numbers, phone numbers and short dates score less where their "
        "notation fits something else",
    }
)
"""Where our findings differ from stock Presidio on purpose, and why."""

GIVEN = "Anna Marek Petra Ivan Wanjiru Mei Tomasz Amina Lukas Priya".split()
SURNAMES = "Novak Keller Okafor Zhang Kowalski Haddad Berger Raman Silva Lindqvist".split()
SENTENCES = (
    "The parties agree that notice of termination shall be given in writing and received in time.",
    "We have looked into the matter and could reproduce what you describe on our side.",
    "Where a payment is late, the tenant owes interest at the statutory rate from the due date on.",
    "The patient reports that the pain has become less since the last visit and sleeps well.",
    "Please find attached the minutes of the meeting and the list of open points for next week.",
)

Claim = tuple[str, int, int, float]


def corpus(size: int, kind: str) -> str:
    """Make a text: `prose` with some personal data, `dense` with much, or `mixed` in turn."""
    chosen = random.Random(size)
    parts: list[str] = []
    length = 0
    while length < size:
        is_dense = kind == "dense" or (kind == "mixed" and len(parts) % 2 == 1)
        part = _paragraph(chosen, is_dense=is_dense)
        parts.append(part)
        length += len(part)
    return "".join(parts)[:size]


def _paragraph(chosen: random.Random, *, is_dense: bool) -> str:
    prose = " ".join(chosen.sample(SENTENCES, 1 if is_dense else 4))
    name = f"{chosen.choice(GIVEN)} {chosen.choice(SURNAMES)}"
    facts = (
        f"{name} wrote on {chosen.randint(1, 28)}/0{chosen.randint(1, 9)}/2023 from "
        f"{name.lower().replace(' ', '.')}@example.com"
    )
    if is_dense:
        facts += (
            f", called +44 20 7946 0{chosen.randint(100, 999)}, paid with {_card(chosen)} "
            f"and {_iban(chosen)} from 192.0.2.{chosen.randint(1, 250)}"
        )
    return f"{prose} {facts}.\n\n"


def _card(chosen: random.Random) -> str:
    """Make a card number of the test range 4242, with a right check digit."""
    digits = "4242" + "".join(str(chosen.randint(0, 9)) for _ in range(11))
    total = sum(
        sum(divmod(int(digit) * (2 if index % 2 == 0 else 1), 10))
        for index, digit in enumerate(digits)
    )
    digits += str(-total % 10)
    return " ".join(digits[start : start + 4] for start in range(0, 16, 4))


def _iban(chosen: random.Random) -> str:
    account = "".join(str(chosen.randint(0, 9)) for _ in range(18))
    check = 98 - int(f"{account}131400") % 97
    value = f"DE{check:02}{account}"
    return " ".join(value[start : start + 4] for start in range(0, 22, 4))


def stock_engine(detector: PresidioDetector) -> Callable[[str], list[Any]]:
    """Return Presidio's own engine over the recognizers of our list."""
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from spacy.language import Language
    from spacy.tokens import Doc

    @Language.component("lower_as_lemma")
    def lower_as_lemma(doc: Doc) -> Doc:
        for token in doc:
            token.lemma_ = token.lower_
        return doc

    class Blank(SpacyNlpEngine):
        def __init__(self) -> None:
            super().__init__()
            pipeline = spacy.blank("en")
            pipeline.add_pipe("lower_as_lemma")
            self.nlp = {"en": pipeline}

    registry = RecognizerRegistry(recognizers=[one.recognizer for one in rows(detector)])
    engine = AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["en"])
    return lambda text: list(engine.analyze(text, language="en", score_threshold=0))


def rows(detector: PresidioDetector) -> tuple[Listed, ...]:
    """Return every recognizer that both run."""
    return (*detector.listed, detector.phone)


@dataclass
class Parity:
    """How far two sets of findings agree; places and types only, never text."""

    compared: int = 0
    same: int = 0
    intended: Counter[str] = field(default_factory=Counter)
    unexplained: list[tuple[int, Claim]] = field(default_factory=list)
    """Window number and claim."""


def compare_recognizers(detector: PresidioDetector, windows: Iterable[str]) -> Parity:
    """Compare what each recognizer itself reports: type, start, end and score, exactly."""
    parity = Parity()
    for number, window in enumerate(windows):
        ours = {id(one): {*found} for one, _, found in detector.scan(window)}
        for one in rows(detector):
            results = one.recognizer.analyze(window, one.recognizer.supported_entities, None)
            theirs = {(int(r.start), int(r.end), float(r.score)) for r in results}
            mine = {(m.start, m.end, m.score) for m in ours.get(id(one), ())}
            parity.compared += len(theirs | mine)
            parity.same += len(theirs & mine)
            for start, end, score in theirs ^ mine:
                claim = (one.entity, start, end, score)
                reason = _reason(one, window[start:end], is_ours=(start, end, score) in mine)
                if reason and not (reason == "needs context" and mine):
                    parity.intended[reason] += 1
                else:
                    parity.unexplained.append((number, claim))
    return parity


def compare_engines(
    detector: PresidioDetector, engine: Callable[[str], list[Any]], windows: Iterable[str]
) -> Parity:
    """Compare the final findings, after words of context, adjustments and overlaps."""
    parity = Parity()
    names = {one.recognizer.supported_entities[0]: one for one in rows(detector)}
    adjusted = {one.entity for one in rows(detector) if one.adjust}
    for number, window in enumerate(windows):
        theirs = {
            (names[r.entity_type].entity, int(r.start), int(r.end)): float(r.score)
            for r in engine(window)
        }
        mine = {(s.entity, s.start, s.end): s.score for s in detector.find(window)}
        listed = {one.entity: one for one in rows(detector)}
        for place in theirs.keys() | mine.keys():
            parity.compared += 1
            entity, start, end = place
            if place in theirs and place in mine:
                if abs(theirs[place] - mine[place]) < 1e-9:
                    parity.same += 1
                elif _is_raised(theirs[place], mine[place]):
                    parity.intended["score: context"] += 1
                elif entity in adjusted:
                    parity.intended["score: value"] += 1
                else:
                    parity.unexplained.append((number, (*place, mine[place])))
                continue
            reason = _reason(listed[entity], window[start:end], is_ours=place in mine)
            if reason:
                parity.intended[reason] += 1
            else:
                parity.unexplained.append((number, (*place, mine.get(place, -1.0))))
    return parity


def _reason(one: Listed, value: str, *, is_ours: bool) -> str:
    if is_ours:
        return ""
    if one.entity == "PHONE_NUMBER" and sum(map(str.isdigit, value)) < FEWEST_DIGITS:
        return "short phone number"
    return "needs context" if one.needs_context else ""


def _is_raised(first: float, second: float) -> bool:
    """Say whether words of context make the difference of two scores."""
    low, high = sorted((first, second))
    return abs(high - min(1.0, max(low + BOOST, FLOOR))) < 1e-9


def windows_of(texts: Iterable[str]) -> Iterator[str]:
    """Yield the windows that our detector cuts texts into."""
    from secure_rag.redaction.normalise import normalise
    from secure_rag.redaction.windows import windows

    for text in texts:
        seen = normalise(text).text
        for window in windows(seen):
            yield seen[window.start : window.end]
