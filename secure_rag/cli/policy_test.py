"""`policy test`: run the cases of policies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from secure_rag.cli.context import Context
from secure_rag.cli.options import Command
from secure_rag.cli.policy_run import Options, PolicyTest
from secure_rag.errors import UsageError

REPORT_SUFFIXES = (".json", ".xml", ".html")


@click.command("test", cls=Command)
@click.argument("paths", metavar="[PATH[::ID]]...", nargs=-1)
@click.option(
    "-k",
    "expression",
    metavar="EXPR",
    help="Only cases whose id holds these words, or that have such a tag: 'phone and not en'.",
)
@click.option("--tag", "tags", metavar="TAG", multiple=True, help="Only cases with one of these.")
@click.option("--failed", is_flag=True, help="Only cases that failed when they last ran.")
@click.option("--watch", is_flag=True, help="Run again whenever a file changes, until Ctrl-C.")
@click.option("--strict", is_flag=True, help="Fail as well when a known gap passes.")
@click.option(
    "--min-coverage",
    type=click.IntRange(0, 100),
    metavar="N",
    help="Fail when less than N percent of the rules are covered.",
)
@click.option("--mutate", is_flag=True, help="Weaken the policy in many ways; cases must notice.")
@click.option(
    "--min-mutation-score",
    type=click.FloatRange(0, 1),
    metavar="S",
    help="Fail when cases notice less than this share of the changes (0 to 1).",
)
@click.option(
    "--processes", type=click.IntRange(1, 64), metavar="N", help="Use so many (default: as pays)."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write a report: .xml is JUnit, .html one page, .json as --json.",
)
@click.pass_obj
def test(context: Context, /, paths: tuple[str, ...], **given: Any) -> None:
    """Run the cases of policies: missed, unexpected, rule coverage.

    PATH as for `policy check`, FILE::ID is one case. All cases run; only differences are shown
    (-v: all cases, and a table of entities).

    \b
    Example:  secure-rag policy test
              secure-rag policy test default -k 'phone and not american'
              secure-rag policy test policies/ --strict --min-coverage 100 -o report.xml
              secure-rag policy test policies/contracts.yaml --mutate
    """
    options = Options(**given)
    if options.output is not None and options.output.suffix not in REPORT_SUFFIXES:
        raise UsageError(
            f"cannot write a {options.output.suffix or 'nameless'} report",
            hint="use .xml, .html or .json",
        )
    PolicyTest(context, paths, options).start()
