"""Find spans of a passage that questions may ask for, with the words that ask for them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from secure_rag.runtime.encoder import Encoder
from secure_rag.runtime.manifest import Models

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_NUMBER = (
    r"(?:\d[\d,.]*\d|\d|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"twenty|thirty|forty|fifty|hundreds?|thousands?|dozens?)"
)
_NAME = r"[A-Z][\w'’-]+(?:(?: (?:of|the|and|de|for))* [A-Z][\w'’-]+)*"
_STOP = (
    r"(?!(?:is|are|was|were|be|been|has|have|had|that|which|who|and|or|of|in|on|to|for|with|from|by|"
    r"the|a|an|its|their|his|her|as|at|than|can|may|will|would|could|should|shall|did|does|do|not|it|they|he|she|we|but|if)\b)"
)
_PATTERNS: tuple[tuple[str, str], ...] = (
    ("when", rf"\b(?:\d{{1,2}} )?{_MONTH}(?: \d{{1,2}}(?:st|nd|rd|th)?)?(?:,? \d{{4}})?\b"),
    ("when", r"\b(?:1\d|20)\d\d(?:s|[-–](?:1\d|20)?\d\d)?\b"),
    ("when", r"\b(?:early|late|mid)?-?(?:1\d|20|\d)th[- ]century\b"),
    ("how much", r"[$£€]\s?\d[\d,.]*\d?(?: (?:million|billion|trillion))?"),
    ("how much", rf"\b{_NUMBER}(?:%| percent| per cent)"),
    ("how many", rf"\b{_NUMBER}(?: (?:million|billion))?(?= [a-z]{{3,}})"),
    ("why", r"\bbecause (?:of )?(?P<part>[^,.;:()]{12,80})"),
    ("how", r"\bby (?P<part>[a-z]+ing [^,.;:()]{6,60})"),
    ("why", r"\bin order to (?P<part>[^,.;:()]{8,60})"),
    ("name", _NAME),
    (
        "what",
        rf"\b(?:the|a|an|its|their|his|her) (?P<part>(?:{_STOP}[a-z][a-z-]+ ?){{1,4}})(?<! )",
    ),
    ("what", r"(?<=[a-z], )(?P<part>[a-z]+(?: [a-z]+)?, [a-z ]{3,30},? and [a-z]+)"),
    ("what", r"[\"“](?P<part>[^\"“”]{4,60})[\"”]"),
)
_COMPILED = tuple((asks, re.compile(pattern)) for asks, pattern in _PATTERNS)
_ASKS = {
    "PER": "who",
    "LOC": "where",
    "ORG": "what organization",
    "NRP": "which",
    "TITLE": "what",
    "DATE": "when",
    "AGE": "how old",
    "ID": "what",
    "ADDR": "where",
}
_LONGEST = 500
_NO_NAME = re.compile(
    r"(?:The|A|An|In|On|At|By|For|It|Its|He|She|They|We|This|That|These|Those|There|As|After|Before|"
    r"When|While|If|But|And|Or|However|Although|Many|Most|Some|One|All|Both|Each|Our|His|Her|Their|"
    r"With|From|To|Of|You|What|Who|How|Not|No|Such|Other|Soon|Over|Under|Since|During|Despite)\b"
)


@dataclass(frozen=True)
class Span:
    """Where something stands that can be asked for."""

    start: int
    end: int
    asks: str


def found(passage: str, typed: list[Span]) -> list[Span]:
    """Return the spans of patterns and names, each place once; what is typed goes first."""
    spans = list(typed)
    for asks, pattern in _COMPILED:
        for match in pattern.finditer(passage):
            group = "part" if "part" in pattern.groupindex else 0
            start, end = match.span(group)
            if asks == "name" and _NO_NAME.match(match.group()):
                continue
            if not any(span.start < end and start < span.end for span in spans):
                spans.append(Span(start, end, asks))
    return spans


def namer() -> Callable[[str], list[Span]]:
    """Return our own names model as a function from a text to its typed spans."""
    encoder = Encoder(Models().locate("ner"))
    labels = [encoder.config["id2label"][str(n)] for n in range(encoder.width)]

    def name(text: str) -> list[Span]:
        tokens = encoder.tokenize(text)
        ids, kinds = tokens.ids[:_LONGEST], tokens.kinds[:_LONGEST]
        best = np.argmax(encoder.run([ids], kinds=[kinds])[0], axis=1)
        return _joined(text, [labels[n] for n in best], tokens.offsets)

    return name


def _joined(text: str, tags: list[str], offsets: list[tuple[int, int]]) -> list[Span]:
    spans: list[Span] = []
    last = ""
    for tag, (start, end) in zip(tags, offsets, strict=False):
        kind = tag[2:]
        if kind and spans and kind == last and start - spans[-1].end <= 1 and tag[0] == "I":
            spans[-1] = Span(spans[-1].start, end, _ASKS[kind])
        elif kind and (not start or not text[start - 1].isalnum()):
            spans.append(Span(start, end, _ASKS[kind]))
        last = kind
    return [span for span in spans if _is_whole(text, span)]


def _is_whole(text: str, span: Span) -> bool:
    after = text[span.end : span.end + 1]
    return span.end - span.start > 1 and not after.isalnum()
