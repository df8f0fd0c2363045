"""Speed of detection: ours against stock Presidio, and over growing documents.

Run `python benchmarks/redaction_speed.py` (one core; `--names` adds the names model).
Times are processor times of this process, so that other jobs disturb them less.
Stock Presidio runs the same recognizers on the same windows through its engine, with
a blank tokenizer pipeline whose lemmas are the lower-case words.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from typing import Any

from secure_rag.policy.loader import load_policy
from secure_rag.redaction.engine import Redactor
from secure_rag.redaction.normalise import normalise
from secure_rag.redaction.presidio import PresidioDetector
from secure_rag.redaction.pseudonyms import LookupPseudonyms
from secure_rag.redaction.setup import build_redactor, pattern_detectors
from secure_rag.redaction.spans import Span
from secure_rag.redaction.windows import windows
from secure_rag.runtime.manifest import Models
from secure_rag.values import Block, RawDocument

SIZES = (2_000, 20_000, 200_000, 2_000_000)
GIVEN = "Anna Marek Petra Ivan Wanjiru Mei Tomasz Amina Lukas Priya".split()
SURNAMES = "Novak Keller Okafor Zhang Kowalski Haddad Berger Raman Silva Lindqvist".split()
SENTENCES = (
    "The parties agree that notice of termination shall be given in writing and received in time.",
    "We have looked into the matter and could reproduce what you describe on our side.",
    "Where a payment is late, the tenant owes interest at the statutory rate from the due date on.",
    "The patient reports that the pain has become less since the last visit and sleeps well.",
    "Please find attached the minutes of the meeting and the list of open points for next week.",
)


def corpus(size: int, *, dense: bool) -> str:
    """Make a text of paragraphs, each with some personal data (or one with much)."""
    chosen = random.Random(size)
    parts: list[str] = []
    length = 0
    while length < size:
        prose = " ".join(chosen.sample(SENTENCES, 1 if dense else 4))
        name = f"{chosen.choice(GIVEN)} {chosen.choice(SURNAMES)}"
        facts = (
            f"{name} wrote on {chosen.randint(1, 28)}/0{chosen.randint(1, 9)}/2023 from "
            f"{name.lower().replace(' ', '.')}@example.com"
        )
        if dense:
            facts += (
                f", called +44 20 7946 0{chosen.randint(100, 999)}, paid with 4111 1111 1111 1111 "
                f"and DE89 3704 0044 0532 0130 00 from 192.0.2.{chosen.randint(1, 250)}"
            )
        part = f"{prose} {facts}.\n\n"
        parts.append(part)
        length += len(part)
    return "".join(parts)[:size]


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of one run, after another to warm up."""
    work()
    started = time.process_time()
    work()
    return time.process_time() - started


def stock(detector: PresidioDetector) -> Callable[[str], list[Any]]:
    """Return Presidio's own engine over the recognizers of our list."""
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from presidio_analyzer.predefined_recognizers import PhoneRecognizer
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

    recognizers = [entry.recognizer for entry in detector.listed]
    registry = RecognizerRegistry(recognizers=[*recognizers, PhoneRecognizer()])
    engine = AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["en"])
    return lambda text: list(engine.analyze(text, language="en"))


def compare(name: str, text: str, detector: PresidioDetector) -> None:
    """Print stock and ours over the same windows of one text."""
    analyse = stock(detector)
    parts = [text[window.start : window.end] for window in windows(text)]
    theirs = seconds(lambda: [analyse(part) for part in parts])
    ours = seconds(lambda: detector.find(text))
    every = seconds(lambda: find_all(text))
    print(
        f"{name:12} stock {len(text) / theirs:9,.0f} chars/s   ours, same recognizers "
        f"{len(text) / ours:9,.0f} ({theirs / ours:.1f}x)   all our patterns "
        f"{len(text) / every:9,.0f}"
    )


_detectors = pattern_detectors()


def find_all(text: str) -> list[Span]:
    """Run every detector that needs no model."""
    seen = normalise(text).text
    return [span for detector in _detectors for span in detector.find(seen)]


def grow(name: str, redactor: Redactor, sizes: tuple[int, ...]) -> None:
    """Print the speed of whole documents, gate included, by size."""
    for size in sizes:
        text = corpus(size, dense=False)
        document = RawDocument("text/plain", text, (Block(0, len(text), "body"),))
        started = time.process_time()
        redactor.redact_document(document, document_id="x", pseudonyms=LookupPseudonyms(None))
        spent = time.process_time() - started
        print(f"{name:12} {size:>9,} chars: {size / spent:9,.0f} chars/s")


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", action="store_true", help="with the names model")
    options = parser.parse_args()
    policy = load_policy("default")
    detector = PresidioDetector()
    compare("prose", corpus(60_000, dense=False), detector)
    compare("dense", corpus(60_000, dense=True), detector)
    grow("patterns", Redactor(policy, _detectors, redaction_digest=""), SIZES)
    if options.names:
        grow("with names", build_redactor(policy, Models()), SIZES[:3])


if __name__ == "__main__":
    main()
