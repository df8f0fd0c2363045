"""Let pytest collect `*.test.yaml`: one test for each case of a policy.

Loaded by pytest through the entry point `secure_rag`; `-p no:secure_rag` leaves it out.
Cases run in a child, `secure-rag policy test`, which enters its isolation before it loads
any detector: the kernel's filter is for good and must not reach pytest's own process.
Nothing but pytest is imported here until a case file is met.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

_SUFFIXES: Final = (".test.yaml", ".test.yml")
_POLICY_KEY: Final = re.compile(r"^policy\s*:", re.MULTILINE)
_CASES_KEY: Final = re.compile(r"^cases\s*:", re.MULTILINE)
_PACKAGES: Final = Path(__file__).resolve().parents[2]
_MIN_COVERAGE: Final = "secure_rag_min_coverage"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting for rule coverage."""
    parser.addini(
        _MIN_COVERAGE,
        "percent of a policy's rules that its cases must cover; adds a test to each case file",
        default="",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark of every case; tags register theirs when they are met."""
    config.addinivalue_line("markers", "policy_case: a case of a redaction policy")
    config.stash[_RUNS] = Runs(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a file that is named like a case file and has its two keys."""
    if not file_path.name.endswith(_SUFFIXES) or not _is_case_file(file_path):
        return None
    made: pytest.Collector = CaseCollector.from_parent(parent, path=file_path)
    return made


class CaseCollector(pytest.File):
    """One case file."""

    def collect(self) -> Iterator[pytest.Item]:
        from secure_rag.errors import PolicyError
        from secure_rag.policytest.collect import load_paired_cases

        try:
            loaded = load_paired_cases(self.path)
        except PolicyError as error:
            hint = f"\nhint: {error.hint}" if error.hint else ""
            raise self.CollectError(f"{error.message}{hint}") from None
        for case in loaded.cases:
            item = CaseItem.from_parent(self, name=case.id, line=case.line)
            item.add_marker("policy_case")
            for tag in case.tags:
                if re.fullmatch(r"[A-Za-z][\w-]*", tag):
                    self.config.addinivalue_line("markers", f"{tag}: a tag of policy cases")
                    item.add_marker(tag)
            if case.known_gap is not None:
                reason = f"known gap: {case.known_gap}"
                item.add_marker(pytest.mark.xfail(reason=reason, raises=GapOpenError))
            yield item
        for wanted in loaded.thresholds:
            name = f"threshold {wanted.entity} {wanted.measure}"
            yield ThresholdItem.from_parent(self, name=name, line=wanted.line)
        if self.config.getini(_MIN_COVERAGE):
            yield CoverageItem.from_parent(self, name="rule coverage", line=1)


class _Item(pytest.Item):
    """Whatever a child has to say about a case file."""

    def __init__(self, *, line: int, **kind: Any) -> None:
        super().__init__(**kind)
        self.line = line

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.line - 1, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, CaseFailedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def answer(self) -> Answer:
        """Return what the child said about the file; it runs for the first item that asks."""
        return self.config.stash[_RUNS].answer(self.session.items, self.path)


class CaseItem(_Item):
    """One case."""

    def runtest(self) -> None:
        answer = self.answer()
        outcome = answer.outcomes.get(self.name)
        if outcome in ("passed", "closed_gap"):
            return
        if outcome == "gap":
            raise GapOpenError("the gap is still open")
        raise CaseFailedError(answer.words(self.name) or answer.error or "the case did not run")


class ThresholdItem(_Item):
    """What a labelled set must reach; measured when all cases of its file are selected."""

    def runtest(self) -> None:
        answer = self.answer()
        if answer.error is not None:
            raise CaseFailedError(answer.error)
        _, entity, measure = self.name.split()
        for one in answer.thresholds:
            if (one["entity"], one["measure"]) == (entity, measure):
                if not one["ok"]:
                    raise CaseFailedError(
                        f"{entity}: {measure} {one['reached']} of {one['count']}, "
                        f"demanded {one['demanded']}"
                    )
                return
        pytest.skip("not measured: only some cases of the file were selected")


class CoverageItem(_Item):
    """How many rules the cases of a file cover, against the ini setting."""

    def runtest(self) -> None:
        answer = self.answer()
        if answer.error is not None:
            raise CaseFailedError(answer.error)
        if not answer.is_whole:
            pytest.skip("not counted: only some cases of the file were selected")
        demanded = float(self.config.getini(_MIN_COVERAGE))
        rules, uncovered = answer.rules, answer.uncovered
        reached = 100.0 * (rules - len(uncovered)) / rules if rules else 100.0
        if reached < demanded:
            raise CaseFailedError(
                f"{reached:.0f} % of the rules are covered, {demanded:.0f} % are demanded; "
                f"not covered: {', '.join(uncovered)}"
            )


class CaseFailedError(Exception):
    """A case that does not hold; its words are shown without a traceback."""


class GapOpenError(CaseFailedError):
    """A known gap that is still there; a case that did not run at all is none."""


@dataclass
class Answer:
    """What a child said about one case file."""

    is_whole: bool
    """Whether all cases of the file ran."""
    error: str | None = None
    outcomes: dict[str, str] = field(default_factory=dict)
    failures: dict[str, dict[str, Any]] = field(default_factory=dict)
    thresholds: list[dict[str, Any]] = field(default_factory=list)
    rules: int = 0
    uncovered: list[str] = field(default_factory=list)

    def words(self, name: str) -> str:
        """Return what differs in a case, as `policy test` prints it."""
        failure = self.failures.get(name)
        if failure is None:
            return ""
        lines = [f"{failure['file']}:{failure['line']}  {name}"]
        if failure["error"]:
            lines.append(f"  did not run: {failure['error']}")
        for one in failure["differences"]:
            quoted = f'"{one["text"]}"' if one["text"] else ""
            place = f"at {one['place']}" if one["place"] else ""
            parts = (one["kind"], one["entity"] or "", quoted, place, f"({one['detail']})")
            lines.append("  " + " ".join(part for part in parts if part))
            if one["hint"]:
                lines.append(f"    hint: {one['hint']}")
        return "\n".join(lines)


class Runs:
    """Runs children, as few as can be: one for whole files, one for selected cases."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._answers: dict[Path, Answer] = {}

    def answer(self, items: Sequence[pytest.Item], path: Path) -> Answer:
        if path not in self._answers:
            self._run(items)
        if path not in self._answers:
            self._answers[path] = Answer(is_whole=False, error="no result for this file")
        return self._answers[path]

    def _run(self, items: Sequence[pytest.Item]) -> None:
        whole: list[Path] = []
        partial: dict[Path, list[str]] = {}
        for path, names in _selected(items).items():
            if path in self._answers:
                continue
            if set(names) >= _all_ids(path):
                whole.append(path)
            else:
                partial[path] = names
        self._ask(whole, {})
        self._ask(list(partial), partial)

    def _ask(self, paths: Sequence[Path], ids: dict[Path, list[str]]) -> None:
        """Run one child for several files; if one cannot be used, a child for each."""
        if not paths:
            return
        arguments = [
            given
            for path in paths
            for given in ([f"{path}::{name}" for name in ids[path]] if path in ids else [str(path)])
        ]
        value, error = self._child(arguments)
        if value is None and len(paths) > 1:
            for path in paths:
                self._ask([path], ids)
            return
        for path in paths:
            self._answers[path] = _answer(value, error, path, is_whole=path not in ids)

    def _child(self, arguments: Sequence[str]) -> tuple[dict[str, Any] | None, str | None]:
        known = os.environ.get("PYTHONPATH")
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(_PACKAGES), *([known] if known else [])]),
        }
        done = subprocess.run(
            [sys.executable, "-m", "secure_rag", "policy", "test", "--json", *arguments],
            cwd=self._config.rootpath,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        try:
            value = json.loads(done.stdout)
        except ValueError:
            return None, _error_words(done.stderr.decode("utf-8", "replace"), done.returncode)
        return value, None


_RUNS: Final = pytest.StashKey[Runs]()


def _is_case_file(path: Path) -> bool:
    """Tell our case files from others that happen to be called like them."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, ValueError):
        return False
    return bool(_POLICY_KEY.search(text) and _CASES_KEY.search(text))


def _selected(items: Iterable[pytest.Item]) -> dict[Path, list[str]]:
    found: dict[Path, list[str]] = {}
    for item in items:
        if isinstance(item, _Item):
            names = found.setdefault(item.path, [])
            if isinstance(item, CaseItem):
                names.append(item.name)
    return found


def _all_ids(path: Path) -> set[str]:
    from secure_rag.policy.cases import load_cases

    return {case.id for case in load_cases(path).cases}


def _answer(
    value: dict[str, Any] | None, error: str | None, path: Path, *, is_whole: bool
) -> Answer:
    if value is None:
        return Answer(is_whole, error or "the cases could not be run")
    own = str(path)
    policy = next((one for one in value["policies"] if one["file"] == own), None)
    return Answer(
        is_whole,
        outcomes={one["id"]: one["outcome"] for one in value["results"] if one["file"] == own},
        failures={one["id"]: one for one in value["failures"] if one["file"] == own},
        thresholds=[one for one in value["thresholds"] if one["file"] == own],
        rules=policy["rules"] if policy else 0,
        uncovered=policy["uncovered"] if policy else [],
    )


def _error_words(stderr: str, code: int) -> str:
    """Return the child's error as it says it."""
    lines = stderr.strip().splitlines()
    try:
        error = json.loads(lines[-1])["error"]
    except (ValueError, KeyError, IndexError):
        return f"secure-rag policy test ended with exit code {code}"
    hint = f"\nhint: {error['hint']}" if error["hint"] else ""
    return f"{error['message']}{hint}"
