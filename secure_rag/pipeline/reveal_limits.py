"""Limits of `reveal`: values an hour, and a second person for many; the log is what is counted.

Whose events they are is the operating system's word (`uid` of each record). Somebody who can act
as two users of the system is two persons here.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from secure_rag.audit import events
from secure_rag.audit.recent import events_since
from secure_rag.audit.vault_events import RevealApproved
from secure_rag.errors import InputError, RefusedError, UsageError
from secure_rag.pipeline.session import Session
from secure_rag.redaction.pseudonyms import LookupPseudonyms


def check_limits(session: Session, placeholders: Sequence[str], request: int) -> None:
    """Refuse a request that is over a limit; `request` is the number of its own event.

    Raises:
        RefusedError: too many values this hour, or a second person must approve (exit 6).
    """
    limits = session.settings.reveal
    if not limits.per_hour and not limits.bulk_from:
        return
    wanted = len(set(placeholders))
    shown = sum(
        len(set(one["data"]["placeholders"]))
        for one in _since(session, hours=1, types=[events.RevealGranted.TYPE])
        if one["uid"] == os.getuid()
    )
    if limits.per_hour and shown + wanted > limits.per_hour:
        raise RefusedError(
            f"{shown} values were shown to you within the last hour, {limits.per_hour} are allowed",
            code="reveal.rate",
            hint="wait, or let `per_hour` under [reveal] in secure-rag.toml be changed",
        )
    if limits.bulk_from and shown + wanted >= limits.bulk_from:
        _require_approval(session, placeholders, request)


def approve(session: Session, request: int, *, reason: str) -> int:
    """Agree to somebody else's request; return the number of the event.

    Raises:
        UsageError: no reason was given.
        InputError: no such request is that recent in this collection.
        RefusedError: it is your own.
    """
    if not reason.strip():
        raise UsageError("a reason is needed", hint='add --reason "why you agree"')
    found = _requests(session).get(request)
    if found is None:
        raise InputError(
            "there is no such request in this collection, or it is too old",
            code="reveal.no_request",
            hint="`secure-rag audit list --type reveal.requested` shows their numbers",
        )
    if found["uid"] == os.getuid():
        raise RefusedError("nobody approves their own request", code="reveal.own_request")
    shown = session.redactor().redact_text(reason, pseudonyms=LookupPseudonyms(session.seen_domain))
    return session.record(
        RevealApproved(request=request, reason=shown.text, collection=session.collection)
    )


def _require_approval(session: Session, placeholders: Sequence[str], request: int) -> None:
    """Look for an approval of the same values by somebody else that was not used yet."""
    wanted, requests = sorted(set(placeholders)), _requests(session)
    hours = session.settings.reveal.approval_hours
    used = [
        one
        for one in _since(session, hours=hours, types=[events.RevealGranted.TYPE])
        if one["uid"] == os.getuid() and sorted(set(one["data"]["placeholders"])) == wanted
    ]
    last_use = max((one["seq"] for one in used), default=-1)
    for one in _since(session, hours=hours, types=[RevealApproved.TYPE]):
        asked = requests.get(one["data"]["request"])
        if (
            asked is not None
            and one["seq"] > last_use
            and one["uid"] != os.getuid()
            and asked["uid"] == os.getuid()
            and sorted(set(asked["data"]["placeholders"])) == wanted
        ):
            return
    raise RefusedError(
        f"{len(wanted)} values need the approval of a second person",
        code="reveal.second_person",
        hint=f'another user runs `secure-rag reveal --approve {request} --reason "…"`; '
        "then ask for the same values again",
    )


def _requests(session: Session) -> dict[int, dict[str, Any]]:
    """Return the recent requests of this collection by their numbers."""
    hours = session.settings.reveal.approval_hours
    found = _since(session, hours=hours, types=[events.RevealRequested.TYPE])
    return {one["seq"]: one for one in found if one["data"]["collection"] == session.collection}


def _since(session: Session, *, hours: int, types: Sequence[str]) -> list[dict[str, Any]]:
    start = (datetime.now(UTC) - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return list(events_since(session.workspace.audit, types, start))
