"""Seal every value and path of a vault anew, to the newest key pair. Private process only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from secure_rag.slots import SlotFile
from secure_rag.vault.keys import Descriptor, Secrets
from secure_rag.vault.layout import SUBJECT_KEYS, check_key
from secure_rag.vault.opening import OpenDomain
from secure_rag.vault.records import Record, Records, domain_names
from secure_rag.vault.sealing import ERASED, Binding, seal
from secure_rag.vault.wraps import Opener

_BATCH = 256
"""Rows per commit: others that add wait for one batch only, and a killed run loses one."""
_KINDS: Final = {"records": "value", "sources": "path"}


def reseal_all(folder: Path, key: Secrets, descriptor: Descriptor, opener: Opener) -> int:
    """Seal anew what older versions sealed, in every domain; return how many rows.

    The descriptor must name the newest key already: whoever adds reads it again once it holds
    the domain's write lock, so nothing is sealed to the old key behind our back.
    """
    count = 0
    for home in (folder / name for name in domain_names(folder)):
        domain = OpenDomain(folder, home.name, key, opener)
        records = Records(home, check_key(key.lookup, key.vault_id, home.name))
        with SlotFile.open(home / SUBJECT_KEYS) as subjects:
            for table, kind in _KINDS.items():
                while True:
                    with records.writing():
                        rows = records.sealed_before(table, descriptor.version, limit=_BATCH)
                        for row in rows:
                            sealed = _resealed(domain, kind, row, subjects, descriptor, home.name)
                            records.put(table, sealed)
                    if not rows:
                        break
                    count += len(rows)
        records.close()
    return count


def _resealed(
    domain: OpenDomain,
    kind: str,
    row: Record,
    subjects: SlotFile,
    descriptor: Descriptor,
    name: str,
) -> Record:
    value, subject = domain.open_record(kind, row), subjects.read(row.slot)
    if value is None or subject is None:
        # Erased, and the run that erased it was cut off before it came to the row.
        return replace(row, sealed=ERASED)
    version = descriptor.version
    binding = Binding(descriptor.vault_id, name, kind, row.detail, row.name, version, row.slot)
    public_key = descriptor.public_keys[-1]
    sealed = seal(value, public_key=public_key, subject=subject, binding=binding)
    return replace(row, version=version, sealed=sealed)
