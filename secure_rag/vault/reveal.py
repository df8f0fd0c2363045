"""The reveal process: the one place where the private key is opened and a value is read.

Run as `python -m secure_rag.vault.reveal` by secure_rag.vault.private; one JSON request
on stdin, one JSON response on stdout, then it ends:

    {"format": 1, "act": "reveal", "vault": "/…/vault", "key_file": "/…" | null,
     "key_fd": 5 | null, "domain": "default", "names": ["<PERSON_7Q2F9KX3M4>"]}
    {"values": {"<PERSON_…>": "…"}}      what is missing in it is unknown here, or erased
    {"error": {"code": "…", "message": "…", "hint": "…" | null}}

`"act": "sources"` does the same for the paths of documents, by id. Values are on no
command line, in no environment, file, log or message.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from secure_rag.errors import SecureRagError, VaultError
from secure_rag.isolation import enter
from secure_rag.slots import SlotFile
from secure_rag.vault.hardening import harden
from secure_rag.vault.keys import Descriptor, Secrets, read_descriptor, read_secrets
from secure_rag.vault.keys import unwrap_private_key as unwrap
from secure_rag.vault.placeholders import is_well_formed
from secure_rag.vault.records import RECORDS, Record, Records
from secure_rag.vault.sealing import Binding, open_sealed
from secure_rag.vault.store import SUBJECT_KEYS, check_key, domain_folder

FORMAT = 1


class OpenDomain:
    """One domain with the private key open; exists in the reveal process only."""

    def __init__(self, folder: Path, name: str, key: Secrets) -> None:
        """Read keys and rows of domain `name` of the vault in `folder`."""
        self._name = name
        self._folder = folder
        self._key = key
        self._descriptor: Descriptor = read_descriptor(folder, key)
        self._private_keys: dict[int, bytes] = {}
        home = domain_folder(folder, name)
        self._records: Records | None = None
        if (home / RECORDS).exists():
            self._records = Records(home, check_key(key.lookup, key.vault_id, name))
            self._subjects = SlotFile.open(home / SUBJECT_KEYS)

    def __repr__(self) -> str:
        return f"OpenDomain({self._name!r})"

    def reveal(self, placeholders: Iterable[str]) -> dict[str, str]:
        """Return the values of those placeholders that were issued here and not erased."""
        values = {}
        for placeholder in placeholders:
            if self._records is not None and is_well_formed(placeholder):
                value = self._open("value", self._records.record(placeholder))
                if value is not None:
                    values[placeholder] = value
        return values

    def open_sources(self, documents: Iterable[str]) -> dict[str, str]:
        """Return the paths of those documents whose source is kept here."""
        paths = {}
        for document in documents:
            if self._records is not None:
                path = self._open("path", self._records.source(document))
                if path is not None:
                    paths[document] = path
        return paths

    def _open(self, kind: str, record: Record | None) -> str | None:
        if record is None or record.is_erased:
            return None
        subject = self._subjects.read(record.slot)
        if subject is None:
            if self._subjects.is_blank(record.slot):
                return None
            raise VaultError("the secret of a sealed value is damaged", code="vault.damaged")
        binding = Binding(
            self._key.vault_id,
            self._name,
            kind,
            record.detail,
            record.name,
            record.version,
            record.slot,
        )
        private_key = self._private_key(record.version)
        return open_sealed(record.sealed, private_key=private_key, subject=subject, binding=binding)

    def _private_key(self, version: int) -> bytes:
        if version not in self._private_keys:
            if not 0 < version <= self._descriptor.version:
                raise VaultError(
                    "a sealed value names a key that is not here", code="vault.damaged"
                )
            self._private_keys[version] = unwrap(
                self._folder, self._descriptor, version, self._key.reveal
            )
        return self._private_keys[version]


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Enter isolation, open the vault, and return the response to one request."""
    folder, key_file, key_fd = _named_files(request)
    home = domain_folder(folder, str(request["domain"]))
    # Write access to the domain: SQLite undoes what a killed writer left half done.
    enter(
        read=[folder, *([key_file] if key_file else [])],
        write=[home],
        keep=[] if key_fd is None else [key_fd],
    )
    harden()
    key = read_secrets(key_file, key_fd=key_fd)
    domain = OpenDomain(folder, str(request["domain"]), key)
    harden()
    names = [str(name) for name in request["names"]]
    acts = {"reveal": domain.reveal, "sources": domain.open_sources}
    return {"values": acts[request["act"]](names)}


def _named_files(request: dict[str, Any]) -> tuple[Path, Path | None, int | None]:
    if request["format"] != FORMAT:
        raise ValueError("format")
    key_fd = None if request["key_fd"] is None else int(request["key_fd"])
    key_file = Path(request["key_file"]) if request["key_file"] else None
    return Path(request["vault"]), key_file, key_fd


def main() -> int:
    """Serve one request. A bug ends the process without a word: a traceback could hold a value."""
    sys.excepthook = lambda *_: None
    try:
        response = answer(json.loads(sys.stdin.buffer.read()))
    except SecureRagError as error:
        response = {"error": {"code": error.code, "message": error.message, "hint": error.hint}}
    sys.stdout.buffer.write(json.dumps(response).encode("ascii"))
    sys.stdout.buffer.flush()
    return 1 if "error" in response else 0


if __name__ == "__main__":
    sys.exit(main())
