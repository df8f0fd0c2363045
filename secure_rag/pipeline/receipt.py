"""The receipt of an erasure: a signed text that names no one and says what remains.

A C2SP signed note; its key is derived from the vault's look-up secret, its digest and its
verifier stand in the event `erasure.done`, so that the sealed log vouches for both. What it
proves: who held the look-up key said so, at the time that the log says.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from secure_rag.audit.note import VerifierKey, sign
from secure_rag.errors import ArtifactError
from secure_rag.modes import make_folder, open_made
from secure_rag.pipeline.bytesearch import Searched
from secure_rag.pipeline.session import Session
from secure_rag.slots import sync_folder

FOLDER = "receipts"
_REMAINS = (
    "copies made before: backups, snapshots, exports, files that somebody else keeps",
    "the documents themselves, where they came from; adding them again brings the person back",
    "blocks that an SSD, a snapshot or a copy-on-write file system still holds; swap",
    "the audit log, which holds placeholders, ids, counts and keyed digests, and no value",
    "models or adapters trained on the data elsewhere, or from files of one's own",
)


@dataclass(frozen=True)
class Facts:
    """What a receipt states."""

    kind: str
    names: tuple[str, ...]
    """The placeholder, or ids of documents: nothing resolves them any more."""
    documents: int
    """Documents that held the placeholder, or that were removed."""
    purged: bool
    traces: int
    before: Searched
    after: Searched
    is_listed_outside: bool
    adapters: tuple[str, ...] = ()
    """Adapters that were trained on it: marked to be trained again, and not served until then."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Keyed digests of the paths of documents, by id: an older backup has them under others."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing that was searched for is left."""
        return not self.after.found


@dataclass(frozen=True)
class Receipt:
    """A signed receipt."""

    name: str
    note: str
    digest: str
    verifier: str


def make_receipt(session: Session, facts: Facts) -> Receipt:
    """Write out and sign what was erased; nothing is stored yet."""
    now = datetime.now(UTC)
    lines = [
        "secure_rag receipt of erasure, format 1",
        "",
        f"workspace   {session.settings.workspace_id}",
        f"collection  {session.collection}",
        f"time        {now.strftime('%Y-%m-%dT%H:%M:%SZ')}",
        *_statements(facts),
        "",
        "What remains, as far as this program knows:",
        *(f"- {one}" for one in _remains(facts)),
    ]
    text = "\n".join(lines) + "\n"
    private = Ed25519PrivateKey.from_private_bytes(session.vault.receipt_seed())
    name = f"secure-rag/{session.settings.workspace_id}/receipts"
    note = sign(text, name, private)
    verifier = VerifierKey(name, private.public_key().public_bytes_raw()).line()
    digest = hashlib.sha256(note.encode()).hexdigest()
    file_name = f"{now.strftime('%Y%m%dT%H%M%SZ')}-{digest[:8]}.receipt"
    return Receipt(file_name, note, digest, verifier)


def check_receipts(session: Session) -> None:
    """See that a receipt can be put into the workspace, before anything is erased.

    Raises:
        ArtifactError: its folder cannot be written.
    """
    folder = session.workspace.root / FOLDER
    probe = folder / f".{secrets.token_hex(4)}.probe"
    with _reported():
        make_folder(folder)
        os.close(open_made(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        probe.unlink()


def store_receipt(session: Session, receipt: Receipt) -> Path:
    """Put a receipt into the workspace, durably.

    Raises:
        ArtifactError: the disk or the folder refuses.
    """
    folder = session.workspace.root / FOLDER
    path = folder / receipt.name
    with _reported():
        make_folder(folder)
        descriptor = open_made(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(receipt.note)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(folder)
    return path


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArtifactError(
            f"a receipt cannot be written to {FOLDER}/: {error.strerror}",
            code="receipt.unwritable",
            hint=f"make room or give write access below the workspace's `{FOLDER}/`, then run the "
            "same command again",
        ) from None


def _statements(facts: Facts) -> list[str]:
    searched = f"{facts.after.files} files, {facts.after.size_bytes} bytes"
    where = "in the vault and beside its key" if facts.is_listed_outside else "in the vault only"
    lines = [
        f"erased      {facts.kind} {name.strip('<>')}"
        + (f" of source {facts.sources[name]}" if name in facts.sources else "")
        for name in facts.names
    ]
    if facts.kind == "subject":
        rows = "taken out of their rows" if facts.purged else "kept in their rows, unresolvable"
        lines.append(f"documents   {facts.documents}, the placeholder {rows}")
    return [
        *lines,
        f"searched    {searched}, for {facts.traces} byte strings that were to go",
        f"before      {len(facts.before.found)} of them were found",
        f"after       {len(facts.after.found)} of them were found",
        f"listed      {where}: a restored backup does it again",
        *(f"retrain     adapter {name}, which was trained on it" for name in facts.adapters),
    ]


def _remains(facts: Facts) -> Sequence[str]:
    if facts.kind != "subject":
        return _REMAINS
    context = "what the texts say about the person without a name or number"
    return (context, *_REMAINS)
