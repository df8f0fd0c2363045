"""The report of `eval answers` as tables that text and HTML lay out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from secure_rag.evaluation.tables import Table, between, number

_ABOUT: Final = {
    "gold": "its own passage",
    "mixed": "its own among others of the topic",
    "same-topic": "same topic, without the answer",
    "other": "other topics",
    "index": "from the index",
}


def tables(value: dict[str, Any]) -> Iterator[Table]:
    """Yield the tables of a report, most important first."""
    yield _accuracy(value)
    yield _refusals(value)
    yield _citations(value)
    yield _shown(value)
    yield _time(value)
    if value["curve"]:
        yield _curve(value)
    if value["minimums"]:
        yield _demands(value)
    if value["mistakes"]["counts"]:
        yield _mistakes(value)
    if value["mistakes"]["places"]:
        yield _places(value)


def condition_words(name: str) -> str:
    """Return what a condition is, in words."""
    return f"{name} ({_ABOUT[name]})" if name in _ABOUT else name


def _accuracy(value: dict[str, Any]) -> Table:
    rows = []
    for name, one in value["conditions"].items():
        if not one["answerable"]["f1"]["of"]:
            continue
        overall, answerable = one["overall"], one["answerable"]
        silent = one["refuse_everything"]
        rows.append(
            (
                condition_words(name),
                f"{one['cases']:,}",
                number(overall["exact"]["value"]),
                number(overall["f1"]["value"]),
                between(overall["f1"]["interval"]),
                number(answerable["exact"]["value"]),
                number(answerable["f1"]["value"]),
                between(answerable["f1"]["interval"]),
                number(answerable["f1_of_answered"]["value"]),
            )
        )
        rows.append(
            ("… refuse everything", "", number(silent["f1"]), number(silent["f1"]), "",
             number(silent["answerable_f1"]), number(silent["answerable_f1"]), "", "")
        )  # fmt: skip
        gain = one["gain"]
        rows.append(
            ("… gained over that", "", "", number(gain["value"]), between(gain["interval"]),
             "", "", "", "")
        )  # fmt: skip
    return Table(
        "Accuracy",
        ("", "questions", "EM", "F1", "F1, 95 %", "answerable EM", "F1", "F1, 95 %",
         "F1 of answered"),
        tuple(rows),
        "SQuAD's scoring; markers and quotation marks taken off. Intervals: passages resampled "
        "1,000 times, the gain in pairs.",
    )  # fmt: skip


def _refusals(value: dict[str, Any]) -> Table:
    rows = []
    for name, one in value["conditions"].items():
        for words, share in (
            ("refused, no answer there", one["unanswerable"]["refused"]),
            ("wrongly refused", one["answerable"]["refused"]),
        ):
            if share["of"]:
                rows.append((condition_words(name), words, *_share(share)))
    reasons = {
        reason: sum(one["reasons"].get(reason, 0) for one in value["conditions"].values())
        for reason in sorted({r for one in value["conditions"].values() for r in one["reasons"]})
    }
    said = ", ".join(f"{reason} {count:,}" for reason, count in reasons.items())
    return Table(
        "Refusals",
        ("", "", "share", "95 %", "count"),
        tuple(rows),
        f"Threshold {value['system']['threshold']}. Refusing everything has 1.000 in every line. "
        f"Of all: {said}.",
        words=2,
    )


def _citations(value: dict[str, Any]) -> Table:
    rows = []
    for name, one in value["conditions"].items():
        cited = one["citations"]
        if not cited["recall"]["of"]:
            continue
        for words, share in (
            ("precision: the quote holds an expected answer", cited["precision"]),
            ("… it comes from the question's own passage", cited["from_own_passage"]),
            ("recall: answerable questions with such a quote", cited["recall"]),
            ("… of those that were answered", cited["recall_of_answered"]),
        ):
            rows.append((condition_words(name), words, *_share(share)))
    return Table("Citations", ("", "", "share", "95 %", "count"), tuple(rows), words=2)


def _shown(value: dict[str, Any]) -> Table:
    shown = value["shown"]
    leaks = shown["leaks"]
    grounded = shown["grounded"]
    rows = (
        ("answers that carry a verified citation", *_share(shown["cited"])),
        ("words of answers that stand in verified quotes", number(grounded["value"]), "",
         f"{grounded['count']:,} of {grounded['of']:,}"),
        ("citations shown that do not stand where they say", str(shown["unverified"]), "",
         f"of {shown['citations']:,}"),
        ("citations dropped before", str(shown["dropped"]), "", ""),
        ("answers with the writer's sentence", str(shown["with_sentence"]), "",
         f"of {shown['answers']:,}"),
        ("answers with a leak", str(leaks["answers"]), "",
         f"findings {leaks['findings']}, values {leaks['values']}, "
         f"placeholders not issued {leaks['not_issued']}"),
    )  # fmt: skip
    return Table(
        "All answers shown",
        ("", "figure", "95 %", "counts"),
        rows,
        "A leak is text that the policy redacts. Quotes are checked here a second time.",
    )


def _time(value: dict[str, Any]) -> Table:
    rows = []
    for name, one in value["conditions"].items():
        time = one["time"]
        writer = time["writer"]
        rows.append(
            (
                condition_words(name),
                *(
                    number(time[kind][figure], 2)
                    for kind in ("first_s", "answer_s", "refusal_s")
                    for figure in ("median", "p95")
                ),
                number(writer["tokens_per_s"], 1),
                f"{writer['tokens']:,} of {writer['answers']:,} answers",
            )
        )
    return Table(
        "Seconds",
        ("", "first text", "p95", "answer", "p95", "refusal", "p95", "writer tokens/s", "tokens"),
        tuple(rows),
        "One question after the other, with the loading of models in the first; the detectors have "
        "seen question and passages before.",
    )


def _curve(value: dict[str, Any]) -> Table:
    names = list(value["curve"][0]["unanswerable_refused"])
    rows = [
        (
            f"{row['threshold']:.3f}",
            *(
                number(row[figure])
                for figure in ("refused", "f1", "answerable_f1", "f1_of_answered")
            ),
            number(row["wrongly_refused"]),
            *(number(row["unanswerable_refused"][name]) for name in names),
        )
        for row in value["curve"]
    ]
    return Table(
        "By threshold",
        ("threshold", "refused", "F1", "answerable F1", "F1 of answered", "wrongly refused",
         *(f"refused: {name}" for name in names)),
        tuple(rows),
        f"Accuracy: condition {value['main']}. In force: {value['system']['threshold']}. What the "
        "gate refused was asked again without it, in quotes only.",
    )  # fmt: skip


def _demands(value: dict[str, Any]) -> Table:
    rows = tuple(
        (
            one["figure"],
            f"at {one['at']} {one['demanded']:g}",
            number(one["reached"]),
            "" if one["ok"] else "MISSED",
        )
        for one in value["minimums"]
    )
    return Table("Demanded", ("figure", "", "reached", ""), rows, words=2)


def _mistakes(value: dict[str, Any]) -> Table:
    rows = tuple(
        (one["condition"], one["kind"], f"{one['count']:,}") for one in value["mistakes"]["counts"]
    )
    return Table("Mistakes", ("condition", "kind", "count"), rows, words=2)


def _places(value: dict[str, Any]) -> Table:
    """Return where to look: ids of questions, and texts where they were asked for."""
    has_texts = any("question" in one for one in value["mistakes"]["places"])
    head = ("question", "expected", "said") if has_texts else ()
    rows = tuple(
        (
            one["kind"],
            one["condition"],
            one["id"],
            *((one["question"], " | ".join(one["expected"]), one["said"]) if has_texts else ()),
        )
        for one in value["mistakes"]["places"]
    )
    return Table("Questions to look at", ("kind", "condition", "id", *head), rows, words=6)


def _share(share: dict[str, Any]) -> tuple[str, str, str]:
    return (
        number(share["value"]),
        between(share["interval"]),
        f"{share['count']:,} of {share['of']:,}",
    )
