"""A witness on a second machine: it keeps one head per log and cosigns what extends it.

State, in a folder of its own (0700, files 0600): `witness.key`, made on first use, and
`<first 32 hex digits of SHA-256(origin)>.json` per log with the genesis line that a person
gave and the last cosigned note. A head is on the disk before its cosignature is given away.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from secure_rag.audit.cosign import COSIGNATURE, WitnessKey, cosign
from secure_rag.audit.heads import Request
from secure_rag.audit.merkle import check_consistency
from secure_rag.audit.note import (
    CheckpointText,
    NoteError,
    VerifierKey,
    check_name,
    parse_checkpoint,
    parse_note,
    parse_verifier,
)
from secure_rag.audit.segments import sync_folder
from secure_rag.errors import ArtifactError, InputError, UsageError

KEY_FILE = "witness.key"
_LOCK_FILE = "witness.lock"
_KEY_PREFIX = "PRIVATE+KEY+"
_MODE = 0o600


@dataclass(frozen=True)
class Kept:
    """What a witness holds of one log."""

    genesis: str
    note: str

    @property
    def text(self) -> CheckpointText:
        return parse_checkpoint(parse_note(self.note).text)


@dataclass(frozen=True)
class Decision:
    """What the witness made of a request; `code` is empty where it cosigned."""

    code: str
    text: str
    kept: Kept | None
    """The head it keeps now."""

    @property
    def is_accepted(self) -> bool:
        return not self.code


class _RefusalError(Exception):
    """Why a request is not cosigned."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Witness:
    """The key and the heads of one witness."""

    def __init__(self, folder: Path) -> None:
        """Open the state folder; make it, and a key, where there is none."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        with self._locked():
            if not (folder / KEY_FILE).exists():
                _write(folder / KEY_FILE, _new_key())
        self._name, self._private = _read_key(folder / KEY_FILE)
        self.key = WitnessKey(self._name, self._private.public_key().public_bytes_raw())

    def cosign(self, request: Request, *, genesis: str | None, now: int) -> Decision:
        """Cosign the head of a request if it extends the one that is kept.

        Args:
            request: what the log's machine wrote.
            genesis: verifier line that `init` printed; needed for a log seen the first time.
            now: seconds since 1970 by this machine's clock.

        Raises:
            UsageError: the first request of a log came without its genesis line.
            InputError: the request holds no checkpoints.
        """
        note, head = _head(request)
        with self._locked():
            kept = self._read(head.origin)
            try:
                line = _check(request, head, kept, genesis)
            except _RefusalError as refusal:
                return Decision(refusal.code, refusal.text, kept)
            signed = note + cosign(parse_note(note).text, self._name, self._private, now)
            kept = Kept(line, signed)
            self._keep(head.origin, kept)
        return Decision("", f"{head.size} records of {head.origin}", kept)

    def kept(self, origin: str) -> Kept | None:
        """Return the head that is kept of a log."""
        with self._locked():
            return self._read(origin)

    def _path(self, origin: str) -> Path:
        return self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()[:32]}.json"

    def _read(self, origin: str) -> Kept | None:
        path = self._path(origin)
        if not path.exists():
            return None
        try:
            value = json.loads(path.read_text("utf-8"))
            kept = Kept(str(value["genesis"]), str(value["note"]))
            if kept.text.origin == origin and self.key.time_of(parse_note(kept.note)) is not None:
                return kept
        except (OSError, ValueError, KeyError, TypeError):
            pass
        raise ArtifactError(
            "the head that this witness keeps of the log is damaged",
            code="witness.state",
            hint="put the state folder back from its backup; a new one would forget what it saw",
        )

    def _keep(self, origin: str, kept: Kept) -> None:
        value = {"genesis": kept.genesis, "note": kept.note, "origin": origin}
        _write(self._path(origin), json.dumps(value, indent=1) + "\n")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self._folder / _LOCK_FILE, flags, _MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _head(request: Request) -> tuple[str, CheckpointText]:
    """Return the last note of a request without foreign signature lines, and what it says."""
    try:
        found = parse_note(request.notes[-1])
        if len(found.signatures) == 1:
            return request.notes[-1], parse_checkpoint(found.text)
    except NoteError:
        pass
    raise InputError("the request holds no checkpoint of a log", code="witness.request")


def _check(request: Request, head: CheckpointText, kept: Kept | None, genesis: str | None) -> str:
    """Return the genesis line of the log if the head may be cosigned."""
    if kept is None:
        if genesis is None:
            raise UsageError(
                "this log is new to this witness: --genesis is needed",
                hint="the line that `secure-rag init` printed, not a copy from that machine",
            )
        first = _verifier(genesis)
        if request.old:
            raise _RefusalError("witness.old", _WRONG_OLD.format(request.old, 0))
        _check_chain(request, first, epoch=0)
        return first.line()
    old = kept.text
    if genesis is not None and _verifier(genesis).line() != kept.genesis:
        raise _RefusalError("witness.genesis", "the genesis line is not the one that is kept")
    if head.size < old.size:
        text = f"the log had {old.size} records and has {head.size}: it was cut or put back"
        raise _RefusalError("witness.rollback", text)
    if head.size == old.size:
        if head != old:
            raise _RefusalError("witness.fork", f"another history of {old.size} records is kept")
        return kept.genesis
    if request.old != old.size:
        raise _RefusalError("witness.old", _WRONG_OLD.format(request.old, old.size))
    _check_chain(request, VerifierKey(old.origin, old.next_public), epoch=old.epoch + 1)
    if not check_consistency(old.size, head.size, old.root, head.root, request.proof):
        text = f"the first {old.size} records are not those that were cosigned: another history"
        raise _RefusalError("witness.fork", text)
    return kept.genesis


_WRONG_OLD = (
    "the request starts from {0} records, this witness keeps {1}: make it anew with "
    "`secure-rag audit checkpoint --witness-request FILE --since {1}`"
)


def _check_chain(request: Request, key: VerifierKey, *, epoch: int) -> None:
    """Hold each note against the key that the one before announced."""
    size = request.old
    for number, note in enumerate(request.notes):
        try:
            found = parse_note(note)
            text = parse_checkpoint(found.text)
        except NoteError:
            raise _RefusalError("witness.chain", f"note {number} is no checkpoint") from None
        if (text.origin, text.epoch) != (key.name, epoch + number) or text.size <= size:
            what = f"checkpoint {number} of the request does not follow the one before"
            raise _RefusalError("witness.chain", what)
        if not found.is_signed_by(key):
            what = f"checkpoint {number} of the request is not signed by the key that was announced"
            raise _RefusalError("witness.signature", f"{what}: another history, or another log")
        key, size = VerifierKey(key.name, text.next_public), text.size


def _verifier(line: str) -> VerifierKey:
    try:
        return parse_verifier(line)
    except NoteError as error:
        raise UsageError(f"--genesis: {error}") from None


def _new_key() -> str:
    private = Ed25519PrivateKey.generate()
    name = f"secure-rag-witness/{secrets.token_hex(4)}"
    key = WitnessKey(name, private.public_key().public_bytes_raw())
    seed = base64.b64encode(bytes([COSIGNATURE]) + private.private_bytes_raw()).decode("ascii")
    return f"{_KEY_PREFIX}{name}+{key.key_id.hex()}+{seed}\n"


def _read_key(path: Path) -> tuple[str, Ed25519PrivateKey]:
    try:
        line = path.read_text("ascii").strip().removeprefix(_KEY_PREFIX)
        name, key_id, encoded = line.split("+", 2)
        seed = base64.b64decode(encoded, validate=True)[1:]
        private = Ed25519PrivateKey.from_private_bytes(seed)
        key = WitnessKey(check_name(name), private.public_key().public_bytes_raw())
        if key.key_id.hex() != key_id:
            raise ValueError("the key id does not fit the key")
    except (OSError, ValueError):
        raise ArtifactError("the key of this witness is damaged", code="witness.key") from None
    return name, private


def _write(path: Path, text: str) -> None:
    """Put a small file in place, whole and durable."""
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(new, path)
    sync_folder(path.parent)
