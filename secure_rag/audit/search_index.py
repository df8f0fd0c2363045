"""A search index over the log in SQLite: quick, rebuildable, never trusted.

It only says where candidates stand, and holds the tree so that one record can be proven
without reading all others. Before it is used, the tree over its leaves must have the root
that each checkpoint of the chain of keys signed; every record is read from the log again and
must have its leaf. `secure_rag.audit.listing` looks through the bytes of the log for records
that the index leaves out. Whatever does not fit, the index is made anew.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

from secure_rag.audit import record as records
from secure_rag.audit.filters import CHUNK_SEPARATORS, Filters, bare
from secure_rag.audit.merkle import Frontier, leaf_hash, tree_root
from secure_rag.audit.pruned import read_beginning
from secure_rag.audit.segments import read_lines, segment_numbers, segment_path
from secure_rag.modes import open_made

FILE_NAME = "search.sqlite"
_SCHEMA = (
    "CREATE TABLE rows (seq INTEGER PRIMARY KEY, segment INTEGER NOT NULL, at INTEGER NOT NULL, "
    "length INTEGER NOT NULL, leaf BLOB NOT NULL, time TEXT NOT NULL, user TEXT NOT NULL, "
    "uid INTEGER NOT NULL, session TEXT NOT NULL, type TEXT NOT NULL, outcome TEXT NOT NULL)",
    "CREATE TABLE names (value TEXT NOT NULL, seq INTEGER NOT NULL)",
    "CREATE TABLE tiles (number INTEGER PRIMARY KEY, root BLOB NOT NULL)",
    "CREATE INDEX names_by_value ON names (value, seq)",
    "CREATE INDEX rows_by_type ON rows (type, seq)",
    "CREATE INDEX rows_by_user ON rows (user, seq)",
    "CREATE INDEX rows_by_session ON rows (session, seq)",
)
_TILE_LEVEL = 8
TILE = 1 << _TILE_LEVEL
"""Leaves whose head is kept: a proof reads so many leaves, and the other heads."""
_LAST = "\U0010ffff"
_NAMED = re.compile(r"<([A-Z][A-Z0-9_]*)>")
_BATCH = 5000
_SEAL = records.CHECKPOINT


class StaleIndexError(Exception):
    """The index does not fit the log; it is made anew."""


class SearchIndex:
    """The index of one log, up to date with its last line."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        """Use `open_index`."""
        self._folder = folder
        self._connection = connection
        self.beginning = read_beginning(folder)
        self._good_tiles: set[int] = set()

    def close(self) -> None:
        self._connection.close()

    @property
    def size(self) -> int:
        """Number of lines that it knows."""
        return int(self._one("SELECT coalesce(max(seq) + 1, ?) FROM rows", self.beginning.first))

    def candidates(self, filters: Filters) -> Iterator[tuple[int, int, int, int]]:
        """Yield number, segment, place and length of what may match, in order."""
        where, values = _conditions(filters)
        sql = f"SELECT seq, segment, at, length FROM rows WHERE {where} ORDER BY seq"
        yield from self._connection.execute(sql, values)

    def place(self, seq: int) -> tuple[int, int, int]:
        """Return segment, place and length of a line."""
        sql = "SELECT segment, at, length FROM rows WHERE seq = ?"
        found = self._connection.execute(sql, (seq,)).fetchone()
        if found is None:
            raise StaleIndexError
        return int(found[0]), int(found[1]), int(found[2])

    def checkpoints(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Yield index and line of each checkpoint, and the tree head over all lines before it."""
        sql = "SELECT seq, segment, at, length, leaf FROM rows WHERE type = ? ORDER BY seq"
        tree, number, file = self.beginning.tree.copy(), 0, None
        with ExitStack() as stack:
            for seq, segment, at, length, leaf in self._connection.execute(sql, (_SEAL,)):
                if file is None or segment != number:
                    stack.close()
                    file = stack.enter_context(segment_path(self._folder, segment).open("rb"))
                    number = segment
                file.seek(at)
                line = file.read(length)
                if leaf_hash(line) != leaf:
                    raise StaleIndexError
                while tree.size < seq:
                    self._grow(tree, seq)
                yield seq, line, tree.root()

    def _grow(self, tree: Frontier, size: int) -> None:
        """Take in leaves up to `size` or the end of their tile; a whole tile by its head."""
        number, place = divmod(tree.size, TILE)
        end = min(size, (number + 1) * TILE)
        if not place and end - tree.size == TILE:
            head = self._one("SELECT root FROM tiles WHERE number = ?", number)
            if head is None:
                raise StaleIndexError
            tree.push_node(bytes(head), _TILE_LEVEL)
            return
        for leaf in self._leaves(tree.size, end):
            tree.push_node(leaf, 0)

    def _first_tile(self) -> int:
        """Return the first tile of which all leaves are there."""
        return -(-self.beginning.first // TILE)

    def has_leaf(self, seq: int, line: bytes) -> bool:
        """Return whether a line read from the log is the leaf that the tree was proven with."""
        sql = "SELECT leaf FROM rows WHERE seq = ?"
        return self._one(sql, seq) == leaf_hash(line) and self._is_tile_good(seq // TILE)

    def advance(self) -> None:
        """Take in the lines that were added to the log since.

        Raises:
            StaleIndexError: if what it knows is no beginning of this log.
        """
        begin = self.beginning
        if self._one("SELECT coalesce(min(seq), ?) FROM rows", begin.first) != begin.first:
            raise StaleIndexError  # the log was pruned since
        cursor = self._connection.execute("SELECT max(seq), segment, at, length FROM rows")
        seq, segment, at, length = cursor.fetchone()
        if seq is None:
            seq, segment, start = begin.first - 1, begin.segment, 0
        else:
            start = at + length + 1
        numbers = [number for number in segment_numbers(self._folder) if number >= segment]
        if not numbers or numbers[0] != segment:
            raise StaleIndexError
        if segment_path(self._folder, segment).stat().st_size < start:
            raise StaleIndexError
        self._add(seq + 1, _lines(self._folder, numbers, start))

    def _add(self, seq: int, lines: Iterator[tuple[int, int, bytes]]) -> None:
        first = max(seq // TILE, self._first_tile())
        rows: list[tuple[Any, ...]] = []
        names: list[tuple[str, int]] = []
        with self._connection:
            for segment, at, line in lines:
                found = _read(line)
                rows.append((seq, segment, at, len(line), leaf_hash(line), *_columns(found)))
                names += [(name, seq) for name in _names(found)]
                seq += 1
                if len(rows) == _BATCH:
                    self._insert(rows, names)
                    rows, names = [], []
            self._insert(rows, names)
            for number in range(first, seq // TILE):
                head = tree_root(self._leaves(number * TILE, (number + 1) * TILE))
                self._connection.execute("INSERT INTO tiles VALUES (?, ?)", (number, head))

    def _insert(self, rows: list[tuple[Any, ...]], names: list[tuple[str, int]]) -> None:
        marks = ",".join("?" * 11)
        self._connection.executemany(f"INSERT INTO rows VALUES ({marks})", rows)
        self._connection.executemany("INSERT INTO names VALUES (?, ?)", names)

    def _leaves(self, first: int, end: int) -> list[bytes]:
        sql = "SELECT leaf FROM rows WHERE seq >= ? AND seq < ? ORDER BY seq"
        leaves = [bytes(found[0]) for found in self._connection.execute(sql, (first, end))]
        if len(leaves) != end - first:
            raise StaleIndexError
        return leaves

    def _is_tile_good(self, number: int) -> bool:
        """Hold a tile's leaves against its head, once; an open one at an end has none."""
        if number not in self._good_tiles:
            sql = "SELECT root FROM tiles WHERE number = ?"
            head = self._one(sql, number)
            if head is not None and head != tree_root(
                self._leaves(number * TILE, (number + 1) * TILE)
            ):
                return False
            self._good_tiles.add(number)
        return True

    def _one(self, sql: str, *values: Any) -> Any:
        found = self._connection.execute(sql, values).fetchone()
        return None if found is None else found[0]


def open_index(folder: Path) -> SearchIndex | None:
    """Open the index of a log, made or brought up to date; None where it cannot be written."""
    path = folder / FILE_NAME
    for is_last in (False, True):
        index = None
        try:
            index = SearchIndex(folder, _connect(path))
            index.advance()
            return index
        except (StaleIndexError, sqlite3.Error, OSError, TypeError, ValueError):
            if index is not None:
                index.close()
            if is_last or not discard_index(folder):
                return None
    return None


def discard_index(folder: Path) -> bool:
    """Remove the index; return whether it is gone. Nothing is lost but time."""
    for name in (FILE_NAME, FILE_NAME + "-journal", FILE_NAME + "-wal", FILE_NAME + "-shm"):
        with suppress(FileNotFoundError):
            try:
                (folder / name).unlink()
            except OSError as error:
                if not isinstance(error, FileNotFoundError):
                    return False
    return True


def _connect(path: Path) -> sqlite3.Connection:
    os.close(open_made(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW))
    connection = sqlite3.connect(path, timeout=5)
    try:
        # It may have been put there by somebody else: its schema must not do anything.
        connection.execute("PRAGMA trusted_schema = OFF")
        # It can be made anew: what a crash would spoil is found by its root.
        for pragma in ("synchronous = OFF", "journal_mode = MEMORY", "cache_size = -65536"):
            connection.execute(f"PRAGMA {pragma}").close()
        with closing(connection.execute("SELECT sql FROM sqlite_master")) as cursor:
            found = [row[0] for row in cursor]
        if not found:
            with connection:
                for statement in _SCHEMA:
                    connection.execute(statement)
        elif found != list(_SCHEMA):
            raise StaleIndexError
    except BaseException:
        connection.close()
        raise
    return connection


def _lines(folder: Path, numbers: list[int], start: int) -> Iterator[tuple[int, int, bytes]]:
    for number in numbers:
        at = start if number == numbers[0] else 0
        for line, is_complete in read_lines(segment_path(folder, number), at):
            if is_complete:
                yield number, at, line
            at += len(line) + is_complete


def _read(line: bytes) -> dict[str, Any]:
    """Read a line loosely: whatever is found by it is read again, strictly."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _columns(found: dict[str, Any]) -> tuple[str, str, int, str, str, str]:
    uid = found.get("uid")
    return (
        str(found.get("time", "")),
        str(found.get("user", "")),
        uid if isinstance(uid, int) and 0 <= uid < 2**53 else -1,
        str(found.get("session", "")),
        str(found.get("type", "")),
        str(found.get("outcome", "")),
    )


def _names(found: dict[str, Any]) -> set[str]:
    """Return every id of an event, and the placeholders that stand in its redacted notes."""
    data = found.get("data")
    names: set[str] = set()
    for value in data.values() if isinstance(data, dict) else ():
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, str) and item:
                if "<" in item:
                    names.update(_NAMED.findall(item))
                if len(item) <= 200:
                    names.add(item)
    return names


def _conditions(filters: Filters) -> tuple[str, list[Any]]:
    """Return SQL for a superset of what matches; each record is matched again by itself."""
    parts, values = ["1 = 1"], []
    if filters.type != records.CHECKPOINT:
        parts.append(f"type NOT IN ('{records.CHECKPOINT}', '')")
    for column, value in (("session", filters.session), ("type", filters.type)):
        if value:
            parts.append(f"{column} >= ? AND {column} < ?")
            values += [value, value + _LAST]
    actor = filters.actor or filters.revealed_by
    if actor:
        parts.append("(user = ? OR CAST(uid AS TEXT) = ?)")
        values += [actor, actor]
    for sql, value in (
        ("outcome = ?", filters.outcome),
        ("time >= ?", filters.since),
        ("time < ?", filters.until),
    ):
        if value and filters.type != records.CHECKPOINT:
            parts.append(sql)
            values.append(value)
    if filters.subject:
        parts.append("seq IN (SELECT seq FROM names WHERE value = ?)")
        values.append(bare(filters.subject))
    for name in filters.documents:
        chunk = " OR (value >= ? AND value < ?)" * len(CHUNK_SEPARATORS)
        parts.append(f"seq IN (SELECT seq FROM names WHERE value = ?{chunk})")
        values.append(name)
        for separator in CHUNK_SEPARATORS:
            values += [name + separator, name + separator + _LAST]
    return " AND ".join(parts), values
