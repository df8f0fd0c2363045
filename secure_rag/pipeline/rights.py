"""The right that each command needs, and the event of each refusal.

A session asks right after its start is on record. What acts without a session, or before it (to
open sealed paths, to read the log), asks with `demand_outside`.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from secure_rag.access import Access, Right, current_access, denied
from secure_rag.audit.event import Event
from secure_rag.audit.log import AuditLog
from secure_rag.audit.vault_events import AccessDenied
from secure_rag.errors import ConfigError, FormatError, RefusedError
from secure_rag.settings import load_settings
from secure_rag.workspace import SETTINGS_FILE, Workspace, check_collection

if TYPE_CHECKING:
    from secure_rag.pipeline.session import Session

_ANY = tuple(Right)

NEEDED: Final[Mapping[str, tuple[Right, ...]]] = {
    "access apply": (Right.MANAGE,),
    "access show": _ANY,
    "adapter list": (Right.MANAGE,),
    "adapter remove": (Right.MANAGE,),
    "adapter show": (Right.MANAGE,),
    "adapter train": (Right.MANAGE,),
    "ask": (Right.ASK,),
    "ask --batch": (Right.ASK,),
    "audit find": (Right.READ_LOG,),
    "audit hold": (Right.MANAGE,),
    "audit prune": (Right.MANAGE,),
    "audit prune --dry-run": (Right.MANAGE,),
    "backup": (Right.MANAGE,),
    "chat": (Right.ASK,),
    "demo": (Right.MANAGE,),
    "doctor": _ANY,
    "eval answers": (Right.ASK,),
    "eval compare": (Right.ASK,),
    "eval retrieval": (Right.ASK,),
    "index add": (Right.ADD,),
    "index list": (Right.ASK,),
    "index quarantine": (Right.ADD,),
    "index quarantine --retry": (Right.ADD,),
    "index rebuild": (Right.ADD,),
    "index rebuild --dry-run": (Right.ADD,),
    "index remove": (Right.ERASE,),
    "index show": (Right.ASK,),
    "redact": (Right.ASK,),
    "reveal": (Right.REVEAL,),
    "reveal --approve": (Right.APPROVE,),
    "search": (Right.ASK,),
    "subject erase": (Right.ERASE,),
    "subject find": (Right.ERASE,),
    "vault passwd": (Right.MANAGE,),
    "vault rotate": (Right.MANAGE,),
    "vault split": (Right.MANAGE,),
}
"""One of these rights is enough for a command."""


def demand(session: Session, command: str) -> None:
    """Refuse a command that the rules do not give the user a right to; the refusal is an event.

    Raises:
        RefusedError: exit 6.
    """
    # a command that is not in the table is refused to all but the managers
    needed = NEEDED.get(command, (Right.MANAGE,))
    settings_file = session.workspace.settings_file
    try:
        allowed = _has(session.access, session.collection, needed)
    except RefusedError:
        session.record(_event(command, "rules", session.collection))
        raise
    if not allowed:
        session.record(_event(command, _shown(needed), session.collection))
        raise denied(settings_file)


def demand_outside(
    workspace: Workspace, command: str, *, collection: str, needed: Sequence[Right]
) -> Access:
    """Do the same for an act that has no session of its own; return what the user may do.

    Raises:
        RefusedError: exit 6.
        AuditUnavailableError: the refusal could not be recorded, which changes nothing of it.
    """
    settings = load_settings(workspace.settings_file)
    check_collection(collection)
    try:
        access = current_access(settings, workspace.settings_file)
        allowed = _has(access, collection, needed)
    except RefusedError:
        _record(workspace, _event(command, "rules", collection))
        raise
    if not allowed:
        _record(workspace, _event(command, _shown(needed), collection))
        raise denied(workspace.settings_file)
    return access


def demand_log(folder: Path, command: str) -> None:
    """Refuse the log of a workspace to who may not read it; a copy elsewhere has no rules.

    Args:
        folder: an audit folder, or the folder around it.
        command: what would read it.
    """
    for root in (folder.resolve().parent, folder.resolve()):
        file = root / SETTINGS_FILE
        if not file.is_file():
            continue
        try:
            demand_outside(Workspace(root), command, collection="default", needed=[Right.READ_LOG])
        except (ConfigError, FormatError):
            # whoever broke the settings must not keep their owner from the log
            if file.stat().st_uid != os.getuid():
                raise
        return


def record_hidden(session: Session, command: str, documents: Sequence[str]) -> None:
    """Record that somebody named documents which labels hide; they are told of none."""
    session.record(
        AccessDenied(
            command=command,
            right="label",
            documents=list(documents),
            collection=session.collection,
        )
    )


def _has(access: Access, collection: str, needed: Sequence[Right]) -> bool:
    return any(access.may(right, collection) for right in needed)


def _shown(needed: Sequence[Right]) -> str:
    return "any" if tuple(needed) == _ANY else needed[0]


def _event(command: str, right: str, collection: str) -> Event:
    return AccessDenied(command=command, right=right, collection=collection)


def _record(workspace: Workspace, event: Event) -> None:
    with AuditLog.open(workspace.audit, session=secrets.token_hex(8)) as log:
        log.append(event)
