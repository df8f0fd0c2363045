"""Who may do what: the rules of `secure-rag.toml`, and what the kernel says of this process.

Without rules there is nothing to decide here: whoever the kernel lets read the workspace may do
everything, which is its owner where the folder is 0700. Once a rule is written, who is not named
is refused.

The rules are a filter inside the files' own modes. Who may read a collection's files can read them
with any program: POSIX groups are the wall.
"""

from __future__ import annotations

import grp
import hashlib
import json
import os
import pwd
import stat
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from secure_rag.errors import RefusedError, UsageError
from secure_rag.settings import CollectionSettings, Settings

EVERYONE = "*"
MAX_LABEL = 64
"""Characters of a label at most."""
_OVERFLOW_ID = 65534
"""What the kernel shows for an owner that a user namespace does not know (user_namespaces(7))."""


class Right(StrEnum):
    """What somebody may be allowed: five rights in a collection, two over the workspace."""

    ASK = "ask"
    ADD = "add"
    REVEAL = "reveal"
    APPROVE = "approve"
    ERASE = "erase"
    READ_LOG = "read_log"
    MANAGE = "manage"


OF_WORKSPACE = (Right.READ_LOG, Right.MANAGE)
OF_COLLECTION = tuple(right for right in Right if right not in OF_WORKSPACE)


@dataclass(frozen=True)
class Person:
    """A user of the system, as the kernel knows the process: by numbers, from no variable."""

    uid: int
    gids: frozenset[int]

    @classmethod
    def current(cls) -> Person:
        """Return the real user of this process, with the groups that the kernel has for it."""
        return cls(os.getuid(), frozenset((os.getgid(), *os.getgroups())))

    def is_among(self, named: Iterable[str]) -> bool:
        """Say whether one of the names of a rule means this person."""
        return any(self._is(name) for name in named)

    def _is(self, name: str) -> bool:
        if name == EVERYONE:
            return True
        if name.startswith("uid:"):
            return self.uid == int(name[4:])
        gid = group_id(name)
        return gid in self.gids if is_group(name) else self.uid == user_id(name)


@dataclass(frozen=True)
class Clearance:
    """Which documents of a collection somebody may see, by their labels."""

    labels: frozenset[str] | None = None
    """Labels that the person may see; None stands for every one."""
    sees_unlabelled: bool = True

    @property
    def is_full(self) -> bool:
        """Whether nothing is hidden."""
        return self.labels is None

    def sees(self, labels: Collection[str]) -> bool:
        """Say whether a document with these labels may be seen: every one must be allowed."""
        if self.labels is None:
            return True
        return self.labels.issuperset(labels) if labels else self.sees_unlabelled


FULL = Clearance()


@dataclass(frozen=True)
class Access:
    """What one person may do in one workspace."""

    settings: Settings
    person: Person

    @property
    def is_ruled(self) -> bool:
        """Whether rights are written at all."""
        return self.settings.has_rights

    def may(self, right: Right, collection: str) -> bool:
        """Say whether the person has a right; a collection without rules has nobody."""
        if not self.is_ruled:
            return True
        if right in OF_WORKSPACE:
            return self.person.is_among(getattr(self.settings.access, right))
        rules = self.settings.collections.get(collection)
        return rules is not None and self.person.is_among(getattr(rules, right))

    def hides_unlabelled(self, collection: str) -> bool:
        """Say whether a document without a label is not seen by everyone who may ask."""
        rules = self.settings.collections.get(collection, CollectionSettings())
        return self.is_ruled and (bool(rules.labels) or rules.unlabelled is not None)

    def clearance(self, collection: str) -> Clearance:
        """Return which documents of a collection the person may see."""
        if not self.is_ruled:
            return FULL
        rules = self.settings.collections.get(collection, CollectionSettings())
        seen = {label for label, named in rules.labels.items() if self.person.is_among(named)}
        if rules.unlabelled is not None:
            return Clearance(frozenset(seen), self.person.is_among(rules.unlabelled))
        return Clearance(frozenset(seen), not rules.labels)


def current_access(settings: Settings, settings_file: Path) -> Access:
    """Return what the user of this process may do.

    Raises:
        RefusedError: rights are written, and somebody besides the owner could change them.
    """
    if settings.has_rights:
        for path in (settings_file, settings_file.parent):
            if path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise RefusedError(
                    f"{settings_file.name} holds rights, and others than its owner can change it",
                    code="access.writable",
                    hint=f"its owner runs `chmod go-w {path}`",
                )
    return Access(settings, Person.current())


def denied(settings_file: Path) -> RefusedError:
    """Return the refusal, the same whatever exists; its hint names who decides."""
    return RefusedError(
        "you have no right to do this here",
        code="access.denied",
        hint=f"{_owner(settings_file)} decides, in {settings_file.name}: rights in a collection "
        "stand under [collections.NAME], those over the workspace under [access]",
    )


def rights_digest(settings: Settings) -> str:
    """Return SHA-256 over every rule in a canonical form; empty where none is written."""
    if not settings.has_rights:
        return ""
    rules = settings.model_dump(mode="json", include={"access", "collections"})
    text = json.dumps(rules, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def check_labels(labels: Collection[str], settings: Settings, collection: str) -> tuple[str, ...]:
    """Return the labels that documents are given, sorted and without repeats.

    Raises:
        UsageError: one is no label, or the rules do not name it, so that nobody could see it.
    """
    made = tuple(sorted({unicodedata.normalize("NFC", label) for label in labels}))
    if not all(_is_label(label) for label in made):
        raise UsageError(f"a label is 1 to {MAX_LABEL} printable characters without outer spaces")
    if settings.has_rights:
        known = settings.collections.get(collection, CollectionSettings()).labels
        if not set(made) <= set(known):
            raise UsageError(
                "secure-rag.toml names no such label in this collection: nobody could see the "
                "documents",
                code="access.label",
                hint=f"enter it under [collections.{collection}.labels]",
            )
    return made


def unknown_names(settings: Settings) -> list[str]:
    """Return the users and groups in the rules that this system does not know: they mean nobody."""
    lists = [settings.access.read_log, settings.access.manage]
    groups = [settings.access.group]
    for rules in settings.collections.values():
        lists += [getattr(rules, right) for right in OF_COLLECTION]
        lists += [*rules.labels.values(), rules.unlabelled or ()]
        groups.append(rules.group)
    named = {name for names in lists for name in names} | {
        one if one.startswith("gid:") else f"@{one}" for one in groups if one
    }
    return sorted(name for name in named if not _is_known(name))


def group_id(name: str) -> int | None:
    """Return the number of a group, named `@name` or `gid:N`; None if the system knows none."""
    if name.startswith("gid:"):
        return int(name[4:])
    try:
        return grp.getgrnam(name.removeprefix("@")).gr_gid
    except (KeyError, ValueError):
        return None


def user_id(name: str) -> int | None:
    """Return the number of a user; None if the system knows none of this name."""
    try:
        return pwd.getpwnam(name).pw_uid
    except (KeyError, ValueError):
        return None


def is_group(name: str) -> bool:
    """Say whether a name of a rule stands for a group."""
    return name.startswith(("@", "gid:"))


def _is_known(name: str) -> bool:
    if name == EVERYONE or name.startswith(("uid:", "gid:")):
        return True
    return (group_id(name) if is_group(name) else user_id(name)) is not None


def _is_label(label: str) -> bool:
    return 0 < len(label) <= MAX_LABEL and label.isprintable() and label == label.strip()


def _owner(settings_file: Path) -> str:
    uid = settings_file.stat().st_uid
    if uid == _OVERFLOW_ID:
        return "its owner"
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
