"""Verify the log: is it what was written, whole, and sealed by the keys it should be.

Works on a live, tampered, read-only or exported log and changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from secure_rag.audit.canonical import MAX_LINE_BYTES
from secure_rag.audit.chain import BadRecordError, Chain, OnRecord, Silence, Since, watch_all
from secure_rag.audit.epoch import FILE_NAME
from secure_rag.audit.kept import KeptCheckpoint, judge_kept, read_kept
from secure_rag.audit.note import NoteError, VerifierKey, parse_verifier
from secure_rag.audit.pruned import PrunedError, items
from secure_rag.audit.prunings import Prefix, file_digest, judge_prunings
from secure_rag.audit.record import Moment, boot_id
from secure_rag.audit.segments import (
    read_lines,
    segment_path,
    stray_names,
)
from secure_rag.audit.snapshot import Snapshot, has_moved, take_snapshot
from secure_rag.audit.verdict import Head, Statement, VerifyReport
from secure_rag.errors import SecureRagError, UsageError

if TYPE_CHECKING:
    from secure_rag.audit.anchors import AnchorCheck

_BEAT_LIMIT_US = 2 * 60 * 1_000_000
"""Twice the promised minutes: one beat may be late."""
_ATTEMPTS = 3
"""Passes, where the log is pruned while it is read."""
REQUIREMENTS = frozenset({"genesis", "anchor"})


@dataclass(frozen=True)
class _Given:
    """What the log is held against."""

    genesis: VerifierKey | None
    anchor: KeptCheckpoint | None
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
    check_requirements(require)
    given = _Given(read_genesis(genesis), read_kept(checkpoint), stored, exported, heartbeat)
    passed = _pass_over(folder, given, since)
    if passed.snapshot is None:
        _fail(passed.report, "log.unreadable", "the log cannot be read")
        return demand(passed.report, require)
    _judge(passed, passed.snapshot, given)
    _judge_beside(passed.report, folder, given, require)
    return demand(passed.report, require)


@dataclass
class _Passed:
    """One pass over all records."""

    report: VerifyReport
    chain: Chain
    snapshot: Snapshot | None = None
    """None where the log cannot be read."""
    prefix: Prefix | None = None
    is_whole: bool = False


def _pass_over(folder: Path, given: _Given, since: Since | None) -> _Passed:
    """Read all records once; where the log was pruned meanwhile, once more."""
    for attempt in range(_ATTEMPTS):
        silence = Silence(given.heartbeat * _BEAT_LIMIT_US) if given.heartbeat else None
        chain = Chain(watch_all(given.watches), since=since, silence=silence)
        passed = _Passed(VerifyReport(), chain)
        snapshot = None
        try:
            snapshot = take_snapshot(folder)
            passed.is_whole = _run(folder, snapshot, passed)
            passed.snapshot = snapshot
        except (OSError, SecureRagError):
            pass
        if passed.is_whole or snapshot is None or attempt + 1 == _ATTEMPTS:
            break
        with suppress(OSError):
            if not has_moved(folder, snapshot):
                break
    return passed


def _judge(passed: _Passed, snapshot: Snapshot, given: _Given) -> None:
    report, chain, is_whole = passed.report, passed.chain, passed.is_whole
    _judge_chain(report, chain, snapshot, is_whole=is_whole)
    judge_prunings(
        report, chain.prunings, snapshot, passed.prefix, sealed=chain.sealed, is_whole=is_whole
    )
    _judge_genesis(report, chain, given.genesis)
    judge_kept(report, chain, given.anchor, is_whole=is_whole)
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


def _run(folder: Path, snapshot: Snapshot, passed: _Passed) -> bool:
    """Pass over all segments; return whether no record was wrong."""
    chain, report = passed.chain, passed.report
    if not snapshot.sizes:
        _fail(report, "log.missing", "there is no log here")
        return False
    try:
        if snapshot.is_pruned:
            passed.prefix = _take_prefix(folder, snapshot, chain)
        _run_segments(folder, snapshot, chain, report)
        if chain.last is None:
            text = "the log has no checkpoint: it was cut to its first records"
            raise BadRecordError("checkpoint.missing", text, 0)
    except BadRecordError as bad:
        report.first_bad = bad.since
        _fail(report, bad.code, bad.text)
        return False
    return True


def _take_prefix(folder: Path, snapshot: Snapshot, chain: Chain) -> Prefix:
    """Pass over what is kept of pruned records: the tree, and the chain of keys."""
    chain.prunings.minimum = snapshot.header.first if snapshot.header else 0
    try:
        for item in items(folder):
            chain.add_pruned(item)
    except PrunedError as error:
        text = "what is kept of pruned records is not of its form"
        raise BadRecordError("pruned.form", text, error.index) from None
    if snapshot.header is None:
        raise BadRecordError("pruned.form", "the file about pruned records has changed", 0)
    chain.checked_from = chain.prunings.first = chain.tree.size
    return Prefix(snapshot.header, chain.tree.root(), file_digest(folder))


def _run_segments(folder: Path, snapshot: Snapshot, chain: Chain, report: VerifyReport) -> None:
    first = snapshot.header.segment if snapshot.header else 1
    previous = 0 if first == 1 else None
    for expected, (number, size) in enumerate(snapshot.sizes.items(), start=first):
        if number != expected:
            text = f"segment {expected} is missing"
            raise BadRecordError("segment.missing", text, chain.tree.size)
        if size == 0:
            text = f"segment {number} is empty"
            raise BadRecordError("segment.empty", text, chain.tree.size)
        chain.start_segment(number, previous)
        _run_segment(folder, number, size, chain, report, is_last=number == max(snapshot.sizes))
        previous = size


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


def demand(report: VerifyReport, require: Collection[str]) -> VerifyReport:
    """Fail what was required and is not verified."""
    proven = {statement.code for statement in report.verified}
    told = {statement.code.removeprefix("require.") for statement in report.failed}
    for name in sorted(set(require) - proven - told):
        _fail(report, f"require.{name}", f"{name} was required and could not be verified")
    return report


def check_requirements(require: Collection[str]) -> None:
    """Refuse what cannot be required.

    Raises:
        UsageError: if it names anything but what `REQUIREMENTS` does.
    """
    if unknown := set(require) - REQUIREMENTS:
        raise UsageError(f"cannot require {min(unknown)!r}", hint="genesis, anchor")


def read_genesis(line: str | None) -> VerifierKey | None:
    """Read the verifier line that a reader gives.

    Raises:
        UsageError: if it is none.
    """
    if line is None:
        return None
    try:
        return parse_verifier(line)
    except NoteError as error:
        raise UsageError(
            f"--genesis: {error}",
            hint="give the whole line that `secure-rag init` printed, or a file that holds it",
        ) from None


def _pass(report: VerifyReport, code: str, text: str) -> None:
    report.verified.append(Statement(code, text))


def _fail(report: VerifyReport, code: str, text: str) -> None:
    report.failed.append(Statement(code, text))


def _skip(report: VerifyReport, code: str, text: str) -> None:
    report.not_checkable.append(Statement(code, text))
