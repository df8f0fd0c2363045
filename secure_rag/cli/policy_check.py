"""`policy check`: validate, show resolved, compare with what was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from secure_rag.cli.context import Context
from secure_rag.cli.options import Command
from secure_rag.cli.policy_targets import Place, find_place, find_targets
from secure_rag.errors import ExitCode, PolicyError, UsageError

if TYPE_CHECKING:
    from secure_rag.policy.compare import Change
    from secure_rag.policy.model import Policy
    from secure_rag.policytest.collect import Target


@click.command("check", cls=Command)
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option(
    "--against", metavar="OLD", help="Fail if a policy uncovers what OLD (name or file) hides."
)
@click.option("--allow-weaker", is_flag=True, help="With --against: say it, but do not fail.")
@click.option("--resolved", is_flag=True, help="Print the policy with its parents, as one YAML.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of policies, for editors.")
@click.pass_obj
def check(
    context: Context,
    paths: tuple[str, ...],
    against: str | None,
    allow_weaker: bool,
    resolved: bool,
    schema: bool,
) -> None:
    """Validate policies and their cases without running them.

    PATH is a folder, a policy, a test file or the name of a pack; without PATH the
    workspace's policies, or else the packs. Exit code 3 if one cannot be used, 1 if one
    is weaker than --against.

    \b
    Example:  secure-rag policy check
              secure-rag policy check policies/contracts.yaml --against default
              secure-rag policy check contracts --resolved
    """
    if allow_weaker and against is None:
        raise UsageError("--allow-weaker needs --against")
    if schema:
        _print_schema(context, paths)
        return
    place = find_place(context, [*paths, *([against] if against else [])])
    context.isolate(read=place.read)
    checks = [_Check(target, place) for target in find_targets(place, paths)]
    if resolved:
        _print_resolved(context, checks)
        return
    old = _load(against, place) if against else None
    if old is not None:
        for one in checks:
            one.compare(old)
    problems = [error for one in checks for error in one.problems]
    text = "\n".join(one.text for one in checks if not one.problems)
    rows = [one.row for one in checks]
    context.result({"ok": not problems, "policies": rows}, schema="policy-check", text=text)
    _raise(context, problems)
    _judge(context, checks, allow_weaker=allow_weaker)


def _judge(context: Context, checks: Sequence[_Check], *, allow_weaker: bool) -> None:
    """Fail on what is weaker, unless that is wanted."""
    for one in checks:
        if one.is_weaker and allow_weaker:
            context.say(f"{one.file} is weaker than --against; allowed")
        elif one.is_weaker:
            context.warn(f"{one.file} is weaker than --against; --allow-weaker if that is meant")
            context.exit_code = ExitCode.CHECK_FAILED


class _Check:
    """One policy and its cases, read; what is wrong, and what to print."""

    def __init__(self, target: Target, place: Place) -> None:
        from secure_rag.policy.loader import check_policy
        from secure_rag.policytest.collect import load_paired_cases

        self.problems: list[PolicyError] = []
        self.policy: Policy | None = None
        self.is_weaker = False
        self._changes: list[Change] = []
        cases, path = 0, target.policy
        if target.cases is not None:
            try:
                loaded = load_paired_cases(target.cases, folders=[place.folder])
                cases, path = len(loaded.cases), path or loaded.policy
            except PolicyError as error:
                self.problems.append(error)
        if path is not None:
            self.policy, found = check_policy(path, folders=[place.folder])
            self.problems = [*found, *self.problems]
        self.file = str(path or target.cases)
        self.row = self._row(cases)

    def _row(self, cases: int) -> dict[str, Any]:
        found = self.policy
        return {
            "file": self.file,
            "ok": not self.problems,
            "name": found.name if found else None,
            "extends": found.extends if found else None,
            "policy_digest": found.digest if found else None,
            "rules": len(found.rules) if found else None,
            "recognizers": len(found.recognizers) if found else None,
            "cases": cases,
            "unsafe": found.is_unsafe if found else None,
            "errors": [
                {"code": error.code, "message": error.message, "hint": error.hint}
                for error in self.problems
            ],
        }

    def compare(self, old: Policy) -> None:
        """Add what differs from an older policy."""
        from secure_rag.cli.policy_changes import change_values
        from secure_rag.policy.compare import WEAKER, compare_policies

        if self.policy is None:
            return
        self._changes = compare_policies(old, self.policy)
        self.is_weaker = any(change.verdict == WEAKER for change in self._changes)
        self.row["against"] = {
            "name": old.name,
            "policy_digest": old.digest,
            "weaker": self.is_weaker,
            "changes": change_values(self._changes),
        }

    @property
    def text(self) -> str:
        """The line of a policy that can be used, and what differs below it."""
        from secure_rag.cli.policy_changes import change_lines

        row = self.row
        unsafe = "  UNSAFE: keeps personal data" if row["unsafe"] else ""
        line = f"ok    {row['file']}  {row['rules']} rules, {row['cases']} cases{unsafe}"
        return "\n".join([line, *(f"      {one}" for one in change_lines(self._changes))])


def _load(name: str, place: Place) -> Policy:
    from secure_rag.policy.loader import load_policy

    return load_policy(name, folders=[place.folder])


def _raise(context: Context, problems: Sequence[PolicyError]) -> None:
    """Print all but the last error, and raise that one."""
    if not problems:
        return
    for error in problems[:-1]:
        if not context.json:
            click.echo(f"secure-rag: error: {error.message}", err=True)
            if error.hint:
                click.echo(f"secure-rag: hint: {error.hint}", err=True)
    raise problems[-1]


def _print_resolved(context: Context, checks: Sequence[_Check]) -> None:
    from secure_rag.policy.resolved import to_yaml

    for one in checks:
        _raise(context, one.problems)
    texts = [to_yaml(one.policy) for one in checks if one.policy is not None]
    rows = [{**one.row, "resolved": text} for one, text in zip(checks, texts, strict=True)]
    context.result({"ok": True, "policies": rows}, schema="policy-check", text="---\n".join(texts))


def _print_schema(context: Context, paths: Sequence[str]) -> None:
    from secure_rag.policy.schema import policy_schema

    if paths:
        raise UsageError("--schema takes no PATH")
    context.isolate()
    context.out.write(json.dumps(policy_schema(), indent=2) + "\n")
    context.out.flush()
