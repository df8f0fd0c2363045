"""`subject find`: whom a value stands for, and where that person is.

`subject.searched` is durable before anything is shown. The value is turned into keyed hashes
and goes nowhere else.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from secure_rag.audit.vault_events import SubjectSearched
from secure_rag.errors import UsageError
from secure_rag.pipeline.find import known_as
from secure_rag.pipeline.session import Session


@dataclass(frozen=True)
class Subject:
    """One placeholder that a value may stand for."""

    placeholder: str
    documents: tuple[str, ...]
    is_erased: bool
    related: tuple[str, ...]
    """Others that share a form with it (a surname, a spelling): perhaps the same person."""


@dataclass(frozen=True)
class FoundSubjects:
    """Everything a value may stand for; several if it is ambiguous."""

    subjects: tuple[Subject, ...]
    from_file: tuple[str, ...]
    """Documents that came from a file of this path."""


def find_subject(session: Session, value: str) -> FoundSubjects:
    """Return the placeholders that a name, number or placeholder stands for.

    Raises:
        UsageError: no value was given.
    """
    value = value.strip()
    if not value:
        raise UsageError("a value is needed", hint="a name or a number, or - to read it")
    domain, store = session.domain, session.store
    named = f"<{value}>" if domain.is_issued(f"<{value}>") else value
    subjects = tuple(
        Subject(
            name,
            tuple(store.holding(name)),
            domain.is_erased(name),
            domain.related(name),
        )
        for name in sorted(known_as(domain, named))
    )
    from_file = tuple(sorted(domain.sources_by_path(os.path.realpath(value))))
    session.record(
        SubjectSearched(
            placeholders=[one.placeholder for one in subjects],
            documents=sorted({doc for one in subjects for doc in one.documents}.union(from_file)),
            collection=session.collection,
        )
    )
    return FoundSubjects(subjects, from_file)
