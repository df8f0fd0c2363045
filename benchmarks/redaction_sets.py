"""The sets that `benchmarks/redaction.py` measures on, from the folder of public data."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from secure_rag.evaluation.datasets import read_set
from secure_rag.evaluation.labelled import LabelledSet, LabelledText, Mention, numbered
from secure_rag.evaluation.labels import apply_labels, label_map

ROOT = Path(__file__).resolve().parents[1]
REALISTIC = ROOT / "models" / "recipes" / "ner" / "realistic.txt"
SYNTH = "pii/synth_v2_dev/synth_dataset_v2.even_templates.json"
NER = "ner/permissive"
COLUMNS = {
    "crossner_politics_dev": f"{NER}/crossner/ner_data/politics/dev.txt",
    "crossner_science_dev": f"{NER}/crossner/ner_data/science/dev.txt",
    "ewt_dev": "ner/sharealike/uner_english_ewt/en_ewt-ud-dev.iob2",
    "wnut17_dev": f"{NER}/wnut17/CONLL-format/data/dev/emerging.dev.conll",
}
FINAL = {
    "wnut17_test": f"{NER}/wnut17/CONLL-format/data/test/emerging.test.annotated",
    "sec_fin3_test": f"{NER}/sec_filings/CONLL-format/data/test/FIN3.txt",
}
ROLE_WORDS = frozenset("borrower borrowers lender lenders guarantor bank".split())
"""Roles of a contract, which one corpus marks as persons."""


def ner_sets(data: Path) -> Iterator[LabelledSet]:
    """Yield the dev parts that mark names, places and organisations only."""
    for name, path in COLUMNS.items():
        yield replace(read_set([data / path]), name=name)
    yield realistic()


def final_sets(data: Path) -> Iterator[LabelledSet]:
    """Yield the test parts; the loan agreements also without the role words of the contract."""
    for name, path in FINAL.items():
        found = replace(read_set([data / path]), name=name)
        yield found
        if name == "sec_fin3_test":
            texts = tuple(_without_roles(text) for text in found.texts)
            yield replace(found, name=f"{name}_without_roles", texts=texts)


def _without_roles(text: LabelledText) -> LabelledText:
    kept = tuple(
        one
        for one in text.mentions
        if one.entity != "PERSON" or text.text[one.start : one.end].lower() not in ROLE_WORDS
    )
    return replace(text, mentions=kept)


_MARK = re.compile(r"<(?P<label>[A-Z]{2,10}) (?P<words>[^<>]+)>")


def realistic() -> LabelledSet:
    """Return the recipe's own documents, marked `<PER Anna Novak>` and parted by `===`."""
    texts = []
    for part in REALISTIC.read_text("utf-8").split("\n===\n"):
        plain, mentions, position, length = [], [], 0, 0
        for match in _MARK.finditer(part):
            before, words = part[position : match.start()], match["words"]
            plain += [before, words]
            start = length + len(before)
            length = start + len(words)
            position = match.end()
            mentions.append(Mention(start, length, match["label"]))
        plain.append(part[position:])
        texts.append(LabelledText("".join(plain), tuple(mentions)))
    mapped, labels = apply_labels(texts, label_map((), format_name="marked"))
    # mail addresses, telephone numbers and other things that patterns find are not marked there
    return LabelledSet("realistic", "marked", tuple(numbered(mapped)), labels, is_complete=False)


def synth(data: Path) -> LabelledSet:
    """Return presidio-research's synthetic set, the half with even template ids."""
    return replace(read_set([data / SYNTH]), name="synth_v2_dev")


# -- Presidio's own vectors, and the same in other characters ----------------------------------


@dataclass(frozen=True)
class Vectors:
    """Strings with values of one type each, and strings that only look like one."""

    positive: LabelledSet
    negative: LabelledSet
    """Their `part` names the type that must not be reported."""


VECTORS = "pii/presidio_vectors/presidio_recognizer_vectors.jsonl"
_NAMES = {"UK_POSTCODE": "POSTCODE", "UK_DRIVING_LICENCE": "ID_NUMBER"}


def vectors(data: Path) -> Vectors:
    """Return the vectors of types that our catalogue has."""
    from secure_rag.policy.entities import ENTITIES

    positive: list[LabelledText] = []
    negative: list[LabelledText] = []
    for line in (data / VECTORS).read_text("utf-8").splitlines():
        item = json.loads(line)
        named = (item.get("entities") or [""])[0]
        entity = _NAMES.get(named, named)
        if entity not in ENTITIES:
            continue
        spans = [(start, end) for start, end in item.get("spans") or ()]
        if spans:
            mentions = tuple(Mention(start, end, entity) for start, end in spans)
            positive.append(LabelledText(item["text"], mentions, part=named))
        elif item.get("expected_len") == 0:
            negative.append(LabelledText(item["text"], (), part=entity))
    return Vectors(_as_set("presidio_vectors", positive), _as_set("vectors_negative", negative))


def _as_set(name: str, texts: list[LabelledText]) -> LabelledSet:
    return LabelledSet(name, "vectors", tuple(numbered(texts)))


def _between_digits(sign: str) -> Callable[[str], str]:
    """Put a sign into the middle of the first run of at least four digits."""

    def change(value: str) -> str:
        return re.sub(r"(?<=\d\d)(?=\d\d)", sign, value, count=1)

    return change


VARIANTS: dict[str, Callable[[str], str]] = {
    "no-break space": lambda value: value.replace(" ", "\u00a0"),
    "narrow no-break space": lambda value: value.replace(" ", "\u202f"),
    "non-breaking hyphen": lambda value: value.replace("-", "\u2011"),
    "en dash": lambda value: value.replace("-", "\u2013"),
    "full-width digits": lambda value: value.translate(
        {ord("0") + n: 0xFF10 + n for n in range(10)}
    ),
    "zero-width space": _between_digits("\u200b"),
    "soft hyphen": _between_digits("\u00ad"),
    "broken over lines": lambda value: re.sub(r"(?<=\d) (?=\d)", "\n", value, count=1),
}
"""What other programs make of the same value when they typeset, paste or wrap it."""
CHECKSUMMED = frozenset({"CREDIT_CARD", "IBAN_CODE", "CRYPTO", "UK_NHS", "MEDICAL_LICENSE"})
STRUCTURED = CHECKSUMMED | {
    "EMAIL_ADDRESS", "IP_ADDRESS", "MAC_ADDRESS", "URL", "US_SSN", "UK_NINO", "PHONE_NUMBER",
}  # fmt: skip
_NUMERIC = STRUCTURED - {"EMAIL_ADDRESS", "URL", "CRYPTO"}
"""Types whose values people read and typeset; an address with other characters is another one."""


def unicode_variants(positive: LabelledSet) -> LabelledSet:
    """Return the values of numeric types as other characters write them."""
    texts = [
        varied
        for text in positive.texts
        if {one.entity for one in text.mentions} <= _NUMERIC
        for name, change in VARIANTS.items()
        if (varied := _varied(text, name, change)) is not None
    ]
    return _as_set("presidio_vectors_unicode", texts)


def _varied(text: LabelledText, name: str, change: Callable[[str], str]) -> LabelledText | None:
    parts: list[str] = []
    mentions: list[Mention] = []
    position = length = 0
    for one in sorted(text.mentions, key=lambda one: one.start):
        before, value = text.text[position : one.start], text.text[one.start : one.end]
        changed = change(value)
        parts += [before, changed]
        start = length + len(before)
        length = start + len(changed)
        position = one.end
        mentions.append(replace(one, start=start, end=length))
    whole = "".join([*parts, text.text[position:]])
    return None if whole == text.text else LabelledText(whole, tuple(mentions), part=name)


# -- secrets -----------------------------------------------------------------------------------

SECRETS = "secrets/gitleaks_vectors.jsonl"


@dataclass(frozen=True)
class Secrets:
    """Strings with and without a secret, by rule; the strings carry no offsets."""

    texts: LabelledSet
    kinds: tuple[tuple[str, bool, bool], ...]
    """For each text: half (`a` or `b`, by rule), whether there is a secret by its rule, and
    whether its form lets it be judged (`is_judged`)."""


def secrets(data: Path) -> Secrets:
    """Return gitleaks' strings, rules cut into halves by the digest of their names."""
    items = [json.loads(line) for line in (data / SECRETS).read_text("utf-8").splitlines()]
    texts = [LabelledText(item["text"], (), part=item["rule"]) for item in items]
    kinds = tuple(
        (half_of(item["rule"]), item["kind"] == "tp", is_judged(**item)) for item in items
    )
    return Secrets(_as_set("secrets", texts), kinds)


_ENCODED_TOKEN = re.compile(r"ey\w{8}[^\s]*\.|ZXlK")
_OTHER_RULE = re.compile(
    r"(?-i:^AIzaSy[\w-]{33}$|\bAKIA(?!X{4})[A-Z2-7]{16}\b|\bsk-ant-api03-[\w-]{93}AA\b)"
    r"|\bey[\w-]{10,}\.ey[\w-]{10,}\.[\w-]{20,}"
    r"|\b(?:api-?_?key|\w+_token|token\d|key)\b['\"]?\s?[:=]\s?['\"]?"
    r"(?=[A-Za-z-]*\d)(?![\w-]*(?:X{4}|x{4}|0{6}))[a-zA-Z0-9-]{32,}\b",
    re.IGNORECASE,
)


def is_judged(rule: str, kind: str, text: str, **_: str) -> bool:
    """Say whether a row can be judged by what it holds, as `test_secret_vectors.py` does.

    Positives without a value say nothing: format strings, source around the value, a line that
    only announces a key file. Nor do negatives of one rule that are a key of another.
    """
    if kind != "tp":
        return not _OTHER_RULE.search(text)
    if rule == "jwt":
        return _ENCODED_TOKEN.search(text) is not None
    if rule == "gcp-service-account":
        return "private_key" in text
    if rule == "generic-api-key":
        return re.search(r"[=:,]", text) is not None
    return "%s" not in text


def half_of(rule: str) -> str:
    """Return the half a rule belongs to, the same on every machine."""
    return "ab"[hashlib.sha256(rule.encode()).digest()[0] % 2]
