"""Anchors: checkpoints that a witness on another machine cosigned, kept beside the log.

They lie in `audit/anchors/` as notes. A file there proves nothing by its place: what counts is
the signature of a witness whose key was given. Who puts the whole disk back from a backup takes
newer anchors away with it, and so what is left is old: hence the age, and the demand of one.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from secure_rag.audit.cosign import WitnessKey, parse_witness
from secure_rag.audit.heads import note_at
from secure_rag.audit.log import AuditLog
from secure_rag.audit.log_events import AnchorAdded
from secure_rag.audit.merkle import Frontier
from secure_rag.audit.note import (
    CheckpointText,
    NoteError,
    VerifierKey,
    parse_checkpoint,
    parse_note,
)
from secure_rag.audit.segments import sync_folder, translated
from secure_rag.audit.verdict import Statement, VerifyReport
from secure_rag.errors import ConfigError, InputError
from secure_rag.modes import make_folder, open_made

FOLDER = "anchors"
_SUFFIX = ".note"
_MAX_BYTES = 10_000
_DAY_S = 86_400
_SLACK_S = 300
"""A witness's clock may be ahead of ours by this much."""


@dataclass(frozen=True)
class Anchor:
    """A checkpoint with the cosignature of a witness whose key is known."""

    text: CheckpointText
    witness: WitnessKey
    time: int
    """Seconds since 1970, by the clock of the witness."""
    note: str


@dataclass
class AnchorCheck:
    """Holds the stored anchors against the log while `verify` passes over it."""

    stored: Sequence[Anchor] = ()
    unknown: int = 0
    """Files without a cosignature of a known witness."""
    max_age_days: int = 0
    is_told_by_settings: bool = False
    """The witnesses are those that this machine's own settings name."""
    now: float = field(default_factory=time.time)
    newest: tuple[int, float] | None = None
    """Records and time of the newest anchor that fits the log, one kept elsewhere included."""
    _seen: dict[int, CheckpointText] = field(default_factory=dict)
    _last: CheckpointText | None = None

    @classmethod
    def of(cls, folder: Path, witnesses: Collection[str], max_age_days: int = 0) -> AnchorCheck:
        """Read the anchors beside a log.

        Args:
            folder: the audit folder.
            witnesses: verifier lines of the witnesses that count.
            max_age_days: how old the newest anchor may be, 0 for no demand.

        Raises:
            ConfigError: if a line is none of a witness.
        """
        stored, unknown = _read(folder, known_witnesses(witnesses))
        return cls(stored, unknown, max_age_days)

    def watch(
        self, index: int, _tree: Frontier, text: CheckpointText | None, _key: VerifierKey | None
    ) -> None:
        """Take in what the log holds at the place of each checkpoint."""
        if text is not None:
            self._last = text
            if any(anchor.text.size == index for anchor in self.stored):
                self._seen[index] = text

    def judge(
        self, report: VerifyReport, kept: CheckpointText | None, require: Collection[str]
    ) -> None:
        """Add what the anchors show, and their age, to the report.

        Args:
            report: with the log's own verdict.
            kept: a checkpoint given by the reader that fits the log.
            require: `anchor` makes a missing or old one a failure.
        """
        fitting = [anchor for anchor in self.stored if self._fits(anchor, report)]
        times = [(anchor.text.size, float(anchor.time)) for anchor in fitting]
        if kept is not None:
            times.append((kept.size, float(_seconds(kept.time))))
        self.newest = max(times, key=lambda found: found[1], default=None)
        if fitting:
            last = max(fitting, key=lambda anchor: anchor.time)
            report.verified.append(Statement("witness", self._words(last)))
        if self.unknown:
            text = f"{self.unknown} anchor(s) without a cosignature of a known witness"
            report.not_checkable.append(Statement("witness-unknown", text))
        if self.max_age_days:
            self._judge_age(report, require, has_stored=bool(fitting))

    @property
    def age_days(self) -> float | None:
        """Age of the newest anchor, None where there is none."""
        if self.newest is None:
            return None
        return max(0.0, (self.now - self.newest[1]) / _DAY_S)

    @property
    def is_fresh(self) -> bool:
        """Whether the demand is met."""
        return not self.max_age_days or (
            self.age_days is not None and self.age_days <= self.max_age_days
        )

    def _fits(self, anchor: Anchor, report: VerifyReport) -> bool:
        if self._seen.get(anchor.text.size) == anchor.text:
            if anchor.time <= self.now + _SLACK_S:
                return True
            text = f"the cosignature over {anchor.text.size} records is dated in the future"
            report.not_checkable.append(Statement("witness-time", text))
            return False
        is_foreign = self._last is not None and self._last.origin != anchor.text.origin
        if report.first_bad is not None and anchor.text.size not in self._seen:
            text = f"the anchor over {anchor.text.size} records lies beyond the first wrong record"
            report.not_checkable.append(Statement("witness", text))
        else:
            what = "belongs to another log" if is_foreign else "is not of this history"
            text = f"the checkpoint over {anchor.text.size} records that was cosigned {what}"
            report.failed.append(Statement("witness.differs", text))
        return False

    def _judge_age(
        self, report: VerifyReport, require: Collection[str], *, has_stored: bool
    ) -> None:
        demand = f"one not older than {self.max_age_days} days is demanded"
        if self.is_fresh:
            report.verified.append(
                Statement("anchor-age", f"the last anchor is {self.age_text()} old; {demand}")
            )
            if has_stored:
                self._count_as_anchor(report)
            return
        last = "there is none" if self.newest is None else f"the last is {self.age_text()} old"
        report.not_checkable.append(Statement("anchor-age", f"anchor: {last}; {demand}"))
        if "anchor" in require:
            text = f"a fresh anchor was required: {last}; {demand}"
            report.failed.append(Statement("require.anchor", text))

    def _count_as_anchor(self, report: VerifyReport) -> None:
        """A fresh cosignature bounds a restored backup just as a checkpoint kept elsewhere."""
        if any(statement.code == "anchor" for statement in report.verified):
            return
        if any(statement.code.startswith("anchor.") for statement in report.failed):
            return
        report.not_checkable[:] = [s for s in report.not_checkable if s.code != "anchor"]
        text = "a witness has cosigned within the demanded time"
        report.verified.append(Statement("anchor", text))

    def age_text(self) -> str:
        """Return the age of the newest anchor in words."""
        age = self.age_days
        if age is None:
            return "none"
        return f"{age:.0f} days" if age >= 2 else f"{age * 24:.0f} hours"

    def _words(self, anchor: Anchor) -> str:
        source = " (a witness by this machine's settings)" if self.is_told_by_settings else ""
        return (
            f"{anchor.witness.name}{source} cosigned the checkpoint over {anchor.text.size} "
            f"records at {clock_text(anchor.time)}"
        )


def add_anchor(folder: Path, note: str, witnesses: Collection[str], *, session: str) -> Anchor:
    """Keep a cosigned checkpoint of this log beside it; the event comes first.

    Raises:
        InputError: if it is no checkpoint of this log, or no known witness cosigned it.
        AuditUnavailableError: if the log cannot be written.
    """
    found = _parse(note, known_witnesses(witnesses))
    if found is None:
        raise InputError(
            "no known witness has cosigned this checkpoint",
            code="witness.unknown",
            hint="put the line that `audit witness` prints into `witnesses` under [audit]",
        )
    own = note_at(folder, found.text.size)
    if own is None or parse_note(own).text != parse_note(note).text:
        raise InputError(
            "the cosigned checkpoint is not one of this log: another log, or another history",
            code="witness.differs",
        )
    data = note.encode()
    event = AnchorAdded(
        size=found.text.size, witness=found.witness.line(), cosigned=clock_text(found.time),
        sha256=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
    with AuditLog.open(folder, session=session) as log:
        log.append(event)
        with translated():
            _store(folder / FOLDER, f"{found.text.size}-{found.witness.key_id.hex()}", data)
    return found


def newest_anchor(folder: Path, witnesses: Collection[str]) -> Anchor | None:
    """Return the stored anchor over the most records, whoever of the known witnesses made it."""
    stored, _ = _read(folder, known_witnesses(witnesses))
    return max(stored, key=lambda anchor: anchor.text.size, default=None)


def stored_notes(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield name and text of every cosigned checkpoint beside the log, for a bundle."""
    yield from _texts(folder / FOLDER)


def known_witnesses(witnesses: Collection[str]) -> list[WitnessKey]:
    """Read the lines of witnesses.

    Raises:
        ConfigError: if one is malformed.
    """
    try:
        return [parse_witness(line) for line in witnesses]
    except NoteError as error:
        raise ConfigError(
            f"witnesses: {error}", hint="give the whole line that `audit witness` prints"
        ) from None


def clock_text(seconds: int) -> str:
    """Return a time as checkpoints write it; a cosignature may hold any number."""
    with suppress(OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(seconds)


def _seconds(text: str) -> int:
    with suppress(ValueError):
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
        return int(moment.replace(tzinfo=UTC).timestamp())
    return 0


def _read(folder: Path, witnesses: Sequence[WitnessKey]) -> tuple[list[Anchor], int]:
    stored: list[Anchor] = []
    unknown = 0
    for _, text in _texts(folder / FOLDER):
        anchor = _parse(text, witnesses)
        if anchor is None:
            unknown += 1
        else:
            stored.append(anchor)
    return stored, unknown


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(_SUFFIX))
    except OSError:
        return
    for name in names:
        try:
            with (folder / name).open(encoding="utf-8", newline="") as file:
                yield name, file.read(_MAX_BYTES)
        except (OSError, ValueError):
            yield name, ""


def _parse(note: str, witnesses: Sequence[WitnessKey]) -> Anchor | None:
    try:
        found = parse_note(note)
        text = parse_checkpoint(found.text)
    except NoteError:
        return None
    for witness in witnesses:
        moment = witness.time_of(found)
        if moment is not None:
            return Anchor(text, witness, moment, note)
    return None


def _store(folder: Path, name: str, data: bytes) -> None:
    make_folder(folder)
    new = folder / f"{name}.new"
    descriptor = open_made(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.rename(new, folder / f"{name}{_SUFFIX}")
    sync_folder(folder)
    sync_folder(folder.parent)
