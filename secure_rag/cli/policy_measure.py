"""`thresholds:` of a case file: what the policy must reach on its labelled sets."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from secure_rag.policy.case_model import CaseFile, Dataset, Threshold
    from secure_rag.policy.model import Policy
    from secure_rag.policytest.outcome import Measured
    from secure_rag.workspace import Workspace


def measure(
    policy: Policy, case_file: CaseFile, workspace: Workspace | None
) -> tuple[Measured, ...]:
    """Run the policy over the sets of a case file and compare, one entity at a time.

    The meaning is that of `eval redaction`: recall is the share of an entity's words that are
    hidden under any type, precision that of the words hidden as it which are marked so. Several
    sets count as one.

    Raises:
        InputError: a set cannot be read, or holds no marks.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for dataset in case_file.datasets if case_file.thresholds else ():
        for entity, figures in _evaluate(policy, dataset, workspace)["entities"].items():
            gold = figures["words"]["gold"]
            counts[entity, "gold"] += gold
            counts[entity, "hidden"] += round((figures["coverage"] or 0.0) * gold)
            counts[entity, "right"] += figures["words"]["right"]
            counts[entity, "said"] += figures["words"]["said"]
    return tuple(_measured(threshold, counts) for threshold in case_file.thresholds)


def _evaluate(policy: Policy, dataset: Dataset, workspace: Workspace | None) -> dict[str, Any]:
    from secure_rag.evaluation.datasets import read_set
    from secure_rag.evaluation.redaction import evaluate
    from secure_rag.evaluation.systems import OURS, SystemSetup

    labelled = read_set([dataset.path], format_name=dataset.format)
    return evaluate(labelled, SystemSetup(OURS, policy, workspace))


def _measured(threshold: Threshold, counts: Counter[tuple[str, str]]) -> Measured:
    from secure_rag.policytest.outcome import Measured

    part, whole = ("hidden", "gold") if threshold.measure == "recall" else ("right", "said")
    count = counts[threshold.entity, whole]
    reached = counts[threshold.entity, part] / count if count else None
    return Measured(threshold, reached, count)
