"""`policy entities`: what can be named, and what really looks for it here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from secure_rag.cli.context import Context, policy_files
from secure_rag.cli.options import Command
from secure_rag.cli.policy_targets import find_place

if TYPE_CHECKING:
    from secure_rag.policy.model import Policy


@click.command("entities", cls=Command)
@click.option("--policy", metavar="NAME|FILE", help="Add the recognizers of a policy of yours.")
@click.option("--recognizers", is_flag=True, help="One line for each recognizer.")
@click.pass_obj
def entities(context: Context, policy: str | None, recognizers: bool) -> None:
    """List the entities a policy can name, and what finds each here.

    \b
    Example:  secure-rag policy entities
              secure-rag policy entities --recognizers --policy policies/contracts.yaml
              secure-rag policy entities --json | jq -r .entity
    """
    place = find_place(context, [policy] if policy else [])
    context.isolate(read=[*place.read, *policy_files(policy)])
    from secure_rag.policy.entities import ENTITIES
    from secure_rag.redaction.inventory import inventory
    from secure_rag.runtime.manifest import Models

    chosen: Policy | None = None
    if policy is not None:
        from secure_rag.policy.loader import load_policy

        chosen = load_policy(policy, folders=[place.folder])
    found = inventory(chosen, Models(place.workspace))
    for entity in ENTITIES.values():
        running = found[entity.name]
        value = {
            "entity": entity.name,
            "group": entity.group,
            "found_by": entity.found_by,
            "description": entity.description,
            "recognizers": [
                {"name": one.name, "source": one.source, "needs": one.needs} for one in running
            ],
        }
        if recognizers and not context.json:
            for one in running:
                context.line(
                    {}, text=f"{entity.name:<19} {one.name:<28} {one.source:<9} {one.needs}"
                )
            continue
        sources = ", ".join(dict.fromkeys(one.source for one in running)) or "nothing"
        context.line(
            value,
            text=f"{entity.name:<19} {entity.group:<14} {sources:<21} {entity.description}",
        )
