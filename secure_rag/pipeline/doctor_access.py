"""What `doctor` says of rights, and of the groups and modes of the files behind them."""

from __future__ import annotations

import stat
from collections.abc import Iterator

from secure_rag.access import Right, unknown_names
from secure_rag.errors import SecureRagError
from secure_rag.pipeline.checks import Check
from secure_rag.pipeline.session import Session
from secure_rag.pipeline.sharing import Deviation, deviations

_APPLY = "secure-rag access apply"
_SHOWN = 3


def check_access(session: Session) -> Iterator[Check]:
    """Say which rights hold, which names mean nobody, and whether the files agree."""
    yield _check_rights(session)
    if session.access.may(Right.MANAGE, session.collection):
        names = unknown_names(session.settings)
        if names:
            shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
            detail = f"unknown to this system, so nobody is meant: {shown}"
            yield Check("warn", "rights", detail, "mend secure-rag.toml, or write uid:N or gid:N")
    yield _check_files(session)


def _check_rights(session: Session) -> Check:
    access = session.access
    if not access.is_ruled:
        words = "no rules are written: who can read the workspace may do everything"
        return Check("ok", "rights", words)
    own = [right.value for right in Right if access.may(right, session.collection)]
    return Check("ok", "rights", f"by secure-rag.toml; yours in this collection: {', '.join(own)}")


def _check_files(session: Session) -> Check:
    """Compare groups and modes with the rules; a private workspace is closed by its own folder."""
    workspace, settings = session.workspace, session.settings
    if not settings.access.group and not any(one.group for one in settings.collections.values()):
        mode = stat.S_IMODE(workspace.root.stat().st_mode)
        if mode & 0o077:
            detail = f"the folder's mode is {mode:04o}: others than its owner can reach it"
            return Check("fail" if settings.has_rights else "warn", "file modes", detail, _APPLY)
        return Check("ok", "file modes", "the folder is its owner's alone")
    try:
        found = list(deviations(workspace, settings))
    except SecureRagError as error:
        return Check("fail", "file modes", error.message, error.hint)
    if not found:
        return Check("ok", "file modes", "groups and modes are those of the rules")
    return _deviating(session, found)


def _deviating(session: Session, found: list[Deviation]) -> Check:
    """Name the first ones to who manages; others are told how many stand open."""
    is_open = any(one.is_open for one in found)
    words = f"{len(found)} have another group or mode than the rules say"
    if session.access.may(Right.MANAGE, session.collection):
        root = session.workspace.root
        names = [one.path.relative_to(root).as_posix() for one in found[:_SHOWN]]
        words += f": {', '.join(names)}" + (" …" if len(found) > _SHOWN else "")
    return Check("fail" if is_open else "warn", "file modes", words, _APPLY)
