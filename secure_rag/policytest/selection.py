"""Which cases to run: `-k EXPR`, tags, `FILE::ID`, and what failed last time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from secure_rag.errors import UsageError
from secure_rag.policy.case_model import Case, CaseFile
from secure_rag.policy.strict_yaml import nearest

_TOKEN: Final = re.compile(r"\s*(?:(?P<mark>[()])|(?P<word>[\w.:+-]+))")
_NODE: Final = re.compile(r"(?P<path>.+?)::(?P<id>[a-z0-9][a-z0-9-]*)")

Test = Callable[[Case], bool]


@dataclass(frozen=True)
class Selection:
    """What a run is limited to; empty means everything."""

    matches: Test | None = None
    tags: tuple[str, ...] = ()
    ids: Mapping[Path, frozenset[str] | None] = field(default_factory=dict)
    """By case file: the ids that were named; None is all of the file."""
    failed: Mapping[Path, frozenset[str]] | None = None
    """By case file: the ids that failed last time; None does not limit."""

    @property
    def is_limiting(self) -> bool:
        """Whether some cases are left out on purpose."""
        named = any(ids is not None for ids in self.ids.values())
        return bool(self.matches or self.tags or named or self.failed is not None)

    def cases(self, case_file: CaseFile) -> tuple[Case, ...]:
        """Return the selected cases of a file, in its order."""
        return tuple(case for case in case_file.cases if self._takes(case_file.path, case))

    def _takes(self, path: Path, case: Case) -> bool:
        named = self.ids.get(path)
        if named is not None and case.id not in named:
            return False
        if self.failed is not None and case.id not in self.failed.get(path, frozenset()):
            return False
        if self.tags and set(self.tags).isdisjoint(case.tags):
            return False
        return self.matches is None or self.matches(case)


def parse_expression(text: str) -> Test:
    """Return a test of cases from an expression like pytest's `-k`.

    A word matches a part of a case's id, or a whole tag, in any case of letters; `and`, `or`,
    `not` and brackets combine.

    Raises:
        UsageError: not such an expression.
    """
    return _Expression(text).parse()


def split_node(given: str) -> tuple[str, str | None]:
    """Return path and case id of `FILE::ID`, or the path alone."""
    match = _NODE.fullmatch(given)
    return (match["path"], match["id"]) if match else (given, None)


def check_ids(case_file: CaseFile, ids: frozenset[str]) -> None:
    """Refuse ids that a file does not have.

    Raises:
        UsageError: names the first of them, and the nearest that exists.
    """
    known = [case.id for case in case_file.cases]
    for unknown in sorted(ids - set(known)):
        raise UsageError(
            f"{case_file.path}: no case {unknown}",
            hint=nearest(unknown, known, see=f"the file has {len(known)} cases"),
        )


class _Expression:
    """Recursive descent over `or`, `and`, `not`, words and brackets."""

    def __init__(self, text: str) -> None:
        self._tokens = self._split(text)
        self._next = 0

    def parse(self) -> Test:
        test = self._either()
        if self._next < len(self._tokens):
            raise self._wrong()
        return test

    def _split(self, text: str) -> Sequence[str]:
        tokens: list[str] = []
        position = 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            if match is None:
                raise self._wrong()
            tokens.append((match["mark"] or match["word"]).casefold())
            position = match.end()
        return tokens

    def _either(self) -> Test:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda case: any(part(case) for part in parts)

    def _all(self) -> Test:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda case: all(part(case) for part in parts)

    def _one(self) -> Test:
        if self._take("not"):
            part = self._one()
            return lambda case: not part(case)
        if self._take("("):
            part = self._either()
            if not self._take(")"):
                raise self._wrong()
            return part
        word = self._tokens[self._next] if self._next < len(self._tokens) else ")"
        if word in (")", "and", "or"):
            raise self._wrong()
        self._next += 1
        return lambda case: word in case.id or word in (tag.casefold() for tag in case.tags)

    def _take(self, token: str) -> bool:
        if self._next < len(self._tokens) and self._tokens[self._next] == token:
            self._next += 1
            return True
        return False

    @staticmethod
    def _wrong() -> UsageError:
        return UsageError(
            "-k: not an expression of words, `and`, `or`, `not` and brackets",
            hint="-k 'phone and not negative'",
        )
