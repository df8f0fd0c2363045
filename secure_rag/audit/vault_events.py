"""Events about the vault's keys, the people in it, erasure, rights and copies of a workspace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from secure_rag.audit.event import Event
from secure_rag.audit.fields import (
    code,
    codes,
    count,
    digest,
    flag,
    ident,
    idents,
    name,
    note,
)


@dataclass(frozen=True)
class VaultChanging(Event):
    """What opens the vault is about to be changed."""

    TYPE: ClassVar[str] = "vault.changing"
    OUTCOME: ClassVar[str] = "started"

    act: str = code("`passwd`, `rotate` or `split`")


@dataclass(frozen=True)
class VaultChanged(Event):
    """What opens the vault was changed."""

    TYPE: ClassVar[str] = "vault.changed"

    act: str = code("`passwd`, `rotate` or `split`")
    version: int = count("Version of the key pair from now on")
    factors: Sequence[str] = codes("What opens the vault now: `key-file`, `passphrase`, `share`")
    resealed: int = count("Values and paths that were sealed anew", 0)


@dataclass(frozen=True)
class VaultRefused(Event):
    """The vault was not changed; it opens as before."""

    TYPE: ClassVar[str] = "vault.refused"
    OUTCOME: ClassVar[str] = "denied"

    act: str = code("`passwd`, `rotate` or `split`")
    reason: str = code("Reason code, such as `vault.locked`")


@dataclass(frozen=True)
class SubjectSearched(Event):
    """Someone is about to be told whom a value stands for; the value is nowhere."""

    TYPE: ClassVar[str] = "subject.searched"

    placeholders: Sequence[str] = idents("The placeholders found", empty=True)
    documents: Sequence[str] = idents("Ids of the documents that hold them", empty=True)
    collection: str = name("Collection", "")


@dataclass(frozen=True)
class ErasureStarted(Event):
    """A person, or documents, are about to be erased."""

    TYPE: ClassVar[str] = "erasure.started"
    OUTCOME: ClassVar[str] = "started"

    kind: str = code("`subject` or `document`")
    subject: str = ident("The person's placeholder", "")
    documents: Sequence[str] = idents(
        "Ids of the documents that go, or hold the placeholder (the first 500)", empty=True
    )
    documents_count: int = count("How many they are", 0)
    purge: bool = flag("Whether the placeholder is taken out of the rows, too", False)
    collection: str = name("Collection", "")


@dataclass(frozen=True)
class ErasureReplayed(Event):
    """An erasure that was cut off, or undone by a restored backup, is about to be done again."""

    TYPE: ClassVar[str] = "erasure.replayed"
    OUTCOME: ClassVar[str] = "started"

    kind: str = code("`subject` or `document`")
    subject: str = ident("The placeholder, or the id of the document")
    collection: str = name("Collection", "")


@dataclass(frozen=True)
class ErasureDone(Event):
    """An erasure is done and its receipt is about to be written."""

    TYPE: ClassVar[str] = "erasure.done"

    kind: str = code("`subject` or `document`")
    names: Sequence[str] = idents("The placeholder, or the ids of the documents (the first 500)")
    found: int = count("Byte strings that should be gone and were still found")
    receipt_digest: str = digest("SHA-256 of the signed receipt")
    verifier: str = ident("Verifier line of the key that signed it")
    collection: str = name("Collection", "")

    @property
    def outcome(self) -> str:
        return "failed" if self.found else "ok"


@dataclass(frozen=True)
class RevealApproved(Event):
    """A second person agrees to a request for many values."""

    TYPE: ClassVar[str] = "reveal.approved"

    request: int = count("Number of the event `reveal.requested`")
    reason: str = note("Why, as typed by the user and redacted")
    collection: str = name("Collection", "")


@dataclass(frozen=True)
class BackupStarted(Event):
    """The workspace is about to be copied into an encrypted file; the copy ends here."""

    TYPE: ClassVar[str] = "backup.started"
    OUTCOME: ClassVar[str] = "started"

    backup: str = ident("Random id of the backup")
    sealed_to: str = code("`key-file` or `passphrase`")
    with_key: bool = flag("Whether the vault's key file goes with it", False)


@dataclass(frozen=True)
class BackupDone(Event):
    """The file is whole on the disk and was read back; it is about to get its name."""

    TYPE: ClassVar[str] = "backup.done"

    backup: str = ident("Random id of the backup")
    files: int = count("Files in it")
    size_bytes: int = count("Size of the encrypted file")
    sha256: str = digest("SHA-256 of the encrypted file")
    records: int = count("Records of the log in it")
    root: str = digest("Root over them")
    listed: bool = flag("Whether the list of erasures beside the key names the backup")


@dataclass(frozen=True)
class WorkspaceRestored(Event):
    """The workspace was put back from a backup: this log begins anew where that one ended.

    The log of before lies in `audit/before/<backup>/`; what it recorded after the backup
    was made is not there.
    """

    TYPE: ClassVar[str] = "workspace.restored"
    OUTCOME: ClassVar[str] = "recovered"

    backup: str = ident("Random id of the backup")
    workspace_id: str = ident("Random id of the workspace")
    made: str = ident("When the backup was made, by the clock of then")
    records: int = count("Records of the log of before")
    root: str = digest("Root over them")
    files: int = count("Files that were put back")
    size_bytes: int = count("Their size")
    verified: bool = flag("Whether nothing of the log of before failed verification")


@dataclass(frozen=True)
class RestoreSettled(Event):
    """The erasures that were made after the backup are about to be done again: all are known now.

    Until then nothing of the workspace is served.
    """

    TYPE: ClassVar[str] = "restore.settled"
    OUTCOME: ClassVar[str] = "started"

    backup: str = ident("Random id of the backup")
    source: str = code("`list` that names the backup, `given` by the user, or `none` by their word")
    owed: int = count("Erasures that must be done again")


@dataclass(frozen=True)
class AccessDenied(Event):
    """Somebody asked for what the rules of the workspace do not give them; it does not happen."""

    TYPE: ClassVar[str] = "access.denied"
    OUTCOME: ClassVar[str] = "denied"

    command: str = name("The command, without its arguments")
    right: str = code(
        "The right that is missing, such as `ask`; `label` for a document that is hidden, "
        "`rules` where the rules themselves cannot be trusted"
    )
    documents: Sequence[str] = idents("Ids of the hidden documents that were named", empty=True)
    collection: str = name("Collection", "")


@dataclass(frozen=True)
class AccessApplied(Event):
    """Groups and modes of the workspace's files are about to be set as the rules say."""

    TYPE: ClassVar[str] = "access.applied"
    OUTCOME: ClassVar[str] = "started"

    changes: int = count("How many files and folders are otherwise now")


@dataclass(frozen=True)
class RightsChanged(Event):
    """Other rights are in force than at the last session."""

    TYPE: ClassVar[str] = "rights.changed"

    old_digest: str = digest("Digest of the rules until now, empty if there were none")
    new_digest: str = digest("Digest from now on, empty if there are none")


VAULT_EVENTS: tuple[type[Event], ...] = (
    VaultChanging,
    VaultChanged,
    VaultRefused,
    SubjectSearched,
    ErasureStarted,
    ErasureReplayed,
    ErasureDone,
    RevealApproved,
    BackupStarted,
    BackupDone,
    WorkspaceRestored,
    RestoreSettled,
    AccessDenied,
    AccessApplied,
    RightsChanged,
)
"""All of them, for the catalogue."""
