"""The root of all events: typed fields, each checked against its kind."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar

from secure_rag.audit.fields import check


@dataclass(frozen=True)
class Event:
    """Root of all events; checks every field against its kind."""

    TYPE: ClassVar[str] = ""
    OUTCOME: ClassVar[str] = "ok"

    def __post_init__(self) -> None:
        for spec in fields(self):
            try:
                value = check(spec.metadata["kind"], getattr(self, spec.name))
            except ValueError as error:
                raise ValueError(f"{self.TYPE}.{spec.name}: {error}") from None
            object.__setattr__(self, spec.name, value)

    @property
    def outcome(self) -> str:
        """How the act stands when the event is written."""
        return self.OUTCOME

    def contents(self) -> dict[str, Any]:
        """Return the fields as the record stores them under `data`."""
        return {spec.name: getattr(self, spec.name) for spec in fields(self)}
