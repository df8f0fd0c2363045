"""`access show` and `access apply`: the rules as this user meets them, and on the disk.

`access.applied` is durable before the first mode is changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from secure_rag.access import Right, unknown_names
from secure_rag.audit.vault_events import AccessApplied
from secure_rag.pipeline.session import Session
from secure_rag.pipeline.sharing import apply, deviations


@dataclass(frozen=True)
class Shown:
    """What one user may do in one collection."""

    uid: int
    gids: tuple[int, ...]
    is_ruled: bool
    rights: tuple[str, ...]
    labels: tuple[str, ...] | None
    """Labels that the user may see; None for all."""
    sees_unlabelled: bool
    rules: dict[str, dict[str, Any]] | None
    """Every table of rules, for who may manage the workspace."""
    unknown_names: tuple[str, ...]
    """Users and groups in the rules that the system does not know; shown with them."""


def show_access(session: Session) -> Shown:
    """Return what the user of this session may do; all rules only to who manages."""
    access, where = session.access, session.collection
    clearance = access.clearance(where)
    manages = access.is_ruled and access.may(Right.MANAGE, where)
    return Shown(
        access.person.uid,
        tuple(sorted(access.person.gids)),
        access.is_ruled,
        tuple(right.value for right in Right if access.may(right, where)),
        None if clearance.labels is None else tuple(sorted(clearance.labels)),
        clearance.sees_unlabelled,
        _rules(session) if manages else None,
        tuple(unknown_names(session.settings)) if manages else (),
    )


def apply_access(session: Session, *, dry_run: bool = False) -> tuple[str, ...]:
    """Give files and folders their group and mode; return what changed, below the workspace.

    Raises:
        ConfigError: a group that is not known here, or a mode that may not be set.
    """
    workspace, settings = session.workspace, session.settings
    pending = [one.path for one in deviations(workspace, settings)]
    if not dry_run:
        session.record(AccessApplied(changes=len(pending)))
        pending = apply(workspace, settings)
    return tuple(path.relative_to(workspace.root).as_posix() for path in pending)


def _rules(session: Session) -> dict[str, dict[str, Any]]:
    settings = session.settings
    tables: dict[str, dict[str, Any]] = {"access": settings.access.model_dump(mode="json")}
    for name, rules in settings.collections.items():
        found = rules.model_dump(mode="json")
        labels = found.pop("labels")
        tables[f"collections.{name}"] = found
        if labels:
            tables[f"collections.{name}.labels"] = labels
    return tables
