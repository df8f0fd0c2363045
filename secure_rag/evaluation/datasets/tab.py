"""The Text Anonymization Benchmark's own JSON (`echr_*.json`).

Pilan, Lison, Ovrelid, Papadopoulou, Sanchez, Batet: The Text Anonymization Benchmark,
Computational Linguistics 48(4), 2022; github.com/NorskRegnesentral/text-anonymization-benchmark
(MIT). A list of documents with `doc_id`, `text` and `annotations` by annotator, each with
`entity_mentions`: `entity_type`, `start_offset`, `end_offset`, `entity_id`, `identifier_type`.
"""

from __future__ import annotations

from typing import Any, Final

from secure_rag.evaluation.datasets import ReadOptions, SourceFile
from secure_rag.evaluation.datasets.presidio_research import json_list
from secure_rag.evaluation.datasets.spans import checked_span
from secure_rag.evaluation.labelled import DIRECT, NO_MASK, QUASI, LabelledText, Mention

_MASKING: Final = (DIRECT, QUASI, NO_MASK)


class TabReader:
    """Reads native TAB files; every annotator's marks are kept apart."""

    name = "tab"
    is_complete = True

    def recognises(self, source: SourceFile) -> bool:
        return source.suffix == ".json" and (
            '"entity_mentions"' in source.head or '"annotations"' in source.head
        )

    def read(self, source: SourceFile, options: ReadOptions) -> list[LabelledText]:
        del options
        items = json_list(source)
        return [_text(source, number, item) for number, item in enumerate(items, start=1)]


def _text(source: SourceFile, number: int, item: Any) -> LabelledText:
    text = item.get("text") if isinstance(item, dict) else None
    annotations = item.get("annotations") if isinstance(item, dict) else None
    if not isinstance(text, str) or not isinstance(annotations, dict) or not annotations:
        raise source.error(f"document {number} has no `text` or no `annotations`")
    mentions: list[Mention] = []
    for annotator, annotation in annotations.items():
        listed = annotation.get("entity_mentions") if isinstance(annotation, dict) else None
        if not isinstance(listed, list):
            raise source.error(f"document {number}: annotations without `entity_mentions`")
        mentions += [_mention(source, number, text, annotator, one) for one in listed]
    return LabelledText(
        text,
        tuple(sorted(mentions, key=lambda one: (one.annotator, one.start))),
        part=str(item.get("dataset_type") or ""),
        annotators=tuple(annotations),
    )


def _mention(source: SourceFile, number: int, text: str, annotator: str, one: Any) -> Mention:
    if not isinstance(one, dict) or not isinstance(one.get("entity_type"), str):
        raise source.error(f"document {number}: a mention without `entity_type`")
    masking = one.get("identifier_type")
    if masking not in _MASKING:
        raise source.error(
            f"document {number}: `identifier_type` must be one of {', '.join(_MASKING)}"
        )
    start, end = checked_span(
        source, number, text, one.get("start_offset"), one.get("end_offset"), one.get("span_text")
    )
    entity_id = str(one.get("entity_id") or f"{start}-{end}")
    return Mention(start, end, one["entity_type"], annotator, entity_id, masking)
