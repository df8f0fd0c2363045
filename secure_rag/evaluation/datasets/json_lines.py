"""JSON Lines: `{"text", "spans": [{"entity", "start", "end"}]}` a line.

Also read: triples `[start, end, entity]`, and `label` or `labels` for `spans` (what doccano
exports). Optional: `part`, `locale` (slices of the report), `field`.
"""

from __future__ import annotations

import json
from typing import Any

from secure_rag.evaluation.datasets import ReadOptions, SourceFile
from secure_rag.evaluation.datasets.spans import checked_span
from secure_rag.evaluation.labelled import LabelledText, Mention
from secure_rag.values import FIELDS

_SPANS = ("spans", "labels", "label", "entities")
_NAMES = ("entity", "entity_type", "label")


class JsonLinesReader:
    """Reads one document a line."""

    name = "jsonl"
    is_complete = True

    def recognises(self, source: SourceFile) -> bool:
        return source.suffix in (".jsonl", ".ndjson") or (
            source.suffix != ".json" and source.head.lstrip().startswith('{"')
        )

    def read(self, source: SourceFile, options: ReadOptions) -> list[LabelledText]:
        del options
        texts: list[LabelledText] = []
        # only line feeds part lines: a text may hold other separators unescaped
        for line, raw in enumerate(source.text.split("\n"), start=1):
            if raw.strip():
                texts.append(_text(source, line, len(texts) + 1, raw))
        return texts


def _text(source: SourceFile, line: int, number: int, raw: str) -> LabelledText:
    try:
        item = json.loads(raw)
    except (ValueError, RecursionError):
        raise source.error("not valid JSON", line=line) from None
    text = item.get("text") if isinstance(item, dict) else None
    spans = next((item[key] for key in _SPANS if key in item), None) if text is not None else None
    if not isinstance(text, str) or not isinstance(spans, list):
        raise source.error('wants {"text", "spans"}', line=line)
    mentions = [_mention(source, line, number, text, span) for span in spans]
    field = item.get("field", "body")
    if field not in FIELDS:
        raise source.error(f"`field` must be one of {', '.join(FIELDS)}", line=line)
    return LabelledText(
        text,
        tuple(sorted(mentions, key=lambda one: one.start)),
        field=field,
        part=str(item.get("part") or ""),
        locale=str(item.get("locale") or ""),
    )


def _mention(source: SourceFile, line: int, number: int, text: str, span: Any) -> Mention:
    if isinstance(span, dict):
        entity = next((span[key] for key in _NAMES if key in span), None)
        start, end = span.get("start"), span.get("end")
    elif isinstance(span, list) and len(span) == 3:
        start, end, entity = span
    else:
        raise source.error('a span is {"entity", "start", "end"}', line=line)
    if not isinstance(entity, str) or not entity:
        raise source.error("a span without `entity`", line=line)
    first, last = checked_span(source, number, text, start, end)
    return Mention(first, last, entity)
