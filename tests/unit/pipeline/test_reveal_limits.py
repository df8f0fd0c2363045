"""Limits of `reveal`: values an hour, and a second person for many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from secure_rag.audit import events
from secure_rag.audit.log import AuditLog
from secure_rag.audit.record import Author
from secure_rag.audit.vault_events import RevealApproved
from secure_rag.errors import InputError, RefusedError
from secure_rag.isolation import unenforced
from secure_rag.pipeline.reveal_limits import approve, check_limits
from secure_rag.pipeline.session import Session, open_session
from secure_rag.pipeline.start import create_workspace
from secure_rag.vault.placeholders import new_placeholder
from secure_rag.workspace import Workspace

ALL = [new_placeholder("PERSON") for _ in range(6)]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path / "work", key_file=tmp_path / "keys" / "a.key").workspace


def settings(workspace: Workspace, text: str) -> None:
    with workspace.settings_file.open("a") as file:
        file.write(f"\n[reveal]\n{text}\n")


@contextmanager
def session(workspace: Workspace) -> Iterator[Session]:
    with open_session(
        workspace,
        command="test",
        collection="default",
        evidence=unenforced(),
        key_file=workspace.root.parent / "keys" / "a.key",
    ) as opened:
        yield opened


def as_other(workspace: Workspace, *what: events.Event) -> int:
    """Record events of another user of the system; return the number of the last."""
    author = replace(Author.current("other"), uid=Author.current("other").uid + 1, user="other")
    with AuditLog.open(workspace.audit, session="other") as log:
        log._author = author
        return log.append_many(what)


def ask(session: Session, names: list[str], *, is_granted: bool = True) -> int:
    request = session.record(
        events.RevealRequested(placeholders=names, reason="test", collection="default")
    )
    check_limits(session, names, request)
    if is_granted:
        session.record(events.RevealGranted(placeholders=names, collection="default"))
    return request


def code_of(session: Session, names: list[str]) -> str:
    with pytest.raises(RefusedError) as caught:
        ask(session, names)
    return caught.value.code


def test_without_settings_there_is_no_limit(workspace: Workspace) -> None:
    with session(workspace) as opened:
        for _ in range(3):
            ask(opened, ALL)


def test_rate_counts_values_of_this_user_within_the_hour(workspace: Workspace) -> None:
    settings(workspace, "per_hour = 4")
    as_other(workspace, events.RevealGranted(placeholders=ALL, collection="default"))
    with session(workspace) as opened:
        assert code_of(opened, ALL[:5]) == "reveal.rate"
        ask(opened, ALL[:3])
    with session(workspace) as opened:
        assert code_of(opened, ALL[3:5]) == "reveal.rate"
        ask(opened, [ALL[3], ALL[3]])
        assert code_of(opened, ALL[4:5]) == "reveal.rate"


def test_bulk_needs_somebody_elses_approval_of_the_same_values_once(workspace: Workspace) -> None:
    settings(workspace, "bulk_from = 3")
    with session(workspace) as opened:
        ask(opened, ALL[:2])
        # the third value within the hour makes it many, however it is asked for
        assert code_of(opened, ALL[2:3]) == "reveal.second_person"
        request = opened.record(
            events.RevealRequested(placeholders=ALL, reason="test", collection="default")
        )
        assert code_of(opened, ALL) == "reveal.second_person"
        with pytest.raises(RefusedError) as caught:
            approve(opened, request, reason="me myself")
        assert caught.value.code == "reveal.own_request"
        with pytest.raises(InputError):
            approve(opened, request + 1000, reason="no such")
    as_other(workspace, RevealApproved(request=request, reason="yes", collection="default"))
    with session(workspace) as opened:
        assert code_of(opened, ALL[:5]) == "reveal.second_person"
        ask(opened, list(reversed(ALL)))
        assert code_of(opened, ALL) == "reveal.second_person"


def test_approval_of_another_persons_request_is_recorded(workspace: Workspace) -> None:
    settings(workspace, "bulk_from = 1")
    request = as_other(
        workspace, events.RevealRequested(placeholders=ALL, reason="bulk", collection="default")
    )
    other = as_other(
        workspace, events.RevealRequested(placeholders=ALL, reason="bulk", collection="else")
    )
    with session(workspace) as opened:
        with pytest.raises(InputError):
            approve(opened, other, reason="another collection")
        assert approve(opened, request, reason="checked") > other
