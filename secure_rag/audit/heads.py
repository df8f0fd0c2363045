"""The log's checkpoints by themselves, and what a witness needs to follow them.

A request to a witness is one JSON file: `format`, `old` (records of the head that the witness
keeps, 0 for none), `proof` (RFC 6962 consistency proof from there, base64) and `notes`: every
checkpoint after `old`, the head last. The keys of a log change with every checkpoint, so the
notes between are the chain by which the head's key is known.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from secure_rag.audit.leaves import Tree
from secure_rag.audit.merkle import leaf_hash
from secure_rag.audit.note import NoteError, parse_checkpoint, parse_note
from secure_rag.audit.pruned import kept_numbers, read_beginning, readable_header
from secure_rag.audit.segments import read_lines, segment_path
from secure_rag.audit.tail import parse
from secure_rag.errors import InputError

REQUEST_FORMAT = "secure-rag/witness-request/1"
MAX_REQUEST_BYTES = 64 * 2**20
SEAL_END = b'"type":"checkpoint"}'
_FIELDS = {"format", "old", "proof", "notes"}


@dataclass(frozen=True)
class Request:
    """What a witness is asked to cosign, and why it may."""

    old: int
    proof: tuple[bytes, ...]
    notes: tuple[str, ...]

    def encode(self) -> str:
        """Return the request as the text of a file."""
        proof = [base64.b64encode(step).decode("ascii") for step in self.proof]
        value = {"format": REQUEST_FORMAT, "old": self.old, "proof": proof, "notes": self.notes}
        return json.dumps(value, indent=1, ensure_ascii=True) + "\n"


def lines(folder: Path) -> Iterator[tuple[int, bytes]]:
    """Yield every complete line of the log that is there, with its index."""
    numbers = kept_numbers(folder)
    header = readable_header(folder)
    index = header.first if header else 0
    for number in numbers:
        for line, is_complete in read_lines(segment_path(folder, number), 0):
            if is_complete:
                yield index, line
                index += 1


def note_at(folder: Path, size: int) -> str | None:
    """Return the note of the checkpoint that seals `size` records, None if there is none."""
    for kept in read_beginning(folder).checkpoints:
        if kept.index == size:
            return _note(kept.line)
    for index, line in lines(folder):
        if index == size:
            return _note(line)
    return None


def make_request(folder: Path, since: int) -> Request:
    """Return what shows a witness that the log extends the head over `since` records.

    Raises:
        InputError: if no checkpoint of the log seals so many records.
    """
    leaves: list[bytes] = []
    beginning = read_beginning(folder)
    notes = [(kept.index, str(kept.record["note"])) for kept in beginning.checkpoints]
    for index, line in lines(folder):
        leaves.append(leaf_hash(line))
        note = _note(line)
        if note is not None:
            notes.append((index, note))
    sizes = {size for size, _ in notes}
    if not notes or (since and since not in sizes):
        raise InputError(
            f"no checkpoint of this log seals {since} records",
            code="audit.no_checkpoint",
            hint="--since takes the number that the witness says it keeps; 0 for a new witness",
        )
    size = notes[-1][0]
    tree = Tree(leaves[: size - beginning.first], beginning.first, beginning.nodes)
    proof = tree.consistency(since) if since else []
    later = tuple(note for sealed, note in notes if not since or sealed > since)
    return Request(since, tuple(proof), later or (notes[-1][1],))


def parse_request(text: str) -> Request:
    """Read a request.

    Raises:
        InputError: if it is none; what it claims is not checked yet.
    """
    try:
        value = json.loads(text)
        if value.keys() != _FIELDS or value["format"] != REQUEST_FORMAT:
            raise ValueError("not a request")
        old, notes = value["old"], value["notes"]
        if type(old) is not int or old < 0 or not notes:
            raise ValueError("not a request")
        if not all(isinstance(note, str) for note in notes):
            raise ValueError("not a request")
        proof = tuple(base64.b64decode(step, validate=True) for step in value["proof"])
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error):
        raise InputError(
            "this is not a request to a witness",
            code="witness.request",
            hint="make one with `secure-rag audit checkpoint --witness-request FILE`",
        ) from None
    return Request(old, proof, tuple(notes))


def _note(line: bytes) -> str | None:
    """Return the note of a line that is a checkpoint, told by its end and then read."""
    found = parse(line) if line.endswith(SEAL_END) else None
    if found is None:
        return None
    note = str(found["note"])
    try:
        parse_checkpoint(parse_note(note).text)
    except NoteError:
        return None
    return note
