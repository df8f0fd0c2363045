"""Parts of recognizers that policies and Presidio registries share: expressions and word lists."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Final

from secure_rag.policy.backtracking import backtracks
from secure_rag.policy.recognizers import Expression
from secure_rag.policy.strict_yaml import Node, Source, read_text

MAX_LIST_BYTES: Final = 1024 * 1024


def read_expression(node: Node, score: float, flags: int, source: Source) -> Expression:
    """Return a checked regular expression.

    Raises:
        PolicyError: not one, one that matches nothing, or one that may never end.
    """
    regex = source.string(node, "`regex`")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # `[[:alpha:]]` means something else
            problem = backtracks(regex, flags)
            width = re.compile(regex, flags).match("")
    except (re.error, OverflowError, FutureWarning) as error:
        message = f"not a regular expression: {error}"
        raise source.error(node, message, code="regex") from None
    if problem is not None:
        raise source.error(
            node,
            f"this pattern can backtrack without bound: {problem}",
            hint="leave out repeats inside repeats, and repeats side by side that match the same",
            code="backtracking",
        )
    if width is not None:
        raise source.error(
            node, "this pattern matches the empty text", hint="let it match a character",
            code="regex",
        )  # fmt: skip
    return Expression(regex, score, flags)


LONGEST_NAME: Final = 200
"""Characters of a file's name; file systems take 255 bytes."""


def file_beside(node: Node, what: str, source: Source, folder: Path) -> Path:
    """Return the path of a file that a policy names; it lies in the policy's folder."""
    name = source.string(node, what)
    if Path(name).name != name or name in (".", "..") or len(name) > LONGEST_NAME:
        raise source.error(
            node, f"{what} must name a file beside the policy", hint="without folders",
            code="file",
        )  # fmt: skip
    path = folder / name
    if not path.is_file():
        raise source.error(node, f"there is no file {name} beside the policy", code="file")
    return path


def read_list(path: Path, source: Source) -> list[str]:
    """Return the lines of a list file; empty ones and comments (`#`) do not count.

    Raises:
        PolicyError: no lines, or one that could match anything.
    """
    words: list[str] = []
    text = read_text(path, source, max_bytes=MAX_LIST_BYTES)
    for number, line in enumerate(text.splitlines(), 1):
        word = line.strip()
        if word and not word.startswith("#"):
            check_value(word, Node(word, number, 1), source)
            words.append(word)
    if not words:
        raise source.error(Node(None, 1, 1), "the list is empty", code="empty")
    return list(dict.fromkeys(words))


def check_value(word: str, node: Node, source: Source) -> None:
    """Refuse an item of a list that has fewer than two letters or digits."""
    if sum(character.isalnum() for character in word) < 2:
        raise source.error(
            node, "an item of a list needs two letters or digits at least", code="value"
        )
