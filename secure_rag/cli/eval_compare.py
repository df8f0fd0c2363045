"""`eval compare`: base model, RAG, adapter, or RAG and adapter, on the same cases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from secure_rag.cli.context import Context, policy_files, tuning_folders
from secure_rag.cli.eval_answers import named_policy
from secure_rag.cli.options import Command, adapter_options
from secure_rag.cli.render import Bar, plural, progress
from secure_rag.cli.report import check_output, write_report
from secure_rag.errors import ExitCode

if TYPE_CHECKING:
    from secure_rag.evaluation.compare_arms import Adapter
    from secure_rag.evaluation.compare_cases import CompareSet
    from secure_rag.pipeline.session import Session
    from secure_rag.policy.model import Policy
    from secure_rag.workspace import Workspace

_ARMS = ("base", "rag", "rag-writer", "adapter", "rag-adapter")
_SCHEMA = "eval-compare"


@click.command("compare", cls=Command)
@click.argument("cases", metavar="FILE|SET")
@click.option("--policy", metavar="NAME|FILE",
              help="Policy to answer under (default: the workspace's, else default). For public "
              "text: unsafe-keep-all.")  # fmt: skip
@click.option("--arms", metavar="ARM,...",
              help=f"Only these arms: {', '.join(_ARMS)} (default: all).")  # fmt: skip
@adapter_options
@click.option("--limit", type=click.IntRange(min=1), metavar="N",
              help="Ask N cases drawn at random.")  # fmt: skip
@click.option("--seed", type=int, default=17, show_default=True, metavar="N",
              help="Seed of --limit and of the intervals.")  # fmt: skip
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
              help="Also write the report: .json as --json, .html one page.")  # fmt: skip
@click.pass_obj
def compare(context: Context, /, **given: Any) -> None:
    """Compare base model, RAG, adapter, and RAG with adapter on the same cases.

    FILE is JSON Lines {"id", "question", "answer"}, which may hold "passages", "document",
    "form" and "changed", or of SQuAD form. The answer is a text, a list of wordings, an object
    of fields, or null: it must be refused. SET is support, contracts, compliance, knowledge,
    voice, format, coding, drafting or reports (our fictional cases), or policyqa, squad, xquad.
    Cases without passages are asked of the workspace's index; an arm that cannot run, such as
    one with an adapter where none is named, is reported as not run.

    \b
    Example:  secure-rag eval compare support
              secure-rag eval compare ours.jsonl --adapter house-voice -o report.html
              secure-rag eval compare policyqa --policy unsafe-keep-all --limit 100
    """
    check_output(given["output"])
    from secure_rag.evaluation.compare_cases import find_set

    path = find_set(given["cases"])
    value = _measured(context, given, path)
    from secure_rag.evaluation.compare_report import to_html, to_text

    context.result(value, schema=_SCHEMA, text="" if context.json else to_text(value))
    if given["output"] is not None:
        write_report(given["output"], value, schema=_SCHEMA, to_html=to_html)
    bad = value["set"]["bad_lines"]
    if bad:
        places = ", ".join(str(one["line"]) for one in bad)
        context.warn(f"{path.name}: {plural(len(bad), 'line')} left out: {places}")
        context.exit_code = ExitCode.INPUT


def _measured(context: Context, given: dict[str, Any], path: Path) -> dict[str, Any]:
    """Measure: recorded if the index is asked, else in a session that records nothing."""
    output: Path | None = given["output"]
    workspace = context.optional_workspace()
    root = [workspace.root] if workspace else []
    read = [path.parent, *policy_files(given["policy"]), *root]
    write = [*([output.parent] if output else []), *root, *(tuning_folders() if root else [])]
    context.isolate(read=read, write=write)
    from secure_rag.evaluation.compare_cases import read_cases

    given["settings_adapter"] = _settings_adapter(workspace)
    cases = read_cases(path, limit=given["limit"], seed=given["seed"])
    if workspace is not None and cases.wants_index:
        # without an adapter: the arms that have one bring it
        opened = context.session("eval compare", read=read, write=write, adapter="")
        with opened as session:
            session.remembers = True
            policy = context.warn_of(session.load_policy(given["policy"]))
            return _value(context, given, cases, session, policy, has_index=_has_index(session))
    return _unrecorded(context, given, cases, workspace)


def _unrecorded(
    context: Context, given: dict[str, Any], cases: CompareSet, workspace: Workspace | None
) -> dict[str, Any]:
    from secure_rag.pipeline.unrecorded import UnrecordedSession

    policy = context.warn_of(named_policy(given["policy"], workspace))
    session = UnrecordedSession(policy, workspace=workspace, adapter="")
    return _value(context, given, cases, session, policy, has_index=False)


def _settings_adapter(workspace: Workspace | None) -> str:
    from secure_rag.settings import load_settings

    return load_settings(workspace.settings_file).adapter if workspace else ""


def _adapter(given: dict[str, Any], session: Session) -> Adapter | None:
    """Return the adapter that the command names, else that of the workspace's settings."""
    from secure_rag.pipeline.adapted import adapted

    name = given["adapter"]
    if name is None:
        name = given["settings_adapter"]
    return adapted(session, name, unsafe=given["unsafe_adapter"]) if name else None


def _has_index(session: Session) -> bool:
    return bool(session.store.digests().redactions)


def _value(
    context: Context,
    given: dict[str, Any],
    cases: CompareSet,
    session: Session,
    policy: Policy,
    *,
    has_index: bool,
) -> dict[str, Any]:
    from secure_rag.evaluation.compare import compare as measure

    @contextmanager
    def shown(label: str, total: int) -> Iterator[Bar]:
        with progress(label, total, quiet=context.quiet, color=context.color) as bar:
            yield bar

    arms = [one.strip() for one in given["arms"].split(",")] if given["arms"] else _ARMS
    return measure(
        cases,
        session,
        policy,
        arms=arms,
        adapter=_adapter(given, session) if {"adapter", "rag-adapter"} & set(arms) else None,
        has_index=has_index,
        seed=given["seed"],
        limit=given["limit"],
        progress=shown,
    )
