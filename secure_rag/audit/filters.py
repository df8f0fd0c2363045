"""Which events a reviewer wants to see, as a test on records and as bytes to look for.

The bytes are what every matching line must hold: a line without them need not be parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from secure_rag.audit import record as records
from secure_rag.audit.canonical import NotCanonicalError, encode
from secure_rag.errors import UsageError

_DOCUMENT_FIELDS = ("document_id", "documents", "chunks", "names", "subject")
CHUNK_SEPARATORS = ("#", ":", "/", "-", "@", ".")
"""What may follow the id of a document where a chunk of it is named."""
_DIGEST_FIELDS = ("question_digest", "answer_digest", "value_digest")
_SEEN = ("passages.retrieved", "answer.given", "sources.opened")
_USED = ("answer.given",)
_REVEALED = ("reveal.requested", "reveal.granted", "reveal.denied")
_WHEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}.*)?")
"""A date, or a date with a time: `fromisoformat` also takes weeks, and a zone for a time of day."""
NOTHING = re.compile(rb"(?!)")
"""The needle of a filter that no record can pass."""


class Matcher(Protocol):
    """Says of a record whether to show it."""

    def match(self, found: dict[str, Any]) -> bool: ...


@dataclass(frozen=True)
class About:
    """Events about what a value is known by: any of these placeholders, documents, digests."""

    placeholders: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()
    digests: frozenset[str] = frozenset()

    def match(self, found: dict[str, Any]) -> bool:
        """Return whether an event names one of them."""
        data = found.get("data", {})
        return (
            any(data.get(name) in self.digests for name in _DIGEST_FIELDS if data.get(name))
            or any(_is_about(data, placeholder) for placeholder in self.placeholders)
            or any(mentions(data, document) for document in self.documents)
        )


@dataclass(frozen=True)
class Filters:
    """Which events to show; an empty filter lets everything through."""

    since: str = ""
    until: str = ""
    actor: str = ""
    session: str = ""
    type: str = ""
    document: str = ""
    subject: str = ""
    """A placeholder, with or without its angle brackets."""
    outcome: str = ""
    saw: str = ""
    """Who saw this document: its passages were shown, or its file was opened again."""
    revealed_by: str = ""
    """What this user asked to see, and was shown or denied."""
    used: str = ""
    """Which answers cited this document."""

    def match(self, found: dict[str, Any]) -> bool:
        """Return whether a record passes every filter."""
        kind = found["type"]
        if kind == records.CHECKPOINT:
            return self.type == records.CHECKPOINT
        return (
            (not self.type or kind == self.type or kind.startswith(self.type + "."))
            and (not self.since or found["time"] >= self.since)
            and (not self.until or found["time"] < self.until)
            and (not self.actor or _is_actor(found, self.actor))
            and (not self.session or found["session"].startswith(self.session))
            and (not self.outcome or found["outcome"] == self.outcome)
            and (not self.document or mentions(found["data"], self.document))
            and (not self.subject or _is_about(found["data"], self.subject))
            and self._match_questions(found)
        )

    def _match_questions(self, found: dict[str, Any]) -> bool:
        """Hold the three questions of a review against an event."""
        kind, data = found["type"], found["data"]
        return (
            (not self.saw or (kind in _SEEN and mentions(data, self.saw)))
            and (not self.used or (kind in _USED and mentions(data, self.used)))
            and (not self.revealed_by or (kind in _REVEALED and _is_actor(found, self.revealed_by)))
        )

    @property
    def documents(self) -> tuple[str, ...]:
        """Ids of documents that a matching event must name, or a chunk of them."""
        return tuple(filter(None, (self.document, self.saw, self.used)))

    def needle(self) -> re.Pattern[bytes] | None:
        """Return bytes that every matching line holds; None where any line may match."""
        for wanted in self.documents:
            ends = "".join(('"', *CHUNK_SEPARATORS)).encode()
            return _quoted(wanted, b'"', b"[" + re.escape(ends) + b"]")
        if self.subject:
            return _quoted(f"<{bare(self.subject)}>")
        if self.session:
            return _quoted(self.session, b'"session":"')
        if self.revealed_by:
            return re.compile(rb'"type":"reveal\.')
        if self.type:
            return _quoted(self.type, b'"type":"')
        if self.outcome:
            return _quoted(self.outcome, b'"outcome":"')
        if self.actor:
            return re.compile(
                _quoted(self.actor, b'"user":"').pattern
                + b"|"
                + _quoted(self.actor, b'"uid":').pattern
            )
        return None


def parse_when(text: str, *, is_end: bool = False) -> str:
    """Return a date or time of the command line as the log writes it, in UTC.

    A date alone is its first moment, or the first moment after it where `is_end`.

    Raises:
        UsageError: if it is neither.
    """
    if not text:
        return ""
    try:
        if not _WHEN.fullmatch(text):
            raise ValueError("neither a date nor a date with a time")
        when = datetime.fromisoformat(text)
        if is_end and len(text) == len("2026-11-22"):
            when += timedelta(days=1)
        aware = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{text!a} is no date or time", hint="2026-11-22 or 2026-11-22T08:30, in UTC"
        ) from None
    return aware.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def mentions(data: dict[str, Any], document: str) -> bool:
    """Return whether an event names a document, or a chunk of it."""
    for text in _named(data):
        if text == document:
            return True
        if text.startswith(document) and text[len(document)] in CHUNK_SEPARATORS:
            return True
    return False


def bare(placeholder: str) -> str:
    """Return a placeholder without its angle brackets."""
    return placeholder.removeprefix("<").removesuffix(">")


def _is_actor(found: dict[str, Any], actor: str) -> bool:
    return actor in (found["user"], str(found["uid"]))


def _is_about(data: dict[str, Any], subject: str) -> bool:
    """Return whether an event names a placeholder, in a list or within a redacted note."""
    wanted = f"<{bare(subject)}>"
    for value in data.values():
        items = value if isinstance(value, list) else [value]
        if any(isinstance(item, str) and wanted in item for item in items):
            return True
    return False


def _named(data: dict[str, Any]) -> Iterator[str]:
    for name in _DOCUMENT_FIELDS:
        value = data.get(name)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):  # `chunks` is a count in some events
                yield item


def _quoted(text: str, before: bytes = b"", after: bytes = b"") -> re.Pattern[bytes]:
    """Return a pattern for a text as canonical JSON writes it; `after` is a pattern."""
    try:
        inner = encode({"": text})[5:-2]
    except NotCanonicalError:
        return NOTHING  # no record can hold it
    return re.compile(re.escape(before + inner) + after)
