"""presidio-research's JSON: a list of `full_text`, `spans` and `template_id`.

The format of its `synth_dataset_v2` (github.com/microsoft/presidio-research, MIT).
"""

from __future__ import annotations

import json
from typing import Any

from secure_rag.evaluation.datasets import ReadOptions, SourceFile
from secure_rag.evaluation.datasets.spans import checked_span
from secure_rag.evaluation.labelled import LabelledText, Mention

_LOCALES = ("locale", "Country", "NameSet", "country")


class PresidioResearchReader:
    """Reads `synth_dataset_v2` and its like."""

    name = "presidio"
    is_complete = True

    def recognises(self, source: SourceFile) -> bool:
        return source.suffix == ".json" and '"full_text"' in source.head

    def read(self, source: SourceFile, options: ReadOptions) -> list[LabelledText]:
        del options
        items = json_list(source)
        return [_text(source, number, item) for number, item in enumerate(items, start=1)]


def json_list(source: SourceFile) -> list[Any]:
    """Return the list that a JSON file is.

    Raises:
        InputError: it is something else.
    """
    try:
        items = json.loads(source.text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise source.error("not valid JSON", line=line) from None
    if not isinstance(items, list):
        raise source.error("must be a JSON list of documents")
    return items


def _text(source: SourceFile, number: int, item: Any) -> LabelledText:
    text = item.get("full_text") if isinstance(item, dict) else None
    spans = item.get("spans") if isinstance(item, dict) else None
    if not isinstance(text, str) or not isinstance(spans, list):
        raise source.error(f"document {number} has no `full_text` or no `spans`")
    mentions = [_mention(source, number, text, span) for span in spans]
    about = item.get("metadata")
    about = about if isinstance(about, dict) else {}
    locale = next((str(about[key]) for key in _LOCALES if about.get(key)), "")
    return LabelledText(text, tuple(sorted(mentions, key=lambda one: one.start)), locale=locale)


def _mention(source: SourceFile, number: int, text: str, span: Any) -> Mention:
    if not isinstance(span, dict) or not isinstance(span.get("entity_type"), str):
        raise source.error(f"document {number}: a span without `entity_type`")
    start, end = checked_span(
        source,
        number,
        text,
        span.get("start_position"),
        span.get("end_position"),
        span.get("entity_value"),
    )
    return Mention(start, end, span["entity_type"])
