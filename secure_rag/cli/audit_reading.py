"""What the commands of `audit` share: where the log is, the record of reading it, safe text.

Reading comes first and is recorded afterwards; a log that fails, cannot be written, or
is a copy gets no record, and the command says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from secure_rag.cli.context import Context
from secure_rag.cli.render import safe

FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


def enter(
    context: Context, folder: Path | None, read: list[Path] | None = None
) -> tuple[Path, bool]:
    """Isolate, and return the audit folder and whether it is a copy.

    Raises:
        RefusedError: the log is a workspace's, and its rules do not let this user read it.
    """
    if folder is None:
        workspace = context.find_workspace()
        context.isolate(read=[workspace.root, *(read or [])], write=[workspace.root])
        place, is_copy = workspace.audit, False
    else:
        context.isolate(read=[folder, *(read or [])])
        place, is_copy = (folder if (folder / "log").is_dir() else folder / "audit"), True
    demand_right(place)
    return place, is_copy


def demand_right(place: Path) -> None:
    """Refuse the log of a workspace to who may not read it; a copy elsewhere has no rules."""
    from secure_rag.pipeline.rights import demand_log

    path = click.get_current_context().command_path
    demand_log(place, path.partition(" ")[2])


def record(
    context: Context,
    place: Path,
    kind: str,
    options: dict[str, Any],
    count: int,
    *,
    skip: str | None,
) -> int | None:
    """Record the reading, or say why not."""
    from secure_rag.audit.review import record_reading

    recorded = skip or record_reading(place, kind=kind, options=options, records=count)
    if isinstance(recorded, int):
        context.say(f"this reading is event {recorded}")
        return recorded
    context.warn(f"this reading was not recorded: {recorded}")
    return None


def one_line(text: str) -> str:
    """Return text that can neither drive the terminal nor break the line it stands in."""
    return "".join(
        f"\\u{ord(character):04x}" if character in "\n\t\u2028\u2029" else character
        for character in safe(text)
    )
