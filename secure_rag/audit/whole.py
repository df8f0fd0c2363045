"""The whole verdict on a log: its records, the anchors beside it, and its logs of before.

`audit verify`, `stats`, `report` and `prune` judge by this one function. `doctor` has a line of its
own for logs of before, and judges the two parts apart.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from secure_rag.audit.anchors import AnchorCheck
from secure_rag.audit.chain import Since
from secure_rag.audit.earlier import judge_earlier
from secure_rag.audit.verdict import VerifyReport
from secure_rag.audit.verify import verify


def verify_whole(
    folder: Path,
    stored: AnchorCheck,
    *,
    genesis: str | None = None,
    checkpoint: str | None = None,
    require: Collection[str] = frozenset(),
    exported: bool = False,
    since: Since | None = None,
    heartbeat: int = 0,
) -> VerifyReport:
    """Check a log and all that belongs to it.

    Args:
        folder: the audit folder (it holds `log/`).
        stored: the anchors beside the log; it also learns how old the newest is.
        genesis: as in `verify`, like all that follow.
        checkpoint: text of a signed checkpoint that was kept elsewhere.
        require: what must not be left unchecked.
        exported: the folder is a copy, which may hold the log alone.
        since: from where on the form of records is checked.
        heartbeat: minutes within which a sign of life was promised.

    Raises:
        UsageError: if an argument is malformed; a failed check is a result.
    """
    report = verify(
        folder, genesis=genesis, checkpoint=checkpoint, require=require, exported=exported,
        since=since, heartbeat=heartbeat, stored=stored,
    )  # fmt: skip
    judge_earlier(report, folder, exported=exported)
    return report
