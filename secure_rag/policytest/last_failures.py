"""Remember which cases failed last time, for `policy test --failed`.

One small file for each case file, in the user's cache: digests of case ids, never a word of
a case or a policy.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from secure_rag.policy.case_model import CaseFile
from secure_rag.policytest.outcome import Outcome, Report

FORMAT = 1


class LastFailures:
    """The records of one user; whatever cannot be read or written is as if nothing failed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, case_file: CaseFile) -> frozenset[str]:
        """Return the ids of the cases of a file that failed when they last ran."""
        failed = self._read(case_file.path)
        return frozenset(case.id for case in case_file.cases if _digest(case.id) in failed)

    def remember(self, report: Report) -> None:
        """Note how the cases of a report ended; cases that did not run keep their record."""
        failed = self._read(report.path)
        before = set(failed)
        for result in report.results:
            digest = _digest(result.case.id)
            failed.discard(digest)
            if result.outcome in (Outcome.FAILED, Outcome.ERROR):
                failed.add(digest)
        if failed != before:
            self._write(report.path, failed)

    def _read(self, path: Path) -> set[str]:
        try:
            table = json.loads(self._file(path).read_text("utf-8"))
            return set(table["failed"]) if table["format"] == FORMAT else set()
        except (OSError, ValueError, KeyError, TypeError):
            return set()

    def _write(self, path: Path, failed: Iterable[str]) -> None:
        file = self._file(path)
        temporary = file.with_suffix(".tmp")
        try:
            temporary.write_text(json.dumps({"format": FORMAT, "failed": sorted(failed)}))
            temporary.replace(file)
        except OSError:
            return  # a cache: without it, --failed runs everything

    def _file(self, path: Path) -> Path:
        return self._folder / f"{_digest(str(path.resolve()))}.json"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]
