"""What the paths of `policy check` and `policy test` mean, and where policies are looked up."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from secure_rag.cli.context import Context, policy_folder
from secure_rag.resources import resource

if TYPE_CHECKING:
    from secure_rag.policytest.collect import Target
    from secure_rag.workspace import Workspace


@dataclass(frozen=True)
class Place:
    """Where a policy command looks, before anything is read."""

    workspace: Workspace | None
    folder: Path
    """The workspace's policies, or else the packs."""
    read: tuple[Path, ...]
    """What isolation must let the command read for the given paths."""


def find_place(context: Context, paths: Sequence[str]) -> Place:
    """Return the workspace, if there is one, and the folders that paths and names lead to."""
    workspace = context.optional_workspace()
    folder = workspace.policies if workspace else resource("policies")
    given = [Path(path) for path in paths]
    there = [path for path in given if os.path.exists(path)]
    read = [path if os.path.isdir(path) else policy_folder(path) for path in there]
    if workspace is not None:
        read.append(workspace.root)
    return Place(workspace, folder, (folder, *read))


def find_targets(place: Place, paths: Sequence[str]) -> list[Target]:
    """Return the policies and case files that the paths name; without paths, all of the place."""
    from secure_rag.policytest.collect import collect

    return collect(paths or [str(shown(place.folder))], folders=[place.folder])


def shown(folder: Path) -> Path:
    """Return a folder relative to the current one, if it lies below: messages are shorter."""
    try:
        here = Path.cwd()
    except FileNotFoundError:  # it was deleted
        return folder
    return folder.relative_to(here) if folder.is_relative_to(here) else folder
