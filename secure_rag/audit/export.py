"""An export: chosen events, and all that an outsider needs to check them without this program.

README.txt                    what is in here, and how to check it
events.jsonl                  the chosen records, the stored bytes
events.csv, events.ocsf.jsonl the same for spreadsheets and monitoring systems, if asked for
proofs.jsonl                  an inclusion proof for each record that is sealed
checkpoints.jsonl             every checkpoint: the chain of keys from the first record on
checkpoint.txt                the one that the proofs lead to
audit/anchors/                the checkpoints that witnesses cosigned
keys.txt                      who signed it; the verifier line of the log's own first record
check_export.py, verify.py    the verifiers, with FORMAT.md and events.schema.json
audit/log/                    the whole log, unless events were chosen
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from secure_rag import __version__
from secure_rag.audit import record as records
from secure_rag.audit.anchors import stored_notes
from secure_rag.audit.earlier import earlier_logs
from secure_rag.audit.filters import Filters
from secure_rag.audit.leaves import Tree
from secure_rag.audit.merkle import leaf_hash
from secure_rag.audit.ocsf import to_ocsf
from secure_rag.audit.pruned import kept_numbers, pruned_path, read_beginning
from secure_rag.audit.review import Entry, check_exists, entries
from secure_rag.audit.seals import Seals
from secure_rag.audit.segments import segment_path
from secure_rag.errors import InputError, UsageError
from secure_rag.resources import resource

FORMATS = ("jsonl", "csv", "ocsf")
_TOOLS = ("check_export.py", "verify.py", "FORMAT.md", "events.schema.json")
_COLUMNS = ("seq", "time", "user", "uid", "session", "tty", "type", "outcome", "data", "leaf",
            "sealed")  # fmt: skip
_NOTE_NAME = re.compile(r"[0-9a-f-]{1,60}\.note")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "%")


@dataclass
class Export:
    """What was collected from a log, in one pass."""

    folder: Path
    is_whole: bool
    chosen: list[Entry] = field(default_factory=list)
    checkpoints: list[bytes] = field(default_factory=list)
    note: str = ""
    """The last checkpoint that holds good."""
    size: int = 0
    """How many records it seals."""
    signer: str = ""
    genesis: str = ""
    tree: Tree = field(default_factory=lambda: Tree(()))

    @property
    def unsealed(self) -> int:
        """Chosen records that no checkpoint which holds good seals."""
        return sum(entry.seq >= self.size for entry in self.chosen)


def collect(folder: Path, filters: Filters | None = None) -> Export:
    """Read a log once: the chosen events, all leaves and all checkpoints.

    Args:
        folder: the audit folder.
        filters: which events; without them all are, and the log goes along whole.

    Raises:
        InputError: if there is no log.
    """
    check_exists(folder)
    export = Export(folder, filters is None)
    beginning = read_beginning(folder)
    export.checkpoints = [kept.line for kept in beginning.checkpoints]
    export.genesis = beginning.genesis.line() if beginning.genesis else ""
    seals, leaves = Seals(beginning), []
    for entry in entries(folder):
        found = entry.record
        is_good = seals.add(entry.line, found)
        leaves.append(leaf_hash(entry.line))
        if entry.seq == 0 and seals.keys.key is not None:
            export.genesis = seals.keys.key.line()
        if found is None:
            continue
        if found["type"] == records.CHECKPOINT:
            export.checkpoints.append(entry.line)
            if is_good and seals.signer is not None:
                export.note, export.size = str(found["note"]), entry.seq
                export.signer = seals.signer.line()
        elif filters is None or filters.match(found):
            export.chosen.append(entry)
    first = beginning.first
    export.tree = Tree(leaves[: max(0, export.size - first)], first, beginning.nodes)
    return export


def bundle(export: Export, formats: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of every file of the bundle.

    Raises:
        UsageError: if a format is unknown.
    """
    if unknown := sorted(set(formats) - set(FORMATS)):
        raise UsageError(f"unknown format {unknown[0]!a}", hint=", ".join(FORMATS))
    yield "README.txt", _readme(export).encode()
    yield "events.jsonl", _lines(entry.line for entry in export.chosen)
    if "csv" in formats:
        yield "events.csv", _csv(export)
    if "ocsf" in formats:
        yield "events.ocsf.jsonl", _lines(_ocsf(entry) for entry in export.chosen)
    yield "proofs.jsonl", _lines(_proofs(export))
    yield "checkpoints.jsonl", _lines(export.checkpoints)
    yield "checkpoint.txt", export.note.encode()
    keys = f"checkpoint signed by\n{export.signer}\n\nfirst key, by the log's own word\n"
    yield "keys.txt", f"{keys}{export.genesis}\n".encode()
    for name, note in stored_notes(export.folder):
        if _NOTE_NAME.fullmatch(name):
            yield f"audit/anchors/{name}", note.encode()
    for name in _TOOLS:
        yield name, _tool(name)
    if export.is_whole:
        paths = [segment_path(export.folder, one) for one in kept_numbers(export.folder)]
        if pruned_path(export.folder).exists():
            paths.insert(0, pruned_path(export.folder))
        for path in paths:
            yield f"audit/log/{path.name}", path.read_bytes()


def _proofs(export: Export) -> Iterator[bytes]:
    for entry in export.chosen:
        if entry.seq < export.size:
            steps = [step.hex() for step in export.tree.proof(entry.seq)]
            yield json.dumps({"seq": entry.seq, "proof": steps}, separators=(",", ":")).encode()


def _ocsf(entry: Entry) -> bytes:
    leaf = leaf_hash(entry.line).hex()
    event = to_ocsf(entry.record or {}, entry.line, leaf=leaf, product=__version__)
    return json.dumps(event, sort_keys=True, separators=(",", ":")).encode()


def _csv(export: Export) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for entry in export.chosen:
        found = entry.record or {}
        row = [found.get(name, "") for name in _COLUMNS[:8]]
        data = json.dumps(found.get("data", {}), sort_keys=True)
        sealed = "yes" if entry.seq < export.size else "no"
        writer.writerow(map(cell, [*row, data, leaf_hash(entry.line).hex(), sealed]))
    return out.getvalue().encode("ascii")


def cell(value: object) -> str:
    """Return a CSV cell that no spreadsheet takes for a formula; ASCII, without control characters.

    What begins like a formula, also after blanks, gets an apostrophe in front.
    """
    text = json.dumps(str(value))[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return "'" + text if text.lstrip(" '").startswith(_FORMULA) else text


def _lines(lines: Iterator[bytes] | Sequence[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def _tool(name: str) -> bytes:
    try:
        return (resource("audit") / name).read_bytes()
    except OSError:
        raise InputError(f"{name} is missing from this installation", code="audit.tools") from None


def _readme(export: Export) -> str:
    earlier = (
        "This workspace was put back from a backup. The log of before, which audit/log names, is\n"
        "not in here: the verifier lists it as not checkable.\n\n"
        if any(earlier_logs(export.folder))
        else ""
    )
    whole = (
        "The whole log is in audit/log: check it too, with\n\n"
        f"    python3 verify.py . --genesis LINE\n\n{earlier}"
        if export.is_whole
        else "Only chosen events are in here. That none was left out cannot be checked from this\n"
        "bundle: ask for a whole export for that.\n\n"
    )
    return (
        "Export of a secure_rag audit log\n\n"
        f"{len(export.chosen)} events in events.jsonl, byte for byte as they are stored; "
        f"{export.unsealed} of them are not sealed yet.\n"
        f"The proofs lead to a checkpoint over {export.size} records (checkpoint.txt).\n\n"
        "To check it on another machine (Python 3.9 or newer, package `cryptography`), in here:\n\n"
        "    python3 check_export.py --genesis LINE\n\n"
        "LINE is the line that `secure-rag init` printed once. Get it from whoever keeps it: the\n"
        "copy in keys.txt is the log's own word. --witness LINE, from whoever runs one, says\n"
        "whose cosignatures in audit/anchors count.\n\n"
        f"{whole}"
        "The scripts come from the machine that made the export. A copy that you keep yourself\n"
        "checks more. events.csv and events.ocsf.jsonl are translations for reading: only the\n"
        "bytes in events.jsonl are proven.\n"
    )
