"""`eval retrieval`: what is found on raw and on redacted text, in every mode."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from secure_rag.cli.context import Context, policy_files
from secure_rag.cli.options import Command
from secure_rag.cli.render import progress
from secure_rag.cli.report import check_output, write_report
from secure_rag.errors import ExitCode, UsageError
from secure_rag.workspace import POLICY_VARIABLE

if TYPE_CHECKING:
    from secure_rag.evaluation.retrieval_arms import Arm
    from secure_rag.evaluation.retrieval_sets import RetrievalSet
    from secure_rag.policy.model import Policy
    from secure_rag.values import RawDocument

_SCHEMA = "eval-retrieval"
_TEXTS = ("both", "raw", "redacted")


@click.command("retrieval", cls=Command)
@click.argument(
    "files", metavar="SET...", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True)
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(("beir", "squad", "cases")),
    help="Form of the set (default: detected).",
)
@click.option("--part", default="test", show_default=True, help="Part of a BEIR folder.")
@click.option(
    "--documents",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="FOLDER",
    help="Documents that the cases speak of (default: the workspace's index).",
)
@click.option(
    "--policy",
    envvar=POLICY_VARIABLE,
    default="default",
    show_default=True,
    show_envvar=True,
    metavar="NAME|FILE",
    help="Policy of the redacted text; an index has its workspace's.",
)
@click.option(
    "--text",
    "texts",
    type=click.Choice(_TEXTS),
    default="both",
    show_default=True,
    help="Measure raw text, redacted text, or both against each other.",
)
@click.option(
    "--views", "with_views", is_flag=True, help="Also measure other views of placeholders."
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Ask N questions at random.")
@click.option(
    "--seed",
    type=int,
    default=17,
    show_default=True,
    metavar="N",
    help="Seed of --limit and of the intervals.",
)
@click.option(
    "--candidates",
    type=click.IntRange(10, 1000),
    default=100,
    show_default=True,
    metavar="N",
    help="Candidates of each search.",
)
@click.option(
    "--min",
    "minimums",
    multiple=True,
    metavar="[MODE:]FIGURE=X",
    help="Exit code 1 below this figure: ndcg@10, recall@1, @5, @10, @100, mrr@10. Hybrid search "
    "of redacted text unless it says raw: or a mode; may be repeated.",
)
@click.option(
    "--max-loss",
    type=click.FloatRange(0, 1),
    metavar="X",
    help="Exit code 1 if redaction costs more nDCG@10 than this (0.01 is one point).",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the report: .json as --json, .html one page.",
)
@click.pass_obj
def retrieval(context: Context, /, **given: Any) -> None:
    """Measure what is found on raw text and on redacted text, in every mode.

    SET is a BEIR folder, SQuAD files (paragraphs are the documents), or JSON Lines of
    {"id", "question", "documents": ["name"]} over --documents or the workspace's index.
    Raw text is held in memory only; nothing of it is stored or shown.

    \b
    Example:  secure-rag eval retrieval scifact --part train
              secure-rag eval retrieval dev.json.xz --max-loss 0.01 -o report.html
              secure-rag eval retrieval cases.jsonl --documents letters --min recall@5=0.9
    """
    from secure_rag.evaluation.retrieval_minimums import (
        check_retrieval_minimums,
        parse_retrieval_minimums,
    )

    check_output(given["output"])
    minimums = parse_retrieval_minimums(given["minimums"])
    if given["max_loss"] is not None and given["texts"] != "both":
        raise UsageError("--max-loss compares raw and redacted text: leave --text out")
    value = _measure(context, given)
    rows = check_retrieval_minimums(value, minimums, given["max_loss"])
    value["minimums"] = rows
    _show(context, value, given["output"])
    if any(arm["failed"] for arm in value["arms"]):
        context.exit_code = ExitCode.INPUT
    if not all(one["ok"] for one in rows):
        context.exit_code = ExitCode.CHECK_FAILED


def _measure(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    from secure_rag.evaluation.retrieval_sets import detect_format

    form = given["format_name"] or detect_format(given["files"])
    if form != "squad" and len(given["files"]) != 1:
        raise UsageError(f"one set of the form {form} at a time")
    output: Path | None = given["output"]
    write = [output.parent] if output else []
    if form == "cases" and given["documents"] is None:
        return _measure_index(context, given, write)
    workspace = context.optional_workspace()
    context.isolate(
        read=[
            *given["files"],
            *([given["documents"]] if given["documents"] else []),
            *policy_files(given["policy"]),
            *([workspace.root] if workspace else []),
        ],
        write=write,
    )
    from secure_rag.policy.loader import load_policy

    folders = [workspace.policies] if workspace else []
    policy = context.warn_of(load_policy(given["policy"], folders=folders))
    found = _read(context, given, form).drawn(given["limit"], given["seed"])
    return _compared(context, given, found, policy)


def _read(context: Context, given: dict[str, Any], form: str) -> RetrievalSet:
    from secure_rag.evaluation.retrieval_sets import read_beir, read_cases, read_squad

    if form == "beir":
        return read_beir(given["files"][0], given["part"])
    if form == "squad":
        return read_squad(given["files"])
    return read_cases(given["files"][0], *_documents(context, given["documents"]))


def _documents(
    context: Context, folder: Path
) -> tuple[Mapping[str, RawDocument], Mapping[str, str]]:
    """Read the documents below a folder in the sandboxed parser, by their path below it."""
    from secure_rag.evaluation.retrieval_documents import read_folder

    documents, refused = read_folder(folder)
    for code, count in sorted(Counter(refused.values()).items()):
        context.warn(f"{count} documents cannot be read: {code}")
    return documents, refused


def _compared(
    context: Context, given: dict[str, Any], found: RetrievalSet, policy: Policy
) -> dict[str, Any]:
    from secure_rag.evaluation.retrieval import MODES, compare
    from secure_rag.evaluation.retrieval_arms import raw_arm, redacted_arm
    from secure_rag.index.embedder import load_embedder
    from secure_rag.runtime.cores import physical_cores
    from secure_rag.runtime.manifest import Models

    models = Models(context.optional_workspace())
    embedder = load_embedder(models, threads=physical_cores())
    total = len(found.documents) + len(found.questions)
    arms: list[Arm] = []
    if given["texts"] != "redacted":
        with progress("raw text", total, quiet=context.quiet, color=context.color) as bar:
            arms.append(raw_arm(found, embedder, progress=bar))
    if given["texts"] != "raw":
        with progress("redacted text", total, quiet=context.quiet, color=context.color) as bar:
            arms.append(redacted_arm(found, embedder, policy, models, progress=bar))
    searches = len(arms) * len(MODES)
    with progress("searches", searches, quiet=context.quiet, color=context.color) as bar:
        report = compare(
            found,
            arms,
            embedder,
            with_views=given["with_views"],
            candidates=given["candidates"],
            seed=given["seed"],
            progress=bar,
        )
    shown = {"name": policy.name, "digest": policy.digest} if given["texts"] != "raw" else None
    return {"set": _about(found, given), "policy": shown, **report}


def _measure_index(
    context: Context, given: dict[str, Any], write: Sequence[Path]
) -> dict[str, Any]:
    """Ask the cases of the workspace's index, as `search` would, with its events."""
    if given["texts"] != "both" or given["with_views"] or given["max_loss"] is not None:
        raise UsageError(
            "an index holds redacted text only: no raw text to compare with, no other views",
            hint="give the documents with --documents FOLDER",
        )
    chosen = click.get_current_context().get_parameter_source("policy")
    if chosen is ParameterSource.COMMANDLINE:
        raise UsageError(
            "an index is asked under the policy of its workspace: --policy would change nothing",
            hint="leave it out, or give the documents with --documents FOLDER",
        )
    files: list[Path] = given["files"]
    with context.session("eval retrieval", read=files, write=write) as session:
        from secure_rag.evaluation.retrieval import measure_index
        from secure_rag.evaluation.retrieval_sets import read_cases

        found = read_cases(files[0], {}).drawn(given["limit"], given["seed"])
        total = len(found.questions)
        with progress("questions", total, quiet=context.quiet, color=context.color) as bar:
            report = measure_index(found, session, progress=bar)
        policy = session.policy
    shown = {"name": policy.name, "digest": policy.digest}
    about = {**_about(found, given), "documents": report["arms"][0]["documents"]}
    return {"set": about, "policy": shown, **report}


def _about(found: RetrievalSet, given: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": found.name,
        "format": found.format,
        "documents": len(found.documents),
        "limit": given["limit"],
        "seed": given["seed"],
        "candidates": given["candidates"],
    }


def _show(context: Context, value: dict[str, Any], output: Path | None) -> None:
    from secure_rag.evaluation.retrieval_report import to_html, to_text

    context.result(value, schema=_SCHEMA, text="" if context.json else to_text(value))
    if output is not None:
        write_report(output, value, schema=_SCHEMA, to_html=to_html)
