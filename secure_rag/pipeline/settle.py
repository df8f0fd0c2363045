"""Settle a restored workspace: know what was erased since the backup, and erase it again.

Order:

1. lists of erasures are read: the one beside the vault's key and those that were given;
   a list that names this backup was kept on since it was made;
2. without such a list, and without one that the user gives, nothing is settled;
3. `restore.settled` is durable;
4. what the workspace does not know of is entered as owed, then the mark goes;
5. each collection is opened, which erases what is owed (secure_rag/pipeline/erase.py).

Killed after 4, the next command that opens the collection goes on from 5.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from secure_rag.audit.note import NoteError, VerifierKey, parse_note
from secure_rag.audit.vault_events import RestoreSettled
from secure_rag.errors import InputError, RefusedError, VaultError
from secure_rag.pipeline.receipt import FOLDER as RECEIPTS
from secure_rag.pipeline.restored import HINT, is_marked, restored_from, unmark
from secure_rag.pipeline.session import Session
from secure_rag.vault.erasures import FILE_NAME, Erasure, Erasures
from secure_rag.vault.layout import domain_folder

_RECEIPT = ".receipt"
_ERASED = re.compile(r"erased +(subject|document) (\S+)(?: of source ([0-9a-f]{32}))?")
_MAX_RECEIPT_BYTES = 2**20


@dataclass(frozen=True)
class Settled:
    """What is known now."""

    source: str
    """`list` that names the backup, `given`, `none`; empty where nothing was to be settled."""
    owed: int
    collections: tuple[str, ...]


def settle(session: Session, given: Sequence[Path], *, none_made: bool = False) -> Settled:
    """Settle a restored workspace; see the module's order.

    Args:
        given: lists of erasures, receipts, or workspaces that hold them.
        none_made: the user's word that nothing was erased since the backup.

    Raises:
        RefusedError: what was erased since is not known (exit 6).
        VaultError: the vault's key is not here, or a list was changed.
        InputError: a path holds no list of this workspace.
    """
    backup, made = restored_from(session.workspace.audit)
    if not backup:
        if is_marked(session.workspace):
            unmark(session.workspace)
        return Settled("", 0, ())
    found, is_named = _look(session, given, backup, made)
    source = "list" if is_named else "given" if given else "none" if none_made else ""
    if not source:
        raise RefusedError(
            "no list of erasures here names this backup: what was erased since is not known",
            code="restore.unsettled",
            hint=HINT,
        )
    owed = sum(map(len, found.values()))
    session.record(RestoreSettled(backup=backup, source=source, owed=owed))
    for collection, entries in found.items():
        if entries:
            domain_folder(session.workspace.vault, collection).mkdir(mode=0o700, exist_ok=True)
            _erasures(session, collection).adopt(entries)
    unmark(session.workspace)
    open_all(session, [collection for collection, entries in found.items() if entries])
    return Settled(source, owed, tuple(name for name, entries in found.items() if entries))


def _look(
    session: Session, given: Sequence[Path], backup: str, made: str
) -> tuple[dict[str, list[Erasure]], bool]:
    """Return what is not known here, by collection, and whether a list names the backup."""
    files = [file for path in given for file in _lists(path)]
    beside = session.erasure_files[1]
    lists = {beside, *(file for file in files if file.suffix != _RECEIPT)}
    found: dict[str, list[Erasure]] = {}
    is_named = False
    for collection in sorted({session.collection, *_collections(lists)}):
        erasures = _erasures(session, collection)
        is_named = is_named or any(erasures.names_backup(backup, one) for one in lists)
        unknown = dict.fromkeys(entry for one in lists for entry in erasures.unknown(one))
        found[collection] = list(unknown)
    for entry in _of_receipts(session, files, made):
        entries = found.setdefault(entry.collection, [])
        if not any((one.kind, one.name) == (entry.kind, entry.name) for one in entries):
            entries.append(entry)
    return found, is_named


def open_all(session: Session, collections: Sequence[str]) -> None:
    """Open collections, so that what is owed in them is erased now and not at the next question."""
    for collection in collections:
        opened = _session_of(session, collection)
        _ = opened.domain
        opened.store.close()


def _session_of(session: Session, collection: str) -> Session:
    return Session(
        session.workspace,
        session.settings,
        session.log,
        collection=collection,
        key_file=session.key_file,
        key_fd=session.key_fd,
        is_isolated=session.is_isolated,
    )


def _erasures(session: Session, collection: str) -> Erasures:
    return _session_of(session, collection).erasures()


def _lists(path: Path) -> list[Path]:
    """Return the lists and receipts that a path stands for."""
    if path.is_dir():
        found = [*path.glob(f"vault/*/{FILE_NAME}"), *path.glob(f"{RECEIPTS}/*{_RECEIPT}")]
    else:
        found = [path] if path.is_file() else []
    if not found:
        raise InputError(
            "no list of erasures and no receipt at one of the paths given",
            code="restore.no_list",
            hint=f"a list is named <workspace id>.{FILE_NAME} and lies beside the vault's key",
        )
    return sorted(found)


def _collections(lists: set[Path]) -> Iterator[str]:
    """Yield the collections that lists name; nothing is trusted yet."""
    for path in lists:
        try:
            lines = path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        for line in lines:
            try:
                name = json.loads(line)["collection"]
                domain_folder(Path(), str(name))
            except (ValueError, KeyError, TypeError, VaultError):
                continue
            yield str(name)


def _of_receipts(session: Session, files: Sequence[Path], made: str) -> Iterator[Erasure]:
    """Yield what receipts say was erased; each must be signed by this workspace's vault.

    One from before the backup was made (`made`) says nothing new where the vault knows of it:
    the document may have been added again since.
    """
    receipts = [file for file in files if file.suffix == _RECEIPT]
    if not receipts:
        return
    private = Ed25519PrivateKey.from_private_bytes(session.vault.receipt_seed())
    name = f"secure-rag/{session.settings.workspace_id}/receipts"
    signer = VerifierKey(name, private.public_key().public_bytes_raw())
    for path in receipts:
        try:
            raw = path.read_bytes()[:_MAX_RECEIPT_BYTES]
            note = parse_note(raw.decode("utf-8"))
            is_signed = note.is_signed_by(signer)
        except (OSError, UnicodeDecodeError, NoteError):
            is_signed = False
        if not is_signed:
            raise InputError(
                f"{path.name!a} is no receipt of this workspace", code="restore.no_list"
            )
        facts = dict(line.split(maxsplit=1) for line in note.text.splitlines() if " " in line)
        known = _erasures(session, facts["collection"]).known_names()
        is_old = facts["time"] < made
        for entry in _entries(note.text, facts["collection"], hashlib.sha256(raw).hexdigest()[:12]):
            if not (is_old and (entry.kind, entry.name) in known):
                yield entry


def _entries(text: str, collection: str, receipt: str) -> Iterator[Erasure]:
    lines = text.splitlines()
    is_purged = any("taken out of their rows" in line for line in lines)
    for number, line in enumerate(lines):
        if match := _ERASED.fullmatch(line):
            kind, shown, source = match.groups()
            name = f"<{shown}>" if kind == "subject" else shown
            entry = f"{receipt}{number:04x}"
            yield Erasure(entry, kind, collection, name, is_purged, source or "")
