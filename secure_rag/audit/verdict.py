"""What a verification says: three lists that never claim more than was checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Statement:
    """One short sentence with a stable code."""

    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"

    def to_dict(self) -> dict[str, str]:
        return {"code": self.code, "text": self.text}


@dataclass(frozen=True)
class Head:
    """The tree over all complete records."""

    size: int
    root: str


@dataclass
class VerifyReport:
    """The result of one verification; `ok` is true when nothing failed."""

    verified: list[Statement] = field(default_factory=list)
    failed: list[Statement] = field(default_factory=list)
    not_checkable: list[Statement] = field(default_factory=list)
    events: int = 0
    checkpoints: int = 0
    head: Head | None = None
    first_bad: int | None = None
    """Index of the first record that is wrong, or from which on records were changed."""

    @property
    def ok(self) -> bool:
        return not self.failed

    def to_dict(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "verified": [statement.to_dict() for statement in self.verified],
            "failed": [statement.to_dict() for statement in self.failed],
            "not_checkable": [statement.to_dict() for statement in self.not_checkable],
            "events": self.events,
            "checkpoints": self.checkpoints,
            "head": {"size": self.head.size, "root": self.head.root} if self.head else None,
            "first_bad": self.first_bad,
        }
