"""Write the event catalogue out: `audit/events.schema.json` and `docs/reference/events.md`.

`tests/unit/audit/test_schema.py` compares both files with what this module makes, and
writes them anew with UPDATE_DOCS=1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from secure_rag.audit.event import Event
from secure_rag.audit.events import CATALOGUE
from secure_rag.audit.fields import KINDS
from secure_rag.audit.record import CHECKPOINT, ENVELOPE, FORMAT

SCHEMA_FILE = Path("audit/events.schema.json")
REFERENCE_FILE = Path("docs/reference/events.md")
_JSON_TYPES = {str: "string", int: "integer", dict: "object"}
_ENVELOPE_DOCS = {
    "boot": "Boot id of the machine (`/proc/sys/kernel/random/boot_id`)",
    "data": "Fields of the event's type, below",
    "format": "Format of the record, 1",
    "monotonic_us": "Microseconds since boot, sleep included; does not follow steps of the clock",
    "outcome": "How the act stands: `started`, `ok`, `partial`, `refused`, `denied`, `failed`, ...",
    "seq": "Index of the record in the log, from 0; checkpoints and torn lines count",
    "session": "Random id of the command that wrote it",
    "time": "Wall clock, RFC 3339 in UTC with microseconds",
    "tty": "Terminal, empty if there was none",
    "type": "Type of the event, below",
    "uid": "User number, from the operating system",
    "user": "User name, from the operating system; empty if it has none",
}


def json_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of every record of the log."""
    events = [_event_schema(kind, event) for kind, event in sorted(CATALOGUE.items())]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "secure-rag audit record, format 1",
        "description": "One line of audit/log/NNNNNN.jsonl. See audit/FORMAT.md.",
        "oneOf": [*events, _checkpoint_schema()],
    }


def reference() -> str:
    """Return the reference page of all events."""
    return "\n".join(_reference_lines()) + "\n"


def files(root: Path) -> dict[Path, str]:
    """Return the generated files below a checkout, with what they must hold."""
    schema = json.dumps(json_schema(), indent=1, sort_keys=True) + "\n"
    return {root / SCHEMA_FILE: schema, root / REFERENCE_FILE: reference()}


def _event_schema(kind: str, event: type[Event]) -> dict[str, Any]:
    envelope: dict[str, Any] = {
        name: {"type": _JSON_TYPES[of]} for name, of in ENVELOPE.items() if name != "data"
    }
    envelope["type"] = {"const": kind}
    envelope["format"] = {"const": FORMAT}
    envelope["data"] = {
        "type": "object",
        "additionalProperties": False,
        "required": [spec.name for spec in fields(event)],
        "properties": {
            spec.name: {**KINDS[spec.metadata["kind"]][1], "description": spec.metadata["doc"]}
            for spec in fields(event)
        },
    }
    return {
        "title": kind,
        "description": _summary(event),
        "type": "object",
        "additionalProperties": False,
        "required": sorted(ENVELOPE),
        "properties": envelope,
    }


def _checkpoint_schema() -> dict[str, Any]:
    return {
        "title": CHECKPOINT,
        "description": "A signed note over all records before it; ends an epoch.",
        "type": "object",
        "additionalProperties": False,
        "required": ["format", "note", "seq", "type"],
        "properties": {
            "format": {"const": FORMAT},
            "note": {"type": "string"},
            "seq": {"type": "integer"},
            "type": {"const": CHECKPOINT},
        },
    }


def _reference_lines() -> Iterator[str]:
    yield "# Events of the audit log"
    yield ""
    yield "<!-- generated from secure_rag/audit/events.py by tests/unit/audit/test_schema.py -->"
    yield ""
    yield "An event is on the disk before the act it announces. It holds ids, counts, digests and"
    yield "codes, never the text of a document or a question. How lines are stored and sealed is in"
    yield "[audit/FORMAT.md](../../audit/FORMAT.md); the same catalogue for programs is"
    yield "[audit/events.schema.json](../../audit/events.schema.json)."
    yield ""
    yield "## Fields of every event"
    yield ""
    yield "| Field | What it holds |"
    yield "|---|---|"
    for name in sorted(ENVELOPE):
        yield f"| `{name}` | {_ENVELOPE_DOCS[name]} |"
    yield ""
    yield "User, terminal and boot id are what the operating system says, not what a user typed."
    yield "A `checkpoint` record has only `format`, `note`, `seq` and `type`."
    for kind, event in sorted(CATALOGUE.items()):
        yield from ("", f"## `{kind}`", "", _summary(event), "")
        yield f"Outcome: {_outcome(event)}."
        yield from ("", "| Field | Kind | What it holds |", "|---|---|---|")
        for spec in fields(event):
            is_required = spec.default is MISSING and spec.default_factory is MISSING
            doc = spec.metadata["doc"] + ("" if is_required else " (may be empty)")
            yield f"| `{spec.name}` | {spec.metadata['kind']} | {doc} |"
    yield from ("", "## Kinds of fields", "", "| Kind | What it may hold |", "|---|---|")
    for name, (doc, _) in KINDS.items():
        yield f"| {name} | {doc} |"


def _outcome(event: type[Event]) -> str:
    if "outcome" in vars(event):
        return "`ok`, `partial`, `failed`, `refused` or `interrupted`, by the exit code"
    return f"`{event.OUTCOME}`"


def _summary(event: type[Event]) -> str:
    return " ".join((event.__doc__ or "").split())
