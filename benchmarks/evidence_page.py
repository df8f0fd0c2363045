"""The section on the evidence gate in answers.md, written from what `calibrate_evidence` saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("answers.md")
BEGIN = "<!-- calibrate_evidence.py: begin, generated -->"
END = "<!-- calibrate_evidence.py: end -->"
TITLE = "# Answers and refusals: figures\n"

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
_FAILURES = {
    "wrongly refused": "Refused beside the paragraph that answers",
    "wrong words": "Answered with other words",
    "adversarial answered": "Answered though the paragraph does not",
    "same topic answered": "Answered from passages of the topic",
}


def write_section(threshold: float, report: Mapping[str, Mapping[str, Any]]) -> None:
    """Put the section into the page, in place of the one that stands there."""
    page = PAGE.read_text("utf-8") if PAGE.exists() else f"{TITLE}\n{BEGIN}\n{END}\n"
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{section(threshold, report)}\n{END}{after}", "utf-8")


def section(threshold: float, report: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the section as Markdown."""
    parts = list(report)
    lines = [
        "## The evidence gate: `calibrate_evidence.py --test --write --page`",
        "",
        f"Refused at the one stored threshold, {threshold}. The articles are {_articles(parts)}; "
        "the reader was trained on neither.",
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
    lines += ["", f"### Failures ({parts[0]})", ""]
    for name, words in _FAILURES.items():
        lines += [f"- {words}: {_examples(report[parts[0]]['failures'].get(name, ()))}"]
    return "\n".join(lines)


def _articles(parts: Sequence[str]) -> str:
    words = {
        "dev": "*French and Indian War* (dev: weights and threshold are chosen on it, each "
        "paragraph judged by weights fitted on the others)",
        "test": "*Imperialism* (test: looked at once, with the stored weights)",
    }
    return " and ".join(words[part] for part in parts)


def _share(part: Mapping[str, Any], name: str) -> str:
    refused = part["refused"].get(name)
    return "-" if refused is None else f"{100 * refused:.1f} % of {part['cases'][name]}"


def _examples(found: Sequence[Mapping[str, str]]) -> str:
    if not found:
        return "none."
    shown = [
        f"`{one['id']}` “{one['question']}”"
        + (f" → “{one['said']}”" if one["said"] else "")
        + (f", expected “{one['expected']}”" if one["expected"] else "")
        for one in found
    ]
    return "; ".join(shown) + "."
