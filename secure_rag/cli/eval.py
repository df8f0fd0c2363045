"""`eval redaction`: measure on public sets or on texts of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from secure_rag.cli.context import Context, policy_files
from secure_rag.cli.eval_retrieval import retrieval
from secure_rag.cli.options import Group
from secure_rag.cli.render import progress
from secure_rag.cli.report import check_output, write_report
from secure_rag.errors import ExitCode
from secure_rag.workspace import POLICY_VARIABLE

if TYPE_CHECKING:
    from secure_rag.evaluation.labelled import LabelledSet
    from secure_rag.evaluation.minimums import Minimum
    from secure_rag.evaluation.systems import SystemSetup
    from secure_rag.policy.model import Policy
    from secure_rag.workspace import Workspace

_FORMATS = ("presidio", "tab", "jsonl", "marked", "conll")
_SCHEMA = "eval-redaction"


@click.group("eval", cls=Group)
def evaluation() -> None:
    """Measure on public sets or on texts of your own.

    \b
    Example:  secure-rag eval redaction letters.yaml
              secure-rag eval redaction dev.conll --entity PERSON --threshold-sweep
              secure-rag eval retrieval dev.json.xz --max-loss 0.01
    """


@evaluation.command("redaction")
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(_FORMATS),
    help="Format of the files (default: detected).",
)
@click.option(
    "--policy",
    envvar=POLICY_VARIABLE,
    default="strict",
    show_default=True,
    show_envvar=True,
    metavar="NAME|FILE",
    help="Policy to measure.",
)
@click.option(
    "--entity",
    "entities",
    multiple=True,
    metavar="ENTITY",
    help="Measure this entity only; may be repeated (default: all that are marked).",
)
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="FROM=TO",
    help="Count label FROM as entity TO; TO is - to leave it out. May be repeated.",
)
@click.option(
    "--complete/--partial",
    "is_complete",
    default=None,
    help="Every personal value is marked, so other findings are false alarms; or only "
    "some types are (default: partial for column files, complete for the rest).",
)
@click.option(
    "--word-column",
    type=click.IntRange(min=1),
    metavar="N",
    help="Column of the words, from 1 (default: detected).",
)
@click.option(
    "--tag-column",
    type=click.IntRange(min=1),
    metavar="N",
    help="Column of the tags, from 1 (default: the last that holds tags).",
)
@click.option(
    "--sentences",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="Sentences that make a document in column files that do not say (default: 1).",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Measure on N documents drawn at random.",
)
@click.option(
    "--seed",
    type=int,
    default=17,
    show_default=True,
    metavar="N",
    help="Seed of --limit and of the intervals.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Processes (default: one per core).",
)
@click.option(
    "--threshold-sweep",
    is_flag=True,
    help="Also draw recall against precision over all thresholds.",
)
@click.option(
    "--baseline",
    type=click.Choice(("stock-presidio",)),
    help="Measure this beside, on the same texts.",
)
@click.option(
    "--found",
    "found_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Measure the marks of this file instead of a policy: a second annotator's, or another "
    "tool's, on the same texts.",
)
@click.option(
    "--min-recall",
    multiple=True,
    metavar="[ENTITY=]X",
    help="Exit code 1 below this recall of words.",
)
@click.option(
    "--min-precision",
    multiple=True,
    metavar="[ENTITY=]X",
    help="Exit code 1 below this precision of words.",
)
@click.option(
    "--min-f2", multiple=True, metavar="[ENTITY=]X", help="Exit code 1 below this F2 of words."
)
@click.option(
    "--errors",
    "most_errors",
    type=click.IntRange(min=0),
    default=20,
    metavar="N",
    help="List so many places of mistakes (default: 20).",
)
@click.option(
    "--show-values",
    is_flag=True,
    help="UNSAFE: print the words that were missed and the extra ones. Public sets only.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the report: .json as --json, .html one page.",
)
@click.pass_obj
def redaction(context: Context, /, **given: Any) -> None:
    """Measure how much a policy finds on labelled texts, and what it misses.

    FILE is presidio-research JSON, Text Anonymization Benchmark JSON, JSON Lines, marked YAML
    or a column file (CoNLL, IOB, Universal NER). Mistakes are shown as places, never as text.

    \b
    Example:  secure-rag eval redaction letters.yaml --min-recall 0.95
              secure-rag eval redaction dev.conll --map FAC=LOCATION --entity PERSON
              secure-rag eval redaction set.json --threshold-sweep -o report.html
    """
    from secure_rag.evaluation.minimums import parse_minimums

    output: Path | None = given["output"]
    check_output(output)
    minimums = parse_minimums(
        {name: given[f"min_{name}"] for name in ("recall", "precision", "f2")}
    )
    workspace = context.optional_workspace()
    found_file: Path | None = given["found_file"]
    read = [*given["files"], *policy_files(given["policy"]), *([found_file] if found_file else [])]
    context.isolate(
        read=[*read, *([workspace.root] if workspace else [])],
        write=[output.parent] if output else [],
    )
    if given["show_values"]:
        context.warn("--show-values prints words of the set: for public sets only")
    value = _Run(context, workspace, given, minimums).value()
    _show(context, value, output)
    if value["documents_failed"]:
        context.exit_code = ExitCode.INPUT
    if not all(one["ok"] for one in value["minimums"]):
        context.exit_code = ExitCode.CHECK_FAILED


class _Run:
    """One measurement, after isolation."""

    def __init__(
        self,
        context: Context,
        workspace: Workspace | None,
        given: dict[str, Any],
        minimums: tuple[Minimum, ...],
    ) -> None:
        from secure_rag.evaluation.counts import scope_of
        from secure_rag.evaluation.minimums import refuse_unmeasured
        from secure_rag.policy.loader import load_policy

        self._context, self._workspace, self._given = context, workspace, given
        self._minimums = minimums
        self._entities = [entity.upper() for entity in given["entities"]]
        self._policy: Policy | None = None
        if not given["found_file"]:
            folders = [workspace.policies] if workspace else []
            self._policy = context.warn_of(load_policy(given["policy"], folders=folders))
        self._set = self._read(given["files"])
        refuse_unmeasured(minimums, scope_of(self._set, self._entities).entities)

    def value(self) -> dict[str, Any]:
        """Measure, and return the report as plain values."""
        from secure_rag.evaluation.minimums import check_minimums
        from secure_rag.evaluation.redaction import SWEEP
        from secure_rag.evaluation.systems import OURS, SystemSetup

        thresholds = SWEEP if self._given["threshold_sweep"] and self._policy else ()
        setup = SystemSetup(OURS, self._policy, self._workspace, thresholds)
        report = self._evaluate("texts", setup, found_file=self._given["found_file"])
        name = self._given["baseline"]
        baseline = self._evaluate(name, SystemSetup(name, thresholds=thresholds)) if name else None
        return {
            "set": self._about(),
            "system": self._system(),
            **report,
            "baseline": {"system": {"name": name}, **baseline} if baseline else None,
            "minimums": check_minimums(report, self._minimums),
        }

    def _read(self, files: Sequence[Path]) -> LabelledSet:
        from secure_rag.evaluation.datasets import ReadOptions, read_set

        given = self._given
        return read_set(
            files,
            format_name=given["format_name"],
            maps=given["maps"],
            options=ReadOptions(given["word_column"], given["tag_column"], given["sentences"]),
            is_complete=given["is_complete"],
            limit=given["limit"],
            seed=given["seed"],
        )

    def _evaluate(
        self, label: str, setup: SystemSetup, *, found_file: Path | None = None
    ) -> dict[str, Any]:
        from secure_rag.evaluation.given_marks import found_in
        from secure_rag.evaluation.redaction import evaluate

        given, context = self._given, self._context
        found = found_in(self._read([found_file]), self._set) if found_file else None
        total = 0 if found else len(self._set.texts)
        with progress(label, total, quiet=context.quiet, color=context.color) as bar:
            return evaluate(
                self._set,
                setup,
                entities=self._entities,
                workers=given["workers"],
                seed=given["seed"],
                show_values=given["show_values"],
                most_errors=given["most_errors"],
                progress=bar,
                found=found,
            )

    def _about(self) -> dict[str, Any]:
        labelled = self._set
        return {
            "name": labelled.name,
            "format": labelled.format,
            "documents": len(labelled.texts),
            "characters": labelled.characters,
            "mentions": labelled.mentions,
            "complete": labelled.is_complete,
            "labels": {
                label: {"entity": entity or None, "mentions": count}
                for label, (entity, count) in labelled.labels.items()
            },
            "limit": self._given["limit"],
            "seed": self._given["seed"],
        }

    def _system(self) -> dict[str, Any]:
        if self._policy is None:
            name = self._given["found_file"].name
            return {"name": name, "policy": None, "policy_digest": None}
        return {
            "name": "secure-rag",
            "policy": self._policy.name,
            "policy_digest": self._policy.digest,
        }


def _show(context: Context, value: dict[str, Any], output: Path | None) -> None:
    from secure_rag.evaluation.redaction_html import to_html
    from secure_rag.evaluation.redaction_text import to_text

    context.result(value, schema=_SCHEMA, text="" if context.json else to_text(value))
    if output is not None:
        write_report(output, value, schema=_SCHEMA, to_html=to_html)


evaluation.add_command(retrieval)
