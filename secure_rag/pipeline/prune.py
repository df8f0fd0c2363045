"""`audit prune`: remove the oldest records, announced and sealed before they go.

Logs of before (`audit/before/`) go first, each whole, then the oldest segments of the log. As
long as a log of before stays, so do all segments: the first holds the event that names it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

from secure_rag.audit.anchors import AnchorCheck
from secure_rag.audit.earlier import Earlier
from secure_rag.audit.earlier_retention import (
    EarlierPlan,
    carry_out_earlier,
    plan_earlier,
    remove_left_earlier,
)
from secure_rag.audit.log_events import EarlierPruned
from secure_rag.audit.pruned import Header, readable_header
from secure_rag.audit.record import Moment, parse_time
from secure_rag.audit.retention import (
    Plan,
    carry_out,
    left_segments,
    plan_pruning,
    refuse_under_hold,
    remove_left,
    write_draft,
)
from secure_rag.audit.whole import verify_whole
from secure_rag.errors import RefusedError, UsageError
from secure_rag.pipeline.hold import redacted_reason
from secure_rag.pipeline.session import Session

_log = logging.getLogger(__name__)
_DAY_US = 86_400 * 1_000_000


@dataclass(frozen=True)
class Term:
    """Which records go: those from before a time, by the settings or by the user's word."""

    before: str
    retention_days: int
    """0 where a time was given."""
    old_by_us: int | None = None
    """Where an age counts: what was written before it (microseconds since 1970) is old enough."""


@dataclass(frozen=True)
class Pruned:
    """What went."""

    plan: Plan | None
    """None where no whole segment is old enough."""
    finished: int
    """Segments of an interrupted pruning that went."""
    audit_seq: int | None = None
    earlier: EarlierPlan = field(default_factory=EarlierPlan)
    """Which logs of before went."""


@dataclass(frozen=True)
class Plans:
    """What goes, by the rules."""

    earlier: EarlierPlan
    segments: Plan | None
    begins: Header | None
    """Where the log begins now; None at its first record."""
    left: int
    """Segments that an interrupted pruning left."""

    @property
    def are_empty(self) -> bool:
        """Whether nothing goes."""
        return not (self.segments or self.earlier.going or self.earlier.left or self.left)


def make_plans(folder: Path, term: Term) -> Plans:
    """Choose what goes; see the module."""
    earlier = plan_earlier(folder, term.before, old_by_us=term.old_by_us)
    plan = plan_pruning(folder, term.before, old_by_us=term.old_by_us)
    if plan is not None and earlier.staying:
        _log.warning("no segment of the log goes as long as a log of before stays")
        plan = None
    return Plans(earlier, plan, readable_header(folder), len(left_segments(folder)))


def make_term(kept_days: int, *, before: str = "", days: int | None = None) -> Term:
    """Return which records go.

    Args:
        kept_days: for how long the settings keep records, 0 for ever.
        before: a time that the user gave.
        days: a number of days that the user gave.

    Raises:
        UsageError: nothing says which, or they are not of the past.
        RefusedError: the settings keep them longer.
    """
    now = Moment.now()
    kept_us = kept_days * _DAY_US
    if not before and days is None and not kept_days:
        raise UsageError(
            "the settings keep the log for ever",
            hint="--keep-days N or --before TIME, or retention_days under [audit]",
        )
    if before:
        term = Term(before, 0, now.time_us - kept_us if kept_days else None)
    else:
        used = kept_days if days is None else days
        old_by_us = now.time_us - used * _DAY_US
        term = Term(Moment(old_by_us, 0).text, used, old_by_us)
    if term.before > now.text:
        raise UsageError("--before: this time is yet to come")
    if kept_days and parse_time(term.before) > now.time_us - kept_us:
        raise RefusedError(
            f"the settings keep records for {kept_days} days",
            code="audit.retention",
            hint="retention_days under [audit] of secure-rag.toml",
        )
    return term


def look(session: Session, term: Term, reason: str) -> Plans:
    """Return what `prune` would remove, and refuse what it would refuse; nothing goes.

    Raises:
        RefusedError: a legal hold stands, or the log does not verify.
    """
    refuse_under_hold(session.workspace.audit)
    plans, _ = _choose(session, term, reason)
    return plans


def prune(session: Session, term: Term, reason: str) -> Pruned:
    """Prune the log; also begin a new segment, so that what is recorded now can go whole later.

    Raises:
        RefusedError: a legal hold stands, or the log does not verify: nothing went.
        AuditUnavailableError: it could not be recorded: nothing went.
    """
    log, folder = session.log, session.workspace.audit
    refuse_under_hold(folder)
    log.rotate(older_than=Moment(Moment.now().time_us - _DAY_US, 0).text)
    plans, text = _choose(session, term, reason)
    if plans.are_empty:
        return Pruned(None, 0)
    earlier, plan, begins = plans.earlier, plans.segments, plans.begins
    finished = remove_left(log, folder, begins) if plans.left and begins else 0
    remove_left_earlier(log, folder, earlier.left)
    for one in earlier.going:
        carry_out_earlier(log, folder, one, _event(one, term, text))
    if plan is None:
        return Pruned(None, finished, earlier=earlier)
    draft = write_draft(folder, plan)
    event = draft.event(reason=text, retention_days=term.retention_days)
    return Pruned(plan, finished, carry_out(log, folder, draft, event), earlier)


def _choose(session: Session, term: Term, reason: str) -> tuple[Plans, str]:
    """Return what goes, of a log that holds good, and the reason as it may stand in there."""
    plans = make_plans(session.workspace.audit, term)
    if plans.are_empty:
        return plans, ""
    text = redacted_reason(session, reason) if reason else ""
    _refuse_unproven(session)
    return plans, text


def _refuse_unproven(session: Session) -> None:
    """Refuse where the log, an anchor or a log of before does not hold good.

    That covers what is already said to be pruned: it must be on record.
    """
    settings, folder = session.settings.audit, session.workspace.audit
    stored = AnchorCheck.of(folder, settings.witnesses, settings.anchor_max_age_days)
    if not verify_whole(folder, stored).ok:
        raise RefusedError(
            "the log does not verify: nothing of it may go",
            code="audit.prune",
            hint="`secure-rag audit verify` says what failed",
        )


def _event(one: Earlier, term: Term, reason: str) -> EarlierPruned:
    return EarlierPruned(
        backup=one.backup, records=one.head.size, root=one.head.root, before=term.before,
        reason=reason, retention_days=term.retention_days,
    )  # fmt: skip
