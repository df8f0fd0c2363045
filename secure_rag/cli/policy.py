"""`policy check`, `policy test`, `policy entities`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from secure_rag.cli.context import Context
from secure_rag.cli.options import Group
from secure_rag.errors import ExitCode, PolicyError, UsageError
from secure_rag.resources import resource

if TYPE_CHECKING:
    from secure_rag.policy.cases import Case
    from secure_rag.policytest.collect import Target
    from secure_rag.policytest.outcome import Report
    from secure_rag.workspace import Workspace

_REPORT_SUFFIXES = (".json", ".xml")


@click.group("policy", cls=Group)
def policy() -> None:
    """Check and test redaction policies.

    \b
    Example:  secure-rag policy check policies/
              secure-rag policy test policies/default.yaml -k phone
              secure-rag policy test --strict --min-coverage 100 -o report.xml
    """


@policy.command("check")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.pass_obj
def check(context: Context, paths: tuple[str, ...]) -> None:
    """Validate policies and their cases without running them.

    PATH is a folder, a policy, a test file or the name of a pack; without PATH the
    workspace's policies, or else the packs. Exit code 3 if one cannot be used.

    \b
    Example:  secure-rag policy check
              secure-rag policy check policies/contracts.yaml
    """
    targets = _targets(context, paths)[1]
    rows: list[dict[str, Any]] = []
    problems: list[PolicyError] = []
    for target in targets:
        row, found = _check_target(target)
        rows.append(row)
        problems += found
    text = "\n".join(_check_line(row) for row in rows if row["ok"])
    context.result({"ok": not problems, "policies": rows}, schema="policy-check", text=text)
    if not problems:
        return
    for error in problems[:-1]:
        if not context.json:
            click.echo(f"secure-rag: error: {error.message}", err=True)
            if error.hint:
                click.echo(f"secure-rag: hint: {error.hint}", err=True)
    raise problems[-1]


@policy.command("test")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("-k", "pattern", metavar="PATTERN", help="Only cases whose id contains this.")
@click.option("--tag", "tags", metavar="TAG", multiple=True, help="Only cases with one of these.")
@click.option("--strict", is_flag=True, help="Fail as well when a known gap passes.")
@click.option(
    "--min-coverage",
    type=click.IntRange(0, 100),
    metavar="N",
    help="Fail when less than N percent of the rules are covered.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write a report: .xml is JUnit, .json as --json.",
)
@click.pass_obj
def test(
    context: Context,
    paths: tuple[str, ...],
    pattern: str | None,
    tags: tuple[str, ...],
    strict: bool,
    min_coverage: int | None,
    output: Path | None,
) -> None:
    """Run the cases of policies: missed, unexpected, rule coverage.

    PATH as for `policy check`. All cases run; only differences are shown (-v: all cases).

    \b
    Example:  secure-rag policy test
              secure-rag policy test default -k phone
              secure-rag policy test policies/ --strict --min-coverage 100 -o report.xml
    """
    is_filtered = bool(pattern or tags)
    if is_filtered and min_coverage is not None:
        raise UsageError("--min-coverage needs all cases", hint="leave out -k and --tag")
    if output is not None and output.suffix not in _REPORT_SUFFIXES:
        raise UsageError(
            f"cannot write a {output.suffix or 'nameless'} report",
            hint="use .xml or .json",
        )
    writable = [output.parent] if output else []
    workspace, targets = _targets(context, paths, write=writable)
    reports = _run(workspace, targets, _selector(pattern, tags))
    if is_filtered and not any(report.results for report in reports):
        raise UsageError("no case matches -k or --tag")
    _finish(context, reports, targets, strict, min_coverage, output, is_filtered=is_filtered)


@policy.command("entities")
@click.pass_obj
def entities(context: Context) -> None:
    """List the entities a policy can name, and what finds each.

    \b
    Example:  secure-rag policy entities
              secure-rag policy entities --json | jq -r .entity
    """
    from secure_rag.policy.entities import ENTITIES

    context.isolate()
    for entity in ENTITIES.values():
        context.line(
            {
                "entity": entity.name,
                "group": entity.group,
                "found_by": entity.found_by,
                "description": entity.description,
            },
            text=f"{entity.name:<19} {entity.group:<14} {entity.found_by:<12} {entity.description}",
        )


# -- what to look at ---------------------------------------------------------------------


def _targets(
    context: Context, paths: Sequence[str], *, write: Sequence[Path] = ()
) -> tuple[Workspace | None, list[Target]]:
    """Enter isolation with what the paths need, and return what they mean."""
    workspace = context.optional_workspace()
    folder = workspace.policies if workspace else resource("policies")
    given = [Path(path) for path in paths]
    read = [path if path.is_dir() else path.parent for path in given if path.exists()]
    if workspace is not None:
        read.append(workspace.root)
    context.isolate(read=[folder, *read], write=write)
    from secure_rag.policytest.collect import collect

    return workspace, collect(paths or [str(_shown(folder))], folders=[folder])


def _shown(folder: Path) -> Path:
    """Return a folder relative to the current one, if it lies below: messages are shorter."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


# -- check -------------------------------------------------------------------------------


def _check_target(target: Target) -> tuple[dict[str, Any], list[PolicyError]]:
    """Read a policy and its cases; return a row for the result, and what is wrong."""
    from secure_rag.policy.cases import load_cases
    from secure_rag.policy.loader import check_policy

    cases, problems = 0, list[PolicyError]()
    path = target.policy
    if target.cases is not None:
        try:
            loaded = load_cases(target.cases)
            cases, path = len(loaded.cases), path or loaded.policy
        except PolicyError as error:
            problems.append(error)
    found = None
    if path is not None:
        found, policy_problems = check_policy(path)
        problems = [*policy_problems, *problems]
    row = {
        "file": str(path or target.cases),
        "ok": not problems,
        "name": found.name if found else None,
        "policy_digest": found.digest if found else None,
        "rules": len(found.rules) if found else None,
        "cases": cases,
        "unsafe": found.is_unsafe if found else None,
        "errors": [
            {"code": error.code, "message": error.message, "hint": error.hint} for error in problems
        ],
    }
    return row, problems


def _check_line(row: dict[str, Any]) -> str:
    unsafe = "  UNSAFE: keeps personal data" if row["unsafe"] else ""
    return f"ok    {row['file']}  {row['rules']} rules, {row['cases']} cases{unsafe}"


# -- test --------------------------------------------------------------------------------


def _selector(pattern: str | None, tags: Sequence[str]) -> Callable[[Case], bool]:
    wanted = (pattern or "").casefold()

    def select(case: Case) -> bool:
        return wanted in case.id and (not tags or bool(set(tags) & set(case.tags)))

    return select


def _run(
    workspace: Workspace | None,
    targets: Sequence[Target],
    select: Callable[[Case], bool],
) -> list[Report]:
    """Load everything first, so that an invalid policy stops the run before it starts."""
    from secure_rag.policy.cases import load_cases
    from secure_rag.policy.loader import load_policy

    loaded = []
    for target in targets:
        if target.cases is None:
            load_policy(str(target.policy))
            continue
        case_file = load_cases(target.cases)
        loaded.append((load_policy(str(case_file.policy)), case_file))

    from secure_rag.policytest.real import Bench

    bench = Bench(workspace)
    return [bench.run(policy, case_file, select=select) for policy, case_file in loaded]


def _finish(
    context: Context,
    reports: Sequence[Report],
    targets: Sequence[Target],
    strict: bool,
    min_coverage: int | None,
    output: Path | None,
    *,
    is_filtered: bool,
) -> None:
    """Print and write the reports, and set the exit code."""
    from secure_rag.policytest.outcome import total
    from secure_rag.policytest.report import to_json, to_junit, to_text

    untested = [str(target.policy) for target in targets if target.cases is None]
    value = {**to_json(reports, strict=strict), "untested": untested}
    context.result(
        value,
        schema="policy-test",
        text=to_text(reports, strict=strict, verbose=context.verbose > 0, filtered=is_filtered),
    )
    if output is not None:
        is_junit = output.suffix == ".xml"
        _write(output, to_junit(reports, strict=strict) if is_junit else _json_text(value))
    for path in untested:
        context.warn(f"{path} has no cases: write {Path(path).stem}.test.yaml beside it")
    if untested or value["failures"]:
        context.exit_code = ExitCode.CHECK_FAILED
    if min_coverage is not None:
        _check_coverage(context, total(reports).percent_covered, min_coverage)


def _check_coverage(context: Context, percent: float, demanded: int) -> None:
    if percent < demanded:
        context.warn(f"{percent:.0f} % of the rules are covered, {demanded} % are demanded")
        context.exit_code = ExitCode.CHECK_FAILED


def _json_text(value: dict[str, Any]) -> str:
    document = {"schema": "secure-rag/policy-test/1", **value}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
