"""`audit find`: events about a value that the log does not hold.

Order (P8: act only after the log has it):

1. ask the vault by keyed hashes which placeholders the value has; nothing is opened;
2. look which documents hold them, and which came from a file of that name;
3. `audit.searched` is durable, with the reason;
4. only then the log is read.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from secure_rag.audit.filters import About
from secure_rag.audit.listing import Listed, scan
from secure_rag.audit.log_events import AuditSearched
from secure_rag.errors import UsageError
from secure_rag.pipeline.session import Session
from secure_rag.policy.entities import ENTITIES
from secure_rag.redaction.engine import Redactor
from secure_rag.redaction.entity import perhaps_form
from secure_rag.redaction.forms import value_form
from secure_rag.redaction.known import KnownValues
from secure_rag.redaction.names import parse_name
from secure_rag.redaction.normalise import normalise
from secure_rag.redaction.organizations import resolve_organizations
from secure_rag.redaction.pseudonyms import LookupPseudonyms
from secure_rag.vault.placeholders import is_well_formed
from secure_rag.vault.store import Domain


@dataclass(frozen=True)
class FoundEvents:
    """What a value is known by, and the events about it."""

    placeholders: tuple[str, ...]
    documents: tuple[str, ...]
    events: tuple[Listed, ...]
    audit_seq: int
    """Number of the event that says who searched, and why."""


def find(session: Session, value: str, *, reason: str) -> FoundEvents:
    """Return the events about a name, a number, a placeholder, a file or a whole question.

    Raises:
        UsageError: no value or no reason was given.
        AuditUnavailableError: the search could not be recorded; nothing is shown then.
    """
    value = value.strip()
    if not value:
        raise UsageError("a value is needed", hint="a name, a number, or a path")
    if not reason.strip():
        raise UsageError("a reason is needed", hint='add --reason "why you look for it"')
    domain = session.domain
    redactor = session.redactor().beside(KnownValues(domain))
    placeholders = known_as(domain, value)
    documents = {one for name in placeholders for one in session.store.holding(name)}
    documents |= set(domain.sources_by_path(os.path.realpath(value)))
    digests = _digests(domain, redactor, value)
    is_known = bool(placeholders or documents)
    seq = session.record(
        AuditSearched(
            reason=redactor.redact_text(reason, pseudonyms=LookupPseudonyms(domain)).text,
            placeholders=sorted(placeholders),
            documents=sorted(documents),
            value_digest="" if is_known else digests["audit.find"],
            collection=session.collection,
        )
    )
    about = About(placeholders, frozenset(documents), frozenset(digests.values()))
    found = tuple(one for one in scan(session.workspace.audit, about) if one.seq != seq)
    return FoundEvents(tuple(sorted(placeholders)), tuple(sorted(documents)), found, seq)


def known_as(domain: Domain, value: str) -> frozenset[str]:
    """Return every placeholder that may stand for a value, by keyed hashes of its forms."""
    if is_well_formed(value):
        return frozenset({value} if domain.is_issued(value) else ())
    value = normalise(value).text.strip()
    found: set[str] = set()
    for entity in ENTITIES:
        for form in _forms(entity, value):
            found.update(domain.lookup(entity, form), domain.aliases(entity, form))
            found.update(domain.aliases(entity, perhaps_form(form)))
    return frozenset(found)


def _forms(entity: str, value: str) -> set[str]:
    forms = {value_form(entity, value)}
    if entity == "PERSON":
        forms.update(parse_name(value).forms)
    if entity == "ORGANIZATION":
        (firm,) = resolve_organizations([value])
        forms.update(firm.forms, firm.weaker)
    return forms - {""}


def _digests(domain: Domain, redactor: Redactor, value: str) -> dict[str, str]:
    """Return what the log would hold had the value been asked, answered, or searched before."""
    redacted = redactor.redact_text(
        value, pseudonyms=LookupPseudonyms(domain), is_issued=domain.is_issued
    ).text
    digests = {
        purpose: domain.digest(purpose, redacted.encode()) for purpose in ("question", "answer")
    }
    return {**digests, "audit.find": domain.digest("audit.find", value.casefold().encode())}
