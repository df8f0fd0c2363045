"""Whom the whole path of a file may name, taken down as keyed marks.

The index shows a file by its name below the folder that was added, and only that name is redacted.
The sealed path is longer: a folder above it may bear the name of a person. What is found in it is
turned into marks of the vault (secure_rag/vault/sources.py), so that an erasure finds the path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from secure_rag.errors import SecureRagError
from secure_rag.redaction.engine import Redactor
from secure_rag.redaction.entity import Entity
from secure_rag.redaction.names import parse_name
from secure_rag.redaction.pseudonyms import LookupPseudonyms
from secure_rag.vault.store import Domain

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LONGEST_NAME = 3
"""Words that stand beside each other and are taken for a name, though no detector saw one."""


class PathNames:
    """Takes down the names in paths; folders that come again are looked at once."""

    def __init__(self, domain: Domain, redactor: Redactor) -> None:
        self._domain = domain
        self._redactor = redactor
        self._folders: dict[str, frozenset[bytes]] = {}

    def marks(self, path: str) -> frozenset[bytes] | None:
        """Return the marks of the names in a path; None if a detector failed over it."""
        folder, name = str(PurePath(path).parent), PurePath(path).name
        try:
            if folder not in self._folders:
                self._folders[folder] = self._find(folder)
            return self._folders[folder] | self._find(name)
        except SecureRagError:
            return None

    def _find(self, text: str) -> frozenset[bytes]:
        taken = _Taken(self._domain)
        self._redactor.redact_text(text, pseudonyms=taken, field="file_name")
        for words in _word_groups(text):
            name = parse_name(words)
            taken.marks |= self._domain.name_marks("PERSON", name.forms, name.forms)
        return frozenset(taken.marks)


class _Taken(LookupPseudonyms):
    """Takes down what would lead to an entity's placeholder, whether or not it has one yet."""

    def __init__(self, domain: Domain) -> None:
        super().__init__(None)
        self._of = domain
        self.marks: set[bytes] = set()

    def placeholder(self, entity: str, value: str, found: Entity) -> str:
        keys = {*found.forms, *found.also, *found.weaker, *found.bars}
        # a short form is anybody's who bears it; beside a full name it says nothing
        aliases = found.forms or found.aliases
        self.marks |= self._of.name_marks(entity, keys, aliases)
        return super().placeholder(entity, value, found)


def _word_groups(text: str) -> Iterator[str]:
    """Yield the neighbouring words of each part of a path, also with the last name first."""
    for part in PurePath(text).parts:
        words = _WORD.findall(part)
        for size in range(2, _LONGEST_NAME + 1):
            for at in range(len(words) - size + 1):
                group = words[at : at + size]
                yield " ".join(group)
                yield " ".join((*group[1:], group[0]))
