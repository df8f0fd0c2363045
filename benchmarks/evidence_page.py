"""The section on the evidence gate, written from what `calibrate_evidence.py` saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("evidence_gate.md")

_CONDITIONS = (
    ("answerable, given", "the answer's paragraph given alone", "at most 15 % refused"),
    ("answerable, retrieved", "everything indexed, six passages", "at most 15 % refused"),
    ("other article, given", "four paragraphs of other articles given", "at least 95 %"),
    ("other article, retrieved", "the six best of other articles", "at least 95 %"),
    ("same topic, given", "up to four of the article, without the answer", "at least 60 %"),
    ("same topic, retrieved", "the six best of all, without the answer", "at least 60 %"),
    ("adversarial, given", "SQuAD 2.0's unanswerable ones, their paragraph given", "no bar"),
    ("adversarial, retrieved", "the same, everything indexed", "no bar"),
)
_SCORES = (
    ("squad_f1", "SQuAD 2.0, the paragraph given: F1 of all", "60"),
    ("squad_answerable_f1", "… of the answerable, refusals counted as 0", "68"),
    ("squad_answerable_em", "… their exact match", ""),
    ("squad_answerable_f1_without_gate", "… their F1 if nothing were refused", ""),
    ("squad_refuse_everything", "refuse everything: F1 of all", ""),
    ("retrieved_answerable_f1", "the answerable with everything indexed: F1", ""),
    ("answer_in_first_sentence", "the answer stands in the first quote", ""),
)
_ARTICLES = {
    "dev": "*French and Indian War*: weights and threshold are chosen on it, each paragraph\n"
    "  judged by weights fitted on the others.",
    "test": "*Imperialism*: judged by the stored weights, nothing is chosen on it. It was\n"
    "  looked at before: when a sentence was quoted wherever the reader preferred no answer\n"
    "  by 4 logits (dev said 6), before the fusion of searches changed, and before the reader\n"
    "  was trained with our own questions; the F1 was 50.0, 56.2 and 58.5, then 50.2, 56.6 and\n"
    "  60.6, then 50.8, 56.6 and 60.6.",
}
_READING = """
The bars of wrong refusals come first; what is missed, is missed because of them. A threshold at
which two in five of the answerable questions are refused has the best F1 of all (the reader's
[card](../models/reader-minilm/README.md): 67.6 and 62.3, a bar reached), since half of these are
unanswerable ones that were made to deceive; nobody would ask such a program twice. The answerable
F1 is bounded by the reader, which reads 71 where nothing is refused (a bar reached, too). What is
answered here is what it reads in the sentence that is quoted. Passages of other
articles are refused where they are given as they come; the six *likest* of 416 other paragraphs are
the harder case, and harder for a war than for most articles: by words alone, over the 38 articles
of the first layer, 97 % of such questions are refused at 12 % wrong refusals. One article each is
little: a standard error of some three points.
"""
_FAILURES = {
    "wrongly refused": "Refused beside the paragraph that answers",
    "wrong words": "Answered with other words",
    "adversarial answered": "Answered though the paragraph does not",
    "same topic answered": "Answered from passages of the topic",
}


def write_section(threshold: float, report: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the section, which `answers.py --table` takes into its page."""
    PAGE.write_text(section(threshold, report) + "\n", "utf-8")


def section(threshold: float, report: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the section as Markdown."""
    parts = list(report)
    lines = [
        "## The evidence gate: `calibrate_evidence.py --test --write --page`",
        "",
        f"Refused at the one stored threshold, {threshold}. The reader was trained on neither "
        "article:",
        "",
        *(f"- **{part}** is {_ARTICLES[part]}" for part in parts),
        "",
        f"| Passages | {' | '.join(parts)} | Bar |",
        f"|---|{'---|' * len(parts)}---|",
    ]
    for name, words, bar in _CONDITIONS:
        shares = [_share(report[part], name) for part in parts]
        lines.append(f"| {words} | {' | '.join(shares)} | {bar} |")
    lines += ["", f"| Scores | {' | '.join(parts)} | Bar |", f"|---|{'---|' * len(parts)}---|"]
    for name, words, bar in _SCORES:
        shares = [f"{100 * report[part][name]:.1f}" for part in parts]
        lines.append(f"| {words} | {' | '.join(shares)} | {bar} |")
    lines += [_READING, f"### Failures ({parts[0]})", ""]
    for name, words in _FAILURES.items():
        lines += [f"{words}:", "", *_examples(report[parts[0]]["failures"].get(name, ())), ""]
    return "\n".join(lines).rstrip()


def _share(part: Mapping[str, Any], name: str) -> str:
    refused = part["refused"].get(name)
    return "-" if refused is None else f"{100 * refused:.1f} % of {part['cases'][name]}"


def _examples(found: Sequence[Mapping[str, str]]) -> list[str]:
    return [
        f"- `{one['id']}` {one['question']}"
        + (f" Said: “{one['said']}”." if one["said"] else "")
        + (f" Expected: “{one['expected']}”." if one["expected"] else "")
        for one in found
    ] or ["- none"]
