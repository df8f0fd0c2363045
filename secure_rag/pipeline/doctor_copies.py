"""What `doctor` says of copies: the volume, backups, and a workspace that was put back."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from secure_rag.audit.earlier import FOLDER, judge_earlier, stranger_names
from secure_rag.audit.record import parse_time
from secure_rag.audit.verdict import VerifyReport
from secure_rag.pipeline.checks import Check
from secure_rag.pipeline.restored import HINT, is_marked, last_backup, restored_from
from secure_rag.pipeline.session import Session
from secure_rag.pipeline.volume import look_at_volume

_OLD_DAYS = 30
_DAY_US = 86_400 * 10**6
_BACKUP = "secure-rag backup FILE"
_ENCRYPT = "move the workspace to an encrypted volume, for example LUKS: `cryptsetup luksFormat`"


def check_volume(session: Session) -> Iterator[Check]:
    """Say whether the volumes of the workspace and of the vault's key are encrypted."""
    places = {"volume": session.workspace.root, "volume of key": session.key_file.parent}
    for subject, folder in places.items():
        found = look_at_volume(folder)
        if found.is_encrypted is None:
            detail = f"cannot tell whether it is encrypted: {found.detail}"
            yield Check("warn", subject, detail, "ask whoever set up this machine")
        elif found.is_encrypted:
            yield Check("ok", subject, f"encrypted: {found.detail}")
        else:
            yield Check("warn", subject, f"not encrypted: {found.detail}", _ENCRYPT)


def check_copies(session: Session) -> Iterator[Check]:
    """Say how old the last backup is, and whether a restored workspace may serve."""
    audit = session.workspace.audit
    backup, made = restored_from(audit)
    if backup:
        detail = f"restored from backup {backup} of {made}; what was erased since is not known"
        if not is_marked(session.workspace):
            detail += ", and the mark that keeps it closed was taken away"
        yield Check("fail", "restored", detail, HINT)
    elif is_marked(session.workspace):
        detail = "marked as restored, though the log says that it is settled"
        yield Check("warn", "restored", detail, "secure-rag restore --no-erasures")
    yield from _check_earlier(audit)
    time = last_backup(audit)
    if not time:
        yield Check("warn", "backup", "none is on record", _BACKUP)
        return
    now = int(datetime.now(UTC).timestamp() * 10**6)
    days = max(0, now - parse_time(time)) // _DAY_US
    words = "the last one was made today" if not days else f"the last one is {days} day(s) old"
    if days > _OLD_DAYS:
        yield Check("warn", "backup", words, _BACKUP)
    else:
        yield Check("ok", "backup", words)


def _check_earlier(audit: Path) -> Iterator[Check]:
    """Say what is wrong with logs of before, and which of them no pruning reaches."""
    report = VerifyReport()
    judge_earlier(report, audit)
    for failed in report.failed:
        yield Check("fail", "log of before", failed.text, "secure-rag audit verify")
    for one in report.not_checkable:
        if one.code == "earlier.left":
            yield Check("warn", "log of before", one.text, "secure-rag audit prune")
    for name in stranger_names(audit):
        detail = f"{FOLDER}/{name!a} is named by no event: it is neither verified nor pruned"
        place = shlex.quote(f"audit/{FOLDER}/{name}")
        yield Check("warn", "log of before", detail, f"rm -r {place}")
