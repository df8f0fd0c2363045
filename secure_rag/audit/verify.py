"""Verify the log: is it what was written, whole, and sealed by the keys it should be.

Works on a live, tampered, read-only or exported log and changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from secure_rag.audit.canonical import MAX_LINE_BYTES
from secure_rag.audit.chain import BadRecordError, Chain, OnRecord, Silence, Since, watch_all
from secure_rag.audit.epoch import FILE_NAME
from secure_rag.audit.merkle import Frontier
from secure_rag.audit.note import (
    CheckpointText,
    Note,
    NoteError,
    VerifierKey,
    parse_checkpoint,
    parse_note,
    parse_verifier,
)
from secure_rag.audit.record import Moment, boot_id
from secure_rag.audit.segments import (
    read_lines,
    segment_path,
    stray_names,
)
from secure_rag.audit.snapshot import Snapshot, take_snapshot
from secure_rag.audit.verdict import Head, Statement, VerifyReport
from secure_rag.errors import SecureRagError, UsageError

if TYPE_CHECKING:
    from secure_rag.audit.anchors import AnchorCheck

_BEAT_LIMIT_US = 2 * 60 * 1_000_000
"""Twice the promised minutes: one beat may be late."""
REQUIREMENTS = frozenset({"genesis", "anchor"})


@dataclass
class _Anchor:
    """A checkpoint that was kept elsewhere, and what the log showed at its place."""

    note: Note
    text: CheckpointText
    root: bytes | None = None
    key: VerifierKey | None = None

    def watch(
        self, index: int, tree: Frontier, text: CheckpointText | None, key: VerifierKey | None
    ) -> None:
        if index == self.text.size:
            self.root = tree.root()
        if text is not None and text.epoch == self.text.epoch:
            self.key = key


@dataclass(frozen=True)
class _Given:
    """What the log is held against."""

    genesis: VerifierKey | None
    anchor: _Anchor | None
    stored: AnchorCheck | None
    exported: bool
    heartbeat: int

    @property
    def watches(self) -> list[OnRecord]:
        return [found.watch for found in (self.anchor, self.stored) if found is not None]


def verify(
    folder: Path,
    *,
    genesis: str | None = None,
    checkpoint: str | None = None,
    require: Collection[str] = frozenset(),
    exported: bool = False,
    since: Since | None = None,
    heartbeat: int = 0,
    stored: AnchorCheck | None = None,
) -> VerifyReport:
    """Check every record, every checkpoint and the live key.

    Args:
        folder: the audit folder (it holds `log/`).
        genesis: verifier line that `init` printed.
        checkpoint: text of a signed checkpoint that was kept elsewhere.
        require: what must not be left unchecked (`genesis`, `anchor`).
        exported: the folder is a copy, so that no live key can be expected.
        since: from where on the form of records is checked; all are hashed.
        heartbeat: minutes within which a sign of life was promised, 0 for no promise.
        stored: the anchors beside the log, and how old the newest may be.

    Raises:
        UsageError: if an argument is malformed; a failed check is a result.
    """
    _check_requirements(require)
    given = _Given(_read_genesis(genesis), _read_anchor(checkpoint), stored, exported, heartbeat)
    report = VerifyReport()
    silence = Silence(heartbeat * _BEAT_LIMIT_US) if heartbeat else None
    chain = Chain(watch_all(given.watches), since=since, silence=silence)
    try:
        snapshot = take_snapshot(folder)
        is_whole = _run(folder, snapshot, chain, report)
    except (OSError, SecureRagError):
        _fail(report, "log.unreadable", "the log cannot be read")
        return _require(report, require)
    _judge(report, chain, snapshot, given, is_whole=is_whole)
    _judge_beside(report, folder, given, require)
    return _require(report, require)


def _judge(
    report: VerifyReport, chain: Chain, snapshot: Snapshot, given: _Given, *, is_whole: bool
) -> None:
    _judge_chain(report, chain, snapshot, is_whole=is_whole)
    _judge_genesis(report, chain, given.genesis)
    _judge_anchor(report, chain, given.anchor, is_whole=is_whole)
    if is_whole:
        _judge_live_key(report, chain, snapshot, exported=given.exported)
        _judge_silence(report, chain, given.heartbeat, exported=given.exported)


def _judge_beside(
    report: VerifyReport, folder: Path, given: _Given, require: Collection[str]
) -> None:
    """Judge the files that lie beside the log's own."""
    for name in stray_names(folder):
        _skip(report, "stray", f"{name!a} is no part of the log, though it is named like one")
    if given.stored is not None:
        is_kept = any(statement.code == "anchor" for statement in report.verified)
        kept = given.anchor.text if given.anchor and is_kept else None
        given.stored.judge(report, kept, require)


def _run(folder: Path, snapshot: Snapshot, chain: Chain, report: VerifyReport) -> bool:
    """Pass over all segments; return whether no record was wrong."""
    if not snapshot.sizes:
        _fail(report, "log.missing", "there is no log here")
        return False
    previous = 0
    try:
        for expected, (number, size) in enumerate(snapshot.sizes.items(), start=1):
            if number != expected:
                text = f"segment {expected} is missing"
                raise BadRecordError("segment.missing", text, chain.tree.size)
            if size == 0:
                text = f"segment {number} is empty"
                raise BadRecordError("segment.empty", text, chain.tree.size)
            chain.start_segment(number, previous)
            _run_segment(folder, number, size, chain, report, is_last=number == max(snapshot.sizes))
            previous = size
        if chain.last is None:
            text = "the log has no checkpoint: it was cut to its first records"
            raise BadRecordError("checkpoint.missing", text, 0)
    except BadRecordError as bad:
        report.first_bad = bad.since
        _fail(report, bad.code, bad.text)
        return False
    return True


def _run_segment(
    folder: Path, number: int, size: int, chain: Chain, report: VerifyReport, *, is_last: bool
) -> None:
    position = 0
    for line, is_complete in read_lines(segment_path(folder, number), 0, size):
        position += len(line) + is_complete
        if is_complete:
            chain.add(line)
        elif is_last and position == size and len(line) <= MAX_LINE_BYTES:
            text = (
                f"{len(line)} bytes after record {chain.tree.size - 1} are an interrupted write; "
                "nothing acted on it"
            )
            _skip(report, "torn", text)
        else:
            raise chain.unreadable()
    if position != size:
        raise BadRecordError("segment.short", f"segment {number} was cut", chain.tree.size)


def _judge_chain(report: VerifyReport, chain: Chain, snapshot: Snapshot, *, is_whole: bool) -> None:
    size = chain.tree.size
    report.events, report.checkpoints = chain.events, chain.checkpoints
    report.head = Head(size, chain.tree.root().hex())
    if is_whole and chain.since is None:
        text = (
            f"{size - chain.checked_from} records in {len(snapshot.sizes)} segment(s) are well "
            "formed, numbered without a gap and in order"
        )
        _pass(report, "records", text)
    if chain.last is not None:
        text = (
            f"{chain.checkpoints} checkpoint(s), each signed by the key the one before announced, "
            f"seal records 0 to {chain.sealed - 1}"
        )
        _pass(report, "seals", text)
    if not is_whole:
        if size:
            text = f"records from {chain.sealed} on are not proven"
            _skip(report, "rest", text)
        return
    _judge_end(report, chain)


def _judge_end(report: VerifyReport, chain: Chain) -> None:
    """Say what of a log without any wrong record could not be checked."""
    size = chain.tree.size
    if chain.skipped:
        text = (
            f"{chain.skipped} record(s) before {size if chain.since else chain.checked_from} were "
            "hashed as the seals want them, but not read (--since)"
        )
        _skip(report, "since", text)
    if chain.sealed < size:
        text = (
            f"{size - chain.sealed} record(s) from {chain.sealed} on stand after the last "
            "checkpoint: changes to them, or their removal, would not be seen"
        )
        _skip(report, "window", text)
    if chain.torn:
        _skip(report, "torn", f"the last {chain.torn} line(s) are interrupted writes")
    for first, lines in chain.recovered:
        text = f"{lines} line(s) from {first} on are an interrupted write, noted at the next start"
        _skip(report, "torn", text)
    if chain.unknown:
        text = f"{chain.unknown} event(s) are of a kind or shape that this version does not know"
        _skip(report, "unknown", text)


def _judge_genesis(report: VerifyReport, chain: Chain, trusted: VerifierKey | None) -> None:
    if trusted is None:
        text = (
            "genesis key not given (--genesis): a log that was started over with a new key "
            "looks the same"
        )
        _skip(report, "genesis", text)
    elif chain.genesis is None:
        _skip(report, "genesis", "no record was reached that the genesis key could be held against")
    elif chain.genesis != trusted:
        text = "the log does not begin with the given genesis key: another log, or started over"
        _fail(report, "genesis.key", text)
    elif chain.last is not None:
        _pass(report, "genesis", f"the log {trusted.name} begins with the given genesis key")
    else:
        _skip(report, "genesis", "no checkpoint was reached that the genesis key could verify")


def _judge_anchor(
    report: VerifyReport, chain: Chain, anchor: _Anchor | None, *, is_whole: bool
) -> None:
    if anchor is None:
        text = (
            "no checkpoint kept elsewhere was given (--checkpoint): a log and key put back "
            "together from a backup look the same"
        )
        _skip(report, "anchor", text)
        return
    size = anchor.text.size
    if chain.genesis is not None and anchor.text.origin != chain.genesis.name:
        _fail(report, "anchor.origin", "the kept checkpoint belongs to another log")
    elif anchor.root is None or anchor.key is None:
        if is_whole:
            text = (
                f"the kept checkpoint seals {size} records, the log has {chain.tree.size}: "
                "it was cut, or put back from a backup"
            )
            _fail(report, "anchor.beyond", text)
        else:
            _skip(report, "anchor", "the kept checkpoint lies beyond the first wrong record")
    elif anchor.root != anchor.text.root or not anchor.note.is_signed_by(anchor.key):
        text = f"the first {size} records are not those that the kept checkpoint seals"
        _fail(report, "anchor.differs", text)
    else:
        _pass(report, "anchor", f"the kept checkpoint of {anchor.text.time} seals {size} records")


def _judge_live_key(
    report: VerifyReport, chain: Chain, snapshot: Snapshot, *, exported: bool
) -> None:
    if exported:
        _skip(report, "live-key", "a copy has no live key: a tail that was cut would not be seen")
        return
    if snapshot.keys is None:
        text = f"audit/{FILE_NAME} is missing: the tail of the log may have been cut"
        _fail(report, "live-key.missing", text)
        return
    public = chain.key.public if chain.key else b""
    if not any(key.public == public for key in snapshot.keys):
        text = (
            "the live key is not the one that the last checkpoint announced: the tail of the log "
            "was cut, or the key file replaced"
        )
        _fail(report, "live-key.differs", text)
        return
    _pass(report, "live-key", "the live key is the one that the last checkpoint announced")
    if snapshot.filled > 1:
        text = "a sealing was interrupted; a second key waits to be erased by the next command"
        _skip(report, "second-key", text)


def _judge_silence(report: VerifyReport, chain: Chain, minutes: int, *, exported: bool) -> None:
    silence = chain.silence
    if silence is None:
        return
    if not exported:
        silence.hear(chain.tree.size, boot_id(), Moment.now().monotonic_us)
    if silence.count == 0:
        text = f"the log was never silent for {2 * minutes} minutes while the machine ran"
        _pass(report, "heartbeat", text)
        return
    text = (
        f"a sign of life every {minutes} minutes is promised, but after record {silence.first} "
        f"the log was silent ({silence.count} time(s), the longest "
        f"{silence.longest_us // 60_000_000} minutes): what happened then is not recorded"
    )
    _skip(report, "heartbeat", text)


def _require(report: VerifyReport, require: Collection[str]) -> VerifyReport:
    proven = {statement.code for statement in report.verified}
    told = {statement.code.removeprefix("require.") for statement in report.failed}
    for name in sorted(set(require) - proven - told):
        _fail(report, f"require.{name}", f"{name} was required and could not be verified")
    return report


def _check_requirements(require: Collection[str]) -> None:
    if unknown := set(require) - REQUIREMENTS:
        raise UsageError(f"cannot require {min(unknown)!r}", hint="genesis, anchor")


def _read_genesis(line: str | None) -> VerifierKey | None:
    if line is None:
        return None
    try:
        return parse_verifier(line)
    except NoteError as error:
        raise UsageError(
            f"--genesis: {error}",
            hint="give the whole line that `secure-rag init` printed, or a file that holds it",
        ) from None


def _read_anchor(note: str | None) -> _Anchor | None:
    if note is None:
        return None
    try:
        parsed = parse_note(note if note.endswith("\n") else note + "\n")
        return _Anchor(parsed, parse_checkpoint(parsed.text))
    except NoteError as error:
        raise UsageError(f"--checkpoint: {error}") from None


def _pass(report: VerifyReport, code: str, text: str) -> None:
    report.verified.append(Statement(code, text))


def _fail(report: VerifyReport, code: str, text: str) -> None:
    report.failed.append(Statement(code, text))


def _skip(report: VerifyReport, code: str, text: str) -> None:
    report.not_checkable.append(Statement(code, text))
