"""Anomaly rules: `audit/rules/*.toml`, strictly read. The thresholds are there, not here."""

from __future__ import annotations

import tomllib
from datetime import time
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from secure_rag.errors import ConfigError
from secure_rag.resources import resource

DAYS: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = (
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
)
By = Literal["user", "session", "all"]
Severity = Literal["high", "medium", "low"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Burst(_Strict):
    """So many events of one kind within so many minutes."""

    by: By = "user"
    """Whose events are counted together."""
    count: int = Field(ge=1)
    minutes: int = Field(ge=1)
    weight: str = ""
    """A list in the event whose items are counted instead of the event."""


class Hours(_Strict):
    """Outside these hours and days."""

    begin: time = Field(alias="from")
    end: time = Field(alias="to")
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = DAYS
    utc_offset_minutes: int = Field(default=0, ge=-1440, le=1440)


class First(_Strict):
    """Something in a list that has not been there before, for one user."""

    by: By = "user"
    field: str
    after: int = Field(default=0, ge=0)
    """Others that must have been there before."""
    quiet_days: int = Field(default=0, ge=0)
    """Days since the first of them."""


class Silence(_Strict):
    """Longer than promised without any event, while the machine ran."""

    factor_percent: int = Field(default=200, ge=100)


class Rule(_Strict):
    """One rule: what it looks at and when it flags."""

    name: str
    title: str
    severity: Severity
    kind: Literal["burst", "hours", "first", "each", "silence", "verdict"]
    types: tuple[str, ...] = ()
    burst: Burst | None = None
    hours: Hours | None = None
    first: First | None = None
    silence: Silence | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Rule:
        tables = {name for name in ("burst", "hours", "first", "silence") if getattr(self, name)}
        if tables != ({self.kind} & {"burst", "hours", "first", "silence"}):
            raise ValueError(f"a rule of kind {self.kind} needs just the table of its kind")
        if not self.types and self.kind not in ("silence", "verdict"):
            raise ValueError("types: a rule must name the events that it looks at")
        return self


def load_rules(folder: Path | None = None) -> list[Rule]:
    """Read all rules of a folder, by default those that come with the program.

    Raises:
        ConfigError: if there is none, or one cannot be used.
    """
    place = folder or resource("audit/rules")
    paths = sorted(place.glob("*.toml"))
    if not paths:
        raise ConfigError("no rules (*.toml) in the folder", code="audit.rules")
    return [_load(path) for path in paths]


def _load(path: Path) -> Rule:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
        return Rule.model_validate({"name": path.stem, **table})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise ConfigError(f"{path.name!a}: not readable as TOML", code="audit.rules") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        text = f"{path.name!a}: {where}: {first['msg']}"
        raise ConfigError(text, code="audit.rules") from None
