"""`eval answers`: answers and refusals on questions with known answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from secure_rag.cli.context import Context, policy_files
from secure_rag.cli.options import Command, adapter_options
from secure_rag.cli.render import Bar, progress
from secure_rag.cli.report import check_output, write_report
from secure_rag.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from secure_rag.evaluation.demands import Demand
    from secure_rag.pipeline.session import Session
    from secure_rag.policy.model import Policy
    from secure_rag.workspace import Workspace

_CONDITIONS = ("gold", "mixed", "same-topic", "other")
_SCHEMA = "eval-answers"


@click.command("answers", cls=Command)
@click.argument("files", metavar="FILE...", nargs=-1, required=True,
                type=click.Path(path_type=Path, dir_okay=False))  # fmt: skip
@click.option("--policy", metavar="NAME|FILE",
              help="Policy to answer under (default: the workspace's, else default). For public "
              "text: unsafe-keep-all.")  # fmt: skip
@click.option("--index", "from_index", is_flag=True,
              help="Ask the workspace's index instead of given passages.")  # fmt: skip
@click.option("--condition", "conditions", multiple=True, type=click.Choice(_CONDITIONS),
              help="Which passages are given; may be repeated (default: gold, same-topic, other "
              "where the set allows it).")  # fmt: skip
@click.option("--passages", type=click.IntRange(1, 50), default=6, show_default=True, metavar="N",
              help="How many passages are given, but for gold.")  # fmt: skip
@click.option("--topic", "topics", multiple=True, metavar="TITLE",
              help="Only questions about this article; may be repeated.")  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), metavar="N",
              help="Ask N questions drawn at random.")  # fmt: skip
@click.option("--seed", type=int, default=17, show_default=True, metavar="N",
              help="Seed of --limit, of the order of passages and of the intervals.")  # fmt: skip
@click.option("--no-writer", is_flag=True, help="Without the language model's sentence.")
@adapter_options
@click.option("--no-curve", is_flag=True, help="Leave out the curve over other thresholds.")
@click.option("--min", "least", multiple=True, metavar="[CONDITION.]NAME=X",
              help="Exit code 1 if this figure is below X, such as f1=0.6.")  # fmt: skip
@click.option("--max", "most", multiple=True, metavar="[CONDITION.]NAME=X",
              help="Exit code 1 if this figure is above X, such as leaks=0.")  # fmt: skip
@click.option("--mistakes", "most_mistakes", type=click.IntRange(min=0), default=10, metavar="N",
              help="List so many questions of each kind of mistake (default: 10).")  # fmt: skip
@click.option("--show-texts", is_flag=True,
              help="UNSAFE: list questions and answers of mistakes. Public sets only.")  # fmt: skip
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
              help="Also write the report: .json as --json, .html one page.")  # fmt: skip
@click.pass_obj
def answers(context: Context, /, **given: Any) -> None:
    """Measure answers and refusals on questions with known answers.

    FILE is of SQuAD form (1.1 or 2.0, .json or .json.xz), or JSON Lines {"id", "question",
    "answers": [...]}, which may hold "passages" and "topic"; no answers: it must be refused.
    The line that refuses everything stands beside every figure.

    \b
    Example:  secure-rag eval answers dev-v2.0.json --policy unsafe-keep-all --limit 200
              secure-rag eval answers ours.jsonl --index --min answerable_f1=0.6
              secure-rag eval answers ours.jsonl --max leaks=0 -o report.html
    """
    output: Path | None = given["output"]
    check_output(output)
    if given["from_index"] and given["conditions"]:
        raise UsageError("--condition is about given passages, --index has its own")
    value = _measured(context, given)
    from secure_rag.evaluation.answers_report import to_html, to_text

    context.result(value, schema=_SCHEMA, text="" if context.json else to_text(value))
    if output is not None:
        write_report(output, value, schema=_SCHEMA, to_html=to_html)
    if not all(one["ok"] for one in value["minimums"]):
        context.exit_code = ExitCode.CHECK_FAILED


def _measured(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    """Measure in a recorded session for an index, in one that records nothing otherwise."""
    from secure_rag.evaluation.demands import parse_demands

    demands = parse_demands(given["least"], given["most"])
    output: Path | None = given["output"]
    read = [*given["files"], *policy_files(given["policy"])]
    write = [output.parent] if output else []
    if given["show_texts"]:
        context.warn("--show-texts prints questions and answers: for public sets only")
    if given["from_index"]:
        opened = context.session("eval answers", read=read, write=write, adapter=given["adapter"])
        with opened as session:
            session.unsafe_adapter = given["unsafe_adapter"]
            policy = context.warn_of(session.load_policy(given["policy"]))
            return _value(context, given, session, policy, demands)
    workspace = context.optional_workspace()
    context.isolate(read=[*read, *([workspace.root] if workspace else [])], write=write)
    from secure_rag.pipeline.unrecorded import UnrecordedSession

    policy = context.warn_of(named_policy(given["policy"], workspace))
    unrecorded = UnrecordedSession(
        policy,
        workspace=workspace,
        adapter=given["adapter"],
        unsafe_adapter=given["unsafe_adapter"],
    )
    return _value(context, given, unrecorded, policy, demands)


def named_policy(name: str | None, workspace: Workspace | None) -> Policy:
    """Return the policy that a command names, else the workspace's, else the default."""
    from secure_rag.policy.loader import load_policy
    from secure_rag.settings import policy_in_force

    folders = [workspace.policies] if workspace else []
    name = name or policy_in_force(workspace.settings_file if workspace else None)
    return load_policy(name, folders=folders)


def _value(
    context: Context,
    given: dict[str, Any],
    session: Session,
    policy: Policy,
    demands: tuple[Demand, ...],
) -> dict[str, Any]:
    from secure_rag.evaluation.answers import INDEX, evaluate
    from secure_rag.evaluation.answers_figures import demandable, demanded
    from secure_rag.evaluation.answers_set import read_questions
    from secure_rag.evaluation.demands import check_demands, refuse_unknown

    refuse_unknown(demands, demandable(_CONDITIONS))
    questions = read_questions(
        given["files"], topics=given["topics"], limit=given["limit"], seed=given["seed"]
    )
    if given["no_writer"]:
        answering = session.settings.answering.model_copy(update={"writer": "quotes"})
        session.settings = session.settings.model_copy(update={"answering": answering})

    @contextmanager
    def shown(label: str, total: int) -> Iterator[Bar]:
        with progress(label, total, quiet=context.quiet, color=context.color) as bar:
            yield bar

    value = evaluate(
        questions,
        session,
        policy,
        conditions=[INDEX] if given["from_index"] else given["conditions"],
        passages=given["passages"],
        seed=given["seed"],
        with_curve=not given["no_curve"],
        most_mistakes=given["most_mistakes"],
        show_texts=given["show_texts"],
        progress=shown,
    )
    return {**value, "minimums": check_demands(demanded(value), demands)}
