"""`adapter`: train adapters on redacted data, list, show and remove them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from secure_rag.cli.context import Context
from secure_rag.cli.options import Group
from secure_rag.cli.render import plural, progress
from secure_rag.errors import ExitCode

if TYPE_CHECKING:
    from secure_rag.adapters.run import Estimate, Made
    from secure_rag.pipeline.adapters import Listed
    from secure_rag.runtime.adapters import LocatedAdapter

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.group("adapter", cls=Group)
def adapter() -> None:
    """Fine-tune small additions to the generator, on redacted data only."""


@adapter.command("train")
@click.argument("task", metavar="TASK.yaml", type=_FILE)
@click.option("--dry-run", is_flag=True, help="Say what it would cost here; train nothing.")
@click.pass_obj
def train(context: Context, task: Path, dry_run: bool) -> None:
    """Train a LoRA adapter on redacted examples, attack it, and pin it here.

    \b
    Example:  secure-rag adapter train task.yaml --dry-run
              secure-rag adapter train task.yaml

    Needs the extra `adapt`. A training that was killed goes on with the same command. Exit code 6
    if canaries came out of it: it is kept, and not served without --unsafe-adapter.
    """
    from secure_rag.adapters.extra import require_extra

    require_extra()
    from secure_rag.adapters.task import read_task

    wanted = read_task(task)
    read = [task, *([wanted.data] if wanted.data else [])]
    with context.session("adapter train", read=read) as session, ExitStack() as stack:
        from secure_rag.adapters.run import estimate, prepare, run
        from secure_rag.pipeline.adapters import training_folder

        context.say("redacting the training set")
        prepared = prepare(session, wanted)
        if dry_run:
            _show_estimate(context, estimate(prepared, training_folder(session, wanted.name)))
            return
        made = run(session, prepared, _Shown(context, stack))
        stack.close()
        _show_made(context, made)


class _Shown:
    """Shows the stages of a training one after the other."""

    def __init__(self, context: Context, stack: ExitStack) -> None:
        self._context = context
        self._stack = stack

    def stage(self, label: str, total: int) -> Callable[[int, str], None]:
        self._stack.close()
        context = self._context
        bar = progress(label, total, quiet=context.quiet, color=context.color)
        shown = self._stack.enter_context(bar)
        said = 0

        def step(done: int, words: str) -> None:
            nonlocal said
            shown(done)
            if words and done >= said + max(1, total // 20):
                said = done
                context.say(f"{label}: {done} of {total}, {words}")

        return step


def _show_estimate(context: Context, found: Estimate) -> None:
    text = (
        f"{plural(found.examples, 'example')}, {found.tokens} tokens in {found.steps} steps\n"
        f"about {found.seconds / 60:.0f} minutes on this machine ({found.device}), "
        f"{found.memory_bytes / 1e9:.1f} GB of memory\n"
    )
    if found.left_out:
        text += f"{plural(found.left_out, 'example')} longer than max_tokens left out\n"
    context.result(vars(found), schema="adapter-estimate", text=text)


def _show_made(context: Context, made: Made) -> None:
    record, canary = made.record, made.record.canary
    assert canary is not None
    value = {
        "name": record.name,
        "digest": made.digest,
        "steps": record.steps,
        "seconds": record.train_s,
        "metrics": dict(record.metrics),
        "canary": {**vars(canary), "passed": canary.passed},
    }
    lines = [f"{record.name}: trained in {record.train_s / 60:.1f} minutes"]
    lines += [f"  {name} {figure:g}" for name, figure in record.metrics.items()]
    lines.append(
        f"canaries: {canary.extracted} of {canary.planted} came out, mean exposure "
        f"{canary.exposure_mean:.1f} bits (limit {canary.limit:g})"
    )
    if canary.passed:
        lines.append(f'to use it: --adapter {record.name}, or adapter = "{record.name}"')
    else:
        context.exit_code = ExitCode.REFUSED
        context.warn("this adapter gives away what it was trained on: it will not be served")
    context.result(value, schema="adapter-train", text="\n".join(lines))


@adapter.command("list")
@click.pass_obj
def list_adapters(context: Context) -> None:
    """Show the adapters of this workspace and of the program.

    \b
    Example:  secure-rag adapter list
    """
    with context.session("adapter list") as session:
        from secure_rag.pipeline.adapters import listing

        for one in listing(session):
            context.line(_listed(one), text=_listed_text(one))


@adapter.command("show")
@click.argument("name")
@click.pass_obj
def show(context: Context, name: str) -> None:
    """Show where an adapter comes from: base, data, documents, policy, figures, canaries.

    \b
    Example:  secure-rag adapter show format-json
    """
    with context.session("adapter show") as session:
        from secure_rag.runtime.adapters import CARD_FILE, locate_adapter

        found = locate_adapter(session.models, name)
        card = found.located.folder / CARD_FILE
        text = card.read_text("utf-8") if card.is_file() else ""
    state = _state(found)
    context.result(_value(found), schema="adapter-show", text=f"{text}\nstate: {state}\n")


@adapter.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(context: Context, name: str, yes: bool) -> None:
    """Remove an adapter that was trained here.

    \b
    Example:  secure-rag adapter remove complaints
    """
    context.confirm(f"Remove the adapter {name}?", yes=yes)
    with context.session("adapter remove") as session:
        from secure_rag.pipeline.adapters import remove as remove_adapter

        remove_adapter(session, name)
    context.result({"removed": name}, schema="adapter-remove", text=f"{name}: removed")


def _state(found: LocatedAdapter) -> str:
    if found.retrain:
        return "retrain"
    return "ready" if found.is_servable else "leaks"


def _listed(one: Listed) -> dict[str, Any]:
    if one.found is None:
        return {"name": one.name, "state": "damaged", "problem": one.problem}
    return _value(one.found)


def _listed_text(one: Listed) -> str:
    if one.found is None:
        return f"{one.name:<24} DAMAGED ({one.problem})"
    record = one.found.record
    seen = plural(len(record.documents), "document")
    return f"{one.name:<24} {record.kind:<12} {_state(one.found):<8} {record.base}  {seen}"


def _value(found: LocatedAdapter) -> dict[str, Any]:
    record = {name: one for name, one in vars(found.record).items() if name != "elsewhere"}
    canary = found.record.canary
    return {
        **record,
        "documents": list(found.record.documents),
        "placeholders": list(found.record.placeholders),
        "metrics": dict(found.record.metrics),
        "canary": {**vars(canary), "passed": canary.passed} if canary else None,
        "digest": found.digest,
        "state": _state(found),
        "retrain": [vars(one) for one in found.retrain],
    }
