"""What `audit verify` says about anchors: their options, their age, the witnesses that count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from secure_rag.cli.context import Context
from secure_rag.errors import SecureRagError, UsageError

if TYPE_CHECKING:
    from secure_rag.audit.anchors import AnchorCheck
    from secure_rag.settings import AuditSettings

_Function = TypeVar("_Function", bound=Callable[..., Any])


def anchor_options(command: _Function) -> _Function:
    """Add the options that say whose cosignatures count, and how old they may be."""
    for option in (
        click.option(
            "--anchor-max-age", "max_age", metavar="DAYS", type=click.IntRange(0, 3650),
            help="How old the last anchor may be (default: the settings).",
        ),
        click.option(
            "--witness", metavar="LINE", multiple=True,
            help="Line of a witness that counts (default: those of the settings).",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def audit_settings(context: Context) -> AuditSettings:
    """Return the settings of the log; those that cannot be read promise nothing."""
    from secure_rag.settings import AuditSettings, load_settings

    try:
        return load_settings(context.find_workspace().settings_file).audit
    except SecureRagError:
        return AuditSettings()


def anchor_check(
    context: Context,
    place: Path,
    witness: Sequence[str],
    max_age: int | None,
    *,
    is_copy: bool,
) -> AnchorCheck:
    """Read the anchors beside a log; a copy has no settings, so options alone count there."""
    from secure_rag.audit.anchors import AnchorCheck
    from secure_rag.audit.cosign import parse_witness
    from secure_rag.audit.note import NoteError
    from secure_rag.settings import AuditSettings

    for line in witness:
        try:
            parse_witness(line)
        except NoteError as error:
            raise UsageError(f"--witness: {error}") from None
    settings = AuditSettings() if is_copy else audit_settings(context)
    days = settings.anchor_max_age_days if max_age is None else max_age
    check = AnchorCheck.of(place, witness or settings.witnesses, days)
    check.is_told_by_settings = not witness
    return check


def anchor_value(check: AnchorCheck) -> dict[str, Any] | None:
    """Return the newest anchor that fits the log, for JSON."""
    from secure_rag.audit.anchors import clock_text

    if check.newest is None or check.age_days is None:
        return None
    size, time = check.newest
    return {"size": size, "time": clock_text(int(time)), "age_days": round(check.age_days, 2)}


def anchor_words(check: AnchorCheck) -> str:
    """Return the newest anchor that fits the log in words."""
    found = anchor_value(check)
    if found is None:
        return "none known (see `audit checkpoint`)"
    return f"{check.age_text()} ago, {found['size']} records, {found['time']}"
