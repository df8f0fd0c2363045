"""Stock Presidio as a baseline: its engine, its default English recognizers, no names model.

A names model of spaCy cannot be fetched offline, so this is Presidio's floor without one. The
pipeline is blank but gives each word its lower case as lemma: context words work as they do with
a full pipeline. The threshold is that of presidio-research's notebook 4. The only change: the
mail recognizer gets the bundled list of public suffixes, where stock Presidio asks the network.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Final

from secure_rag.evaluation.systems import Masked, without_overlaps

THRESHOLD: Final = 0.4
_NAMES: Final = {"UK_POSTCODE": "POSTCODE", "UK_DRIVING_LICENCE": "ID_NUMBER"}


class StockPresidio:
    """`AnalyzerEngine` with everything it enables by itself for English."""

    def __init__(self) -> None:
        self._engine = _engine()

    def find(self, text: str, field: str) -> list[Masked]:
        return self._at(self._analyze(text, THRESHOLD), THRESHOLD)

    def sweep(self, text: str, field: str, thresholds: Sequence[float]) -> list[list[Masked]]:
        claims = self._analyze(text, min(thresholds))
        return [self._at(claims, threshold) for threshold in thresholds]

    def _analyze(self, text: str, threshold: float) -> list[Masked]:
        return [
            Masked(
                int(one.start),
                int(one.end),
                _NAMES.get(one.entity_type, one.entity_type),
                float(one.score),
            )
            for one in self._engine.analyze(text, language="en", score_threshold=threshold)
        ]

    def _at(self, claims: Sequence[Masked], threshold: float) -> list[Masked]:
        return without_overlaps([one for one in claims if one.score >= threshold])


def _engine() -> Any:
    import spacy
    import tldextract.tldextract
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from spacy.language import Language

    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    offline = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    vars(tldextract.tldextract)["TLD_EXTRACTOR"] = offline
    vars(tldextract)["extract"] = offline
    if not Language.has_factory("lower_as_lemma"):
        Language.component("lower_as_lemma", func=_lower_as_lemma)

    pipeline = spacy.blank("en")
    pipeline.add_pipe("lower_as_lemma")
    nlp_engine: Any = SpacyNlpEngine()
    nlp_engine.nlp = {"en": pipeline}
    return AnalyzerEngine(nlp_engine=nlp_engine, supported_languages=["en"])


def _lower_as_lemma(document: Any) -> Any:
    for token in document:
        token.lemma_ = token.lower_
    return document
