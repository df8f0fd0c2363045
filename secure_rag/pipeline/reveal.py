"""`reveal`: show original values to who holds the vault key, with a reason on record.

Order: `reveal.requested` is durable, the limits are checked, a separate process opens the
private key, `reveal.granted` is durable, and only then the values are returned. The reason is
redacted before it is logged: people type names into it.
"""

from __future__ import annotations

from collections.abc import Sequence

from secure_rag.audit import events
from secure_rag.errors import RefusedError, UsageError, VaultError
from secure_rag.pipeline.reveal_limits import check_limits
from secure_rag.pipeline.session import Session
from secure_rag.redaction.pseudonyms import LookupPseudonyms
from secure_rag.vault.placeholders import is_well_formed
from secure_rag.vault.private import reveal as open_values


def reveal(session: Session, placeholders: Sequence[str], *, reason: str) -> dict[str, str]:
    """Return the value of each placeholder.

    Raises:
        UsageError: no reason was given.
        RefusedError: over a limit, or a second person must approve (exit 6).
        VaultError: a placeholder that this vault did not issue, or a wrong key (exit 6).
    """
    if not reason.strip():
        raise UsageError("a reason is needed", hint='add --reason "why you need to see this"')
    shown_reason = session.redactor().redact_text(
        reason, pseudonyms=LookupPseudonyms(session.seen_domain)
    )
    named = [one if is_well_formed(one) else "malformed" for one in placeholders]
    where = session.collection
    request = session.record(
        events.RevealRequested(placeholders=named, reason=shown_reason.text, collection=where)
    )
    try:
        check_limits(session, named, request)
        values = _open(session, placeholders)
    except RefusedError as error:
        session.record(events.RevealDenied(placeholders=named, reason=error.code, collection=where))
        raise
    session.record(events.RevealGranted(placeholders=named, collection=where))
    return values


def _open(session: Session, placeholders: Sequence[str]) -> dict[str, str]:
    """Let the private process open the values; all of them or none."""
    _refuse_forged(session, placeholders)
    values = open_values(
        session.workspace.vault,
        key_file=session.key_file,
        key_fd=session.key_fd,
        domain=session.collection,
        placeholders=placeholders,
    )
    missing = sum(one not in values for one in placeholders)
    if missing:
        raise VaultError(
            f"{missing} of {len(placeholders)} values were erased", code="vault.erased"
        )
    return values


def _refuse_forged(session: Session, placeholders: Sequence[str]) -> None:
    # one that stands in hidden documents only is as unknown as a forged one
    for position, placeholder in enumerate(placeholders, start=1):
        if not is_well_formed(placeholder) or not session.seen_domain.is_issued(placeholder):
            raise VaultError(
                f"placeholder {position} was not issued by this vault",
                code="vault.unknown_placeholder",
                hint="copy it whole, with its angle brackets, from an answer of this collection",
            )
