"""`audit hold`: set and clear legal holds; the reason is redacted before it is on record."""

from __future__ import annotations

import secrets

from secure_rag.audit.holds import standing_holds
from secure_rag.audit.log_events import HoldCleared, HoldSet
from secure_rag.errors import InputError, UsageError
from secure_rag.pipeline.session import Session
from secure_rag.redaction.known import KnownValues
from secure_rag.redaction.pseudonyms import LookupPseudonyms


def set_hold(session: Session, reason: str) -> tuple[str, int]:
    """Set a hold; return its id and the number of its event.

    Raises:
        UsageError: no reason was given.
        AuditUnavailableError: it could not be recorded, so it does not stand.
    """
    hold = secrets.token_hex(4)
    return hold, session.record(HoldSet(hold=hold, reason=redacted_reason(session, reason)))


def clear_hold(session: Session, hold: str, reason: str) -> int:
    """Clear a hold; return the number of the event.

    Raises:
        InputError: no such hold stands.
        UsageError: no reason was given.
    """
    if hold not in {one.hold for one in standing_holds(session.workspace.audit)}:
        raise InputError(
            "no such hold stands", code="audit.no_hold", hint="`secure-rag audit hold` lists them"
        )
    return session.record(HoldCleared(hold=hold, reason=redacted_reason(session, reason)))


def redacted_reason(session: Session, reason: str) -> str:
    """Return a reason as it may stand in the log.

    Raises:
        UsageError: if there is none.
    """
    if not reason.strip():
        raise UsageError("a reason is needed", hint='add --reason "case and who ordered it"')
    redactor = session.redactor().beside(KnownValues(session.domain))
    return redactor.redact_text(reason, pseudonyms=LookupPseudonyms(session.domain)).text
