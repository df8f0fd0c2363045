"""From nodes to the options of entity resolution."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from secure_rag.policy.recognizer_parts import MAX_LIST_BYTES, file_beside
from secure_rag.policy.strict_yaml import Node, Source, read_text

LINKING_KEYS: Final = ("short_names", "nicknames", "nickname_file", "nickname_sets")


def read_linking(node: Node, source: Source, folder: Path) -> dict[str, object]:
    """Return the written options, by the names of `model.Linking`.

    Raises:
        PolicyError: an unknown key, a wrong type, or a file that cannot be used.
    """
    table = source.mapping(node, "`linking`", known=LINKING_KEYS)
    found: dict[str, object] = {
        key: source.boolean(table[key], f"`{key}`")
        for key in ("short_names", "nicknames")
        if key in table
    }
    if "nickname_file" in table and "nickname_sets" in table:
        raise source.error(
            table["nickname_file"], "write either `nickname_file` or `nickname_sets`", code="value"
        )
    if "nickname_sets" in table:
        what = "`nickname_sets`"
        items = source.sequence(table["nickname_sets"], what)
        found["nickname_sets"] = tuple(
            _names([str(one.value) for one in source.sequence(item, what)], item, source)
            for item in items
        )
    if "nickname_file" in table:
        path = file_beside(table["nickname_file"], "`nickname_file`", source, folder)
        found["nickname_sets"] = _read_sets(path, Source(str(path), source.code))
    return found


def _read_sets(path: Path, source: Source) -> tuple[tuple[str, ...], ...]:
    """Return one set of given names for each line: `Robert, Bob, Bobby`."""
    sets: list[tuple[str, ...]] = []
    text = read_text(path, source, max_bytes=MAX_LIST_BYTES)
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        sets.append(_names(line.split(","), Node(None, number, 1), source))
    if not sets:
        raise source.error(Node(None, 1, 1), "the list is empty", code="empty")
    return tuple(sets)


def _names(written: list[str], node: Node, source: Source) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip().casefold() for name in written))
    if len(names) < 2 or not all(name.replace("-", "").isalpha() for name in names):
        raise source.error(node, "a set is two or more given names of letters only", code="value")
    return names
