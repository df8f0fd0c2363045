"""`access`: what you may do here, and the groups and modes of the workspace's files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from secure_rag.cli.context import Context
from secure_rag.cli.options import Group
from secure_rag.cli.render import plural, safe

if TYPE_CHECKING:
    from secure_rag.pipeline.access import Shown


@click.group("access", cls=Group)
def access() -> None:
    """Show what you may do here, and apply the rules to groups and modes of files.

    The rules stand in secure-rag.toml, under [access] and [collections.NAME].
    """


@access.command("show")
@click.pass_obj
def show(context: Context) -> None:
    """Show what you may do in this collection, and whose word that is.

    \b
    Example: secure-rag access show --collection contracts

    Who may manage the workspace is shown every rule.
    """
    with context.session("access show") as session:
        from secure_rag.pipeline.access import show_access

        shown = show_access(session)
    value: dict[str, Any] = {
        "uid": shown.uid,
        "groups": list(shown.gids),
        "is_ruled": shown.is_ruled,
        "collection": context.collection,
        "rights": list(shown.rights),
        "labels": None if shown.labels is None else list(shown.labels),
        "unlabelled": shown.sees_unlabelled,
        "rules": shown.rules,
        "unknown_names": list(shown.unknown_names),
    }
    context.result(value, schema="access", text="\n".join(_lines(context, shown)))


def _lines(context: Context, shown: Shown) -> list[str]:
    lines = [f"you are user {shown.uid}, in groups {', '.join(map(str, shown.gids)) or 'none'}"]
    if not shown.is_ruled:
        return [*lines, "no rules are written: who can read the workspace may do everything"]
    lines.append(f"in {context.collection}: {', '.join(shown.rights) or 'nothing'}")
    seen = [safe(label) for label in shown.labels or ()]
    seen += ["documents without a label"] if shown.sees_unlabelled else []
    lines.append(f"you see: {', '.join(seen) or 'no document'}")
    for table, rules in (shown.rules or {}).items():
        lines.append(f"[{table}]")
        lines += [f"  {safe(name)} = {safe(_names(value))}" for name, value in rules.items()]
    lines += [f"unknown to this system: {safe(name)}" for name in shown.unknown_names]
    return lines


def _names(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


@access.command("apply")
@click.option("--dry-run", is_flag=True, help="Say what would be changed, change nothing.")
@click.pass_obj
def apply(context: Context, dry_run: bool) -> None:
    """Make the collections' folders and give every file its group and mode.

    \b
    Examples: secure-rag access apply --dry-run
              sudo secure-rag access apply --workspace /srv/cases --key-file KEY

    Without a group in the rules the workspace is its owner's alone (0700). With them, the group of
    [access] reads the settings, policies and models and writes the log, and the group of a
    collection reads and writes that collection's folders (2770).
    """
    with context.session("access apply") as session:
        from secure_rag.pipeline.access import apply_access

        changed = apply_access(session, dry_run=dry_run)
    context.result(
        {"changed": list(changed), "dry_run": dry_run},
        schema="access-apply",
        text="\n".join(
            [
                *map(safe, changed),
                f"{plural(len(changed), 'path')} " + ("would be changed" if dry_run else "changed"),
            ]
        ),
    )
