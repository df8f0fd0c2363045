"""`policy diff`: what two policies treat differently, as rules, in cases and in documents."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from secure_rag.cli.child import run_json
from secure_rag.cli.context import Context
from secure_rag.cli.options import Command
from secure_rag.cli.policy_changes import change_lines, change_values
from secure_rag.cli.policy_targets import Place, find_place, find_targets
from secure_rag.cli.render import plural, safe
from secure_rag.errors import DocumentError, UsageError

if TYPE_CHECKING:
    from secure_rag.pipeline.originals import Original
    from secure_rag.policy.case_model import Case
    from secure_rag.policy.model import Policy
    from secure_rag.policytest.changes import Changed, Comparer

    _Labelled = tuple[Original, tuple[str, ...]]

_DEFAULT_SAMPLE = 20


@click.command("diff", cls=Command)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option(
    "--sample",
    type=click.IntRange(1),
    metavar="N",
    help=f"Compare N indexed documents too, read again from their files ({_DEFAULT_SAMPLE} is a "
    "good start); needs the vault key.",
)
@click.option("--all", "every", is_flag=True, help="Compare all indexed documents.")
@click.option("--static", is_flag=True, help="Compare the rules only, run nothing.")
@click.pass_obj
def diff(
    context: Context, old: str, new: str, sample: int | None, every: bool, static: bool
) -> None:
    """Show which rules, cases and documents two policies treat differently.

    OLD and NEW are names or files. Says what becomes visible and what becomes hidden, in
    counts and places, never in values.

    \b
    Example:  secure-rag policy diff default policies/contracts.yaml
              secure-rag policy diff policies/before.yaml policies/now.yaml --sample 20
              secure-rag policy diff default strict --all --json
    """
    if static and (sample or every):
        raise UsageError("--static runs nothing: leave out --sample and --all")
    if sample and every:
        raise UsageError("either --sample or --all")
    place = find_place(context, [old, new])
    originals = _originals(context, sample, every=every)
    files = [one.path for one, _ in originals if one.path is not None]
    context.isolate(read=[*place.read, *files])
    from secure_rag.policy.compare import compare_policies
    from secure_rag.policy.loader import load_policy

    policies = [load_policy(name, folders=[place.folder]) for name in (old, new)]
    changes = compare_policies(policies[0], policies[1])
    value: dict[str, Any] = {
        "old": {"name": policies[0].name, "policy_digest": policies[0].digest},
        "new": {"name": policies[1].name, "policy_digest": policies[1].digest},
        "rules": change_values(changes),
    }
    lines = change_lines(changes) or ["no rule differs"]
    if not static:
        lines += _run(context, place, (old, new), policies, originals, value)
    context.result(value, schema="policy-diff", text="\n".join(lines))


def _run(
    context: Context,
    place: Place,
    names: Sequence[str],
    policies: Sequence[Policy],
    originals: Sequence[_Labelled],
    value: dict[str, Any],
) -> list[str]:
    """Run cases and documents under both policies; return lines, and add to the value."""
    from secure_rag.policytest.changes import Comparer
    from secure_rag.policytest.real import Bench

    bench = Bench(place.workspace, unsafe_no_isolation=context.unsafe_no_isolation)
    try:
        comparer = Comparer(policies[0], policies[1], bench)
        cases = list(_cases(place, names))
        changed = [one for case, name in cases if (one := comparer.case(case, name))]
        lines = ["", *_lines(changed, len(cases), "case")]
        value["cases"] = _value(changed, len(cases))
        if originals:
            documents, unread = _documents(context, comparer, bench, originals)
            read = len(originals) - unread
            lines += ["", *_lines(documents, read, "document")]
            if unread:
                lines.append(f"{plural(unread, 'document')} could not be read again")
            value["documents"] = {**_value(documents, read), "unread": unread}
    finally:
        bench.close()
    return lines


# -- what to compare ---------------------------------------------------------------------


def _originals(context: Context, sample: int | None, *, every: bool) -> list[_Labelled]:
    """Open the files of indexed documents: all, or a sample that is the same each time."""
    if not (sample or every):
        return []
    from secure_rag.pipeline.originals import open_originals

    listed = run_json(context, ["index", "list"])
    listed.sort(key=lambda row: hashlib.sha256(row["document"].encode()).digest())
    chosen = listed if every else listed[:sample]
    originals = open_originals(
        context.find_workspace(),
        [(row["document"], row["path"]) for row in chosen],
        purpose="policy.diff",
        collection=context.collection,
        key_file=context.key_file,
        key_fd=context.key_fd,
    )
    return [(one, tuple(row["labels"])) for one, row in zip(originals, chosen, strict=True)]


def _cases(place: Place, names: Sequence[str]) -> Iterator[tuple[Case, str]]:
    """Yield the cases that lie beside both policies, each with its place."""
    from secure_rag.policy.cases import load_cases

    seen: set[Path] = set()
    for target in find_targets(place, names):
        if target.cases is None or target.cases.resolve() in seen:
            continue
        seen.add(target.cases.resolve())
        loaded = load_cases(target.cases, folders=[place.folder])
        for case in loaded.cases:
            yield case, f"{loaded.path}:{case.line}  {case.id}"


def _documents(
    context: Context, comparer: Comparer, bench: Any, originals: Sequence[_Labelled]
) -> tuple[list[Changed], int]:
    """Compare documents; return what differs, and how many could not be read."""
    from secure_rag.policy.model import Scope

    changed: list[Changed] = []
    unread = 0
    for one, labels in originals:
        try:
            if one.path is None:
                raise DocumentError("gone", code="document.unreadable")
            raw = bench.read(one.path)
            name = f"{one.document}  {safe(one.shown)}"
            found = comparer.document(raw, name, scope=Scope(context.collection, labels))
        except DocumentError:
            unread += 1
            continue
        if found is not None:
            changed.append(found)
    return changed, unread


# -- results -----------------------------------------------------------------------------


def _lines(changed: Sequence[Changed], total: int, what: str) -> list[str]:
    lines = [f"{len(changed)} of {plural(total, what)} differ"]
    for one in changed:
        lines.append(f"  {one.name}")
        for verdict, counts in one.counts.items():
            said = ", ".join(f"{entity} {count}" for entity, count in sorted(counts.items()))
            places = f"  in {'; '.join(one.places)}" if verdict == "visible" else ""
            lines.append(f"      {verdict:<9}  {said}{places}")
    return lines


def _value(changed: Sequence[Changed], total: int) -> dict[str, Any]:
    return {
        "compared": total,
        "changed": [
            {
                "name": one.name,
                "counts": {verdict: dict(counts) for verdict, counts in one.counts.items()},
                "visible_in": one.places,
            }
            for one in changed
        ],
    }
