"""The list of what was erased: an erasure that was cut off, or undone by a backup, is done again.

One line of JSON an entry, each with a check under the vault's look-up key. There are two
copies: one in the vault's domain, one beside the key file, where restoring a workspace
does not reach. An erasure is entered in both before its first effect; the copy in the
vault alone gets a second line once it is done. So what is only in the other copy, or not
marked as done, must still be done.

    {"collection", "erasure", "kind", "mac", "name", "purge", "source", "state"}

`name` is a placeholder or the id of a document, both random or keyed: no one is named. The id of a
document changes with its bytes, so an older backup may hold another one: `source`, the keyed digest
of its path, finds it there.

A backup enters itself in the copy outside (`kind` is `backup`): a list that names it was kept
on where it was made, so what was erased since stands below.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from secure_rag.errors import VaultError
from secure_rag.modes import make_folder, open_made
from secure_rag.vault.keys import encode
from secure_rag.vault.store import Domain

FILE_NAME = "erasures.jsonl"
BACKUP = "backup"
_STATES = ("begun", "done")


@dataclass(frozen=True)
class Erasure:
    """Somebody or a document that must be gone."""

    erasure: str
    """Random id."""
    kind: str
    """`subject` or `document`."""
    collection: str
    name: str
    purge: bool = False
    """Whether the placeholder goes from the rows, too."""
    source: str = ""
    """Keyed digest of a document's path; it is gone under every id that it had."""


class Erasures:
    """The list of one collection, in both its copies."""

    def __init__(self, domain: Domain, inside: Path, outside: Path) -> None:
        """Read nothing yet; `inside` lies in the vault's domain, `outside` beside the key."""
        self._domain = domain
        self._inside = inside
        self._outside = outside

    def begin(
        self,
        kind: str,
        names: Sequence[str],
        *,
        purge: bool,
        sources: Mapping[str, str] | None = None,
    ) -> tuple[list[Erasure], bool]:
        """Enter erasures that are about to happen; say whether the copy outside has them, too.

        Args:
            kind: `subject` or `document`.
            names: placeholders, or ids of documents.
            purge: whether a placeholder goes from the rows, too.
            sources: keyed digests of the paths of documents, by id.

        Raises:
            VaultError: if the copy in the vault cannot be written.
        """
        begun = [
            Erasure(
                secrets.token_hex(8), kind, self._domain.name, name, purge,
                (sources or {}).get(name, ""),
            )
            for name in names
        ]  # fmt: skip
        lines = [self._line(one, "begun") for one in begun]
        try:
            _append(self._outside, lines)
            is_outside = True
        except OSError:
            is_outside = False
        self._append_inside(lines)
        return begun, is_outside

    def end(self, done: Sequence[Erasure]) -> None:
        """Mark erasures as done."""
        known = {one.erasure for one, _ in self._read(self._inside)}
        missing = [self._line(one, "begun") for one in done if one.erasure not in known]
        self._append_inside([*missing, *(self._line(one, "done") for one in done)])

    def owed(self) -> list[Erasure]:
        """Return the erasures that must still be done, oldest first.

        Raises:
            VaultError: somebody without the key changed the list.
        """
        inside = self._read(self._inside)
        done = {one.erasure for one, state in inside if state == "done"}
        every = [one for one, _ in (*self._read(self._outside), *inside)]
        owed = [one for one in dict.fromkeys(every) if one.erasure not in done]
        return [one for one in owed if one.kind != BACKUP]

    def note_backup(self, backup: str) -> bool:
        """Enter a backup that is about to be made; say whether there was a place to write it."""
        entry = Erasure(secrets.token_hex(8), BACKUP, self._domain.name, backup)
        try:
            _append(self._outside, [self._line(entry, "done")])
        except OSError:
            return False
        return True

    def names_backup(self, backup: str, path: Path) -> bool:
        """Say whether a list was kept on where the backup was made; raises as `owed` does."""
        return any((one.kind, one.name) == (BACKUP, backup) for one, _ in self._read(path))

    def unknown(self, path: Path) -> list[Erasure]:
        """Return what another list holds and the one in the vault does not; raises as `owed`."""
        known = {one.erasure for one, _ in self._read(self._inside)}
        found = dict.fromkeys(one for one, _ in self._read(path) if one.kind != BACKUP)
        return [one for one in found if one.erasure not in known]

    def adopt(self, found: Sequence[Erasure]) -> None:
        """Enter erasures of another list as owed, in both copies where there is a place."""
        known = {one.erasure for one, _ in self._read(self._outside)}
        outside = [self._line(one, "begun") for one in found if one.erasure not in known]
        with suppress(OSError):
            if outside:
                _append(self._outside, outside)
        self._append_inside([self._line(one, "begun") for one in found])

    def known_names(self) -> set[tuple[str, str]]:
        """Return kind and name of what the list in the vault holds."""
        return {(one.kind, one.name) for one, _ in self._read(self._inside)}

    def _append_inside(self, lines: Sequence[str]) -> None:
        try:
            _append(self._inside, lines)
        except OSError:
            raise VaultError(
                "the list of erasures cannot be written", code="vault.unwritable"
            ) from None

    def _line(self, one: Erasure, state: str) -> str:
        table = {**asdict(one), "state": state}
        return json.dumps({**table, "mac": self._mac(one, state)}, sort_keys=True)

    def _mac(self, one: Erasure, state: str) -> str:
        parts: list[str | int] = [
            one.erasure,
            one.kind,
            one.collection,
            one.name,
            int(one.purge),
            state,
        ]
        parts += [one.source] if one.source else []
        return self._domain.digest("erasure", encode(*parts))[:32]

    def _read(self, path: Path) -> list[tuple[Erasure, str]]:
        try:
            lines = path.read_text("utf-8").splitlines()
        except OSError:
            return []
        return [entry for line in lines if (entry := self._entry(line)) is not None]

    def _entry(self, line: str) -> tuple[Erasure, str] | None:
        """Read one line; a torn one says nothing, one of another collection is not ours."""
        try:
            table: dict[str, Any] = json.loads(line)
            found, state = table.pop("mac"), table.pop("state")
            one = Erasure(**table)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None
        if one.collection != self._domain.name:
            return None
        if state not in _STATES or not hmac.compare_digest(str(found), self._mac(one, state)):
            raise VaultError(
                "the list of erasures was changed by somebody without the key",
                code="vault.damaged",
                hint="restore it from a copy: without it, erasures could be undone",
            )
        return one, state


def _append(path: Path, lines: Sequence[str]) -> None:
    """Add lines durably; what a killed run left without an end gets one first."""
    make_folder(path.parent, parents=True)
    descriptor = open_made(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(
            descriptor, (("\n" if torn else "") + "".join(f"{one}\n" for one in lines)).encode()
        )
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
