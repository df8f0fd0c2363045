"""`policy explain`: what would be redacted, by which rule, and why."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from secure_rag.cli.context import Context
from secure_rag.cli.options import Command
from secure_rag.cli.policy_passage import Chosen, choose_policy, read_passage
from secure_rag.cli.render import safe
from secure_rag.errors import UsageError
from secure_rag.values import FIELDS

if TYPE_CHECKING:
    from secure_rag.redaction.explain import Explanation
    from secure_rag.values import Block


@click.command("explain", cls=Command)
@click.argument("file", required=False, metavar="[FILE | -]")
@click.option(
    "--policy", metavar="NAME|FILE", help="Policy (default: the workspace's, or default)."
)
@click.option(
    "--field",
    type=click.Choice(FIELDS),
    default="body",
    show_default=True,
    help="The field that a plain text stands in.",
)
@click.option("--label", "labels", metavar="LABEL", multiple=True, help="A label of the document.")
@click.pass_obj
def explain(
    context: Context,
    file: str | None,
    policy: str | None,
    field: str,
    labels: tuple[str, ...],
) -> None:
    """Show what would be redacted, by which rule, and why.

    The text is printed with every finding as a mark, as cases write it, and below it rule,
    recognizer, score, the words that raised it, action and result. -v shows what lost as well.
    This prints personal data: it is for the one who gave the text. Nothing is stored.

    \b
    Example:  secure-rag policy explain letter.docx
              echo "Call Anna Novak" | secure-rag policy explain - -v
              secure-rag policy explain mail.eml --policy policies/contracts.yaml --json
    """
    if file is None and sys.stdin.isatty():
        raise UsageError(
            "nothing to explain", hint="secure-rag policy explain FILE, or - for stdin"
        )
    path = Path(file) if file not in (None, "-") else None
    chosen = choose_policy(context, policy, path)
    context.warn_of(chosen.policy)
    text, blocks = read_passage(context, path, field=field)
    explanation = _explain(context, chosen, text, blocks, labels)
    from secure_rag.policytest.explain_report import findings_text, marked_text, to_json

    shown = findings_text(explanation, chosen.policy, chosen.path, verbose=context.verbose > 0)
    context.result(
        to_json(explanation, chosen.policy),
        schema="policy-explain",
        text=safe(f"{marked_text(explanation, blocks)}\n{shown}"),
    )


def _explain(
    context: Context, chosen: Chosen, text: str, blocks: Sequence[Block], labels: tuple[str, ...]
) -> Explanation:
    from secure_rag.policy.model import Scope
    from secure_rag.policytest.real import Bench
    from secure_rag.redaction.explain import explain as explain_text

    bench = Bench(chosen.workspace, unsafe_no_isolation=context.unsafe_no_isolation)
    equipment = bench.equip(chosen.policy)
    redactor = equipment.redactor(Scope(context.collection, labels))
    pseudonyms = equipment.pseudonyms()
    return explain_text(redactor, equipment.probe(), text, blocks, pseudonyms=pseudonyms)
