"""Read case files: `NAME.test.yaml` beside `NAME.yaml`, each mistake with its place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from secure_rag.errors import PolicyError
from secure_rag.policy.case_model import (
    MEASURES,
    Case,
    CaseDocument,
    CaseFile,
    CaseText,
    Dataset,
    ExpectedWords,
    Threshold,
)
from secure_rag.policy.case_reader import CaseReader
from secure_rag.policy.entities import ENTITIES
from secure_rag.policy.loader import SUFFIXES, find_policy
from secure_rag.policy.marks import Mark, parse_marks
from secure_rag.policy.recognizer_parts import LONGEST_NAME
from secure_rag.policy.strict_yaml import Node, Source, parse, read_text

__all__ = [
    "Case",
    "CaseDocument",
    "CaseFile",
    "CaseText",
    "Dataset",
    "ExpectedWords",
    "Mark",
    "Threshold",
    "load_cases",
    "parse_marks",
]

FORMAT: Final = 1
MAX_BYTES: Final = 4 * 1024 * 1024
_FILE_KEYS: Final = ("format", "policy", "cases", "datasets", "thresholds")


def load_cases(path: Path, *, folders: Sequence[Path] = ()) -> CaseFile:
    """Read a case file; its policy is looked for beside it, then by name as everywhere.

    Raises:
        PolicyError: `file:line:column: …`, the first mistake.
    """
    source = Source(name=str(path), code="cases")
    root = parse(read_text(path, source, max_bytes=MAX_BYTES), source)
    table = source.mapping(root, "the case file", known=_FILE_KEYS, required=("policy", "cases"))
    if "format" in table and (
        isinstance(table["format"].value, bool) or table["format"].value != FORMAT
    ):
        raise source.error(table["format"], "only case files of `format: 1`", code="format")
    policy = _policy_path(table["policy"], source, path, folders)
    reader = CaseReader(source, path.parent)
    cases = _cases(table["cases"], source, reader)
    datasets = reader.datasets(table.get("datasets"))
    thresholds = _thresholds(table.get("thresholds"), source)
    if bool(datasets) != bool(thresholds):
        key = "datasets" if datasets else "thresholds"
        raise source.error(
            table[key],
            "`datasets` and `thresholds` need each other",
            hint="say what must be reached, and on which labelled sets",
            code="thresholds",
        )
    return CaseFile(path, policy, cases, datasets, thresholds)


def _cases(node: Node, source: Source, reader: CaseReader) -> tuple[Case, ...]:
    items = source.sequence(node, "`cases`")
    if not items:
        raise source.error(node, "the file has no cases", code="empty")
    taken: dict[str, int] = {}
    cases: list[Case] = []
    for item in items:
        case = reader.case(item)
        if case.id in taken:
            first = taken[case.id]
            raise source.error(
                item,
                f"duplicate case id {case.id}, first in line {first}",
                code="duplicate",
            )
        taken[case.id] = case.line
        cases.append(case)
    return tuple(cases)


def _policy_path(node: Node, source: Source, path: Path, folders: Sequence[Path]) -> Path:
    name = source.string(node, "`policy`")
    if Path(name).name != name or len(name) > LONGEST_NAME:
        raise source.error(
            node,
            "`policy` must lie beside its cases, or be the name of a policy",
            code="policy",
        )
    beside = path.parent / name
    if beside.is_file():
        return beside
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    try:
        return find_policy(name, folders=[path.parent, *folders])
    except PolicyError as error:
        raise source.error(node, error.message, hint=error.hint, code="policy") from None


def _thresholds(node: Node | None, source: Source) -> tuple[Threshold, ...]:
    if node is None:
        return ()
    table = source.mapping(node, "`thresholds`", known=tuple(ENTITIES))
    return tuple(
        Threshold(entity, measure, source.fraction(least, f"`{measure}`"), least.line)
        for entity, wanted in table.items()
        for measure, least in source.mapping(wanted, f"`{entity}`", known=MEASURES).items()
    )
