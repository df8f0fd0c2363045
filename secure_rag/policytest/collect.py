"""Find what to check and test: folders, policies, case files, or names of packs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from secure_rag.errors import PolicyError
from secure_rag.policy.case_model import CaseFile
from secure_rag.policy.cases import load_cases
from secure_rag.policy.loader import (
    SUFFIXES,
    TEST_SUFFIXES,
    find_policy,
    is_case_file,
    load_policy,
    policy_files,
)
from secure_rag.policy.model import Policy


@dataclass(frozen=True)
class Target:
    """One policy with its case file, as far as they were named or lie beside each other."""

    policy: Path | None
    """None where only a case file was named; it says itself which policy it tests."""
    cases: Path | None
    """None where no case file lies beside the policy."""


@dataclass(frozen=True)
class Loaded:
    """Policies with their cases, read and found valid."""

    tested: tuple[tuple[Policy, CaseFile], ...]
    untested: tuple[Path, ...]
    """Policies without a case file."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that decides the result: policies, cases, and what cases run."""
        paths = [*self.untested]
        for _, case_file in self.tested:
            paths += [case_file.policy, case_file.path, *case_file.documents]
        return tuple(dict.fromkeys(paths))


def load(targets: Sequence[Target], *, folders: Sequence[Path]) -> Loaded:
    """Read everything first, so that an invalid policy stops a run before it starts.

    Raises:
        PolicyError: the first mistake of the first file that has one.
    """
    tested: list[tuple[Policy, CaseFile]] = []
    untested: list[Path] = []
    for target in targets:
        if target.cases is None:
            assert target.policy is not None
            load_policy(str(target.policy), folders=folders)
            untested.append(target.policy)
        else:
            case_file = load_paired_cases(target.cases, folders=folders)
            tested.append((load_policy(str(case_file.policy), folders=folders), case_file))
    return Loaded(tuple(tested), tuple(untested))


def load_paired_cases(path: Path, *, folders: Sequence[Path] = ()) -> CaseFile:
    """Read a case file; a policy of its name beside it must be the one that it tests.

    Raises:
        PolicyError: it has a mistake, or tests another policy: its cases would pass for those of
            the policy beside it.
    """
    case_file = load_cases(path, folders=folders)
    stem = next(path.name.removesuffix(end) for end in TEST_SUFFIXES if path.name.endswith(end))
    for beside in (path.with_name(stem + suffix) for suffix in SUFFIXES):
        if beside.is_file() and not beside.samefile(case_file.policy):
            raise PolicyError(
                f"{path}: these cases test another policy than {beside.name} beside them",
                hint=f"let it say `policy: {beside.name}`, or give the case file another name",
                code="cases.other_policy",
            )
    return case_file


def collect(paths: Sequence[str], *, folders: Sequence[Path]) -> list[Target]:
    """Return what the given paths mean, in order; names of policies are looked up in `folders`.

    Raises:
        PolicyError: nothing there, or a folder without policies.
    """
    targets: list[Target] = []
    for given in paths:
        path = Path(given)
        if os.path.isdir(path):
            targets += _folder(path)
        elif is_case_file(path):
            targets.append(Target(policy=None, cases=_existing(path)))
        elif path.name.endswith(SUFFIXES):
            targets.append(_policy(_existing(path)))
        else:
            targets.append(_policy(find_policy(given, folders=folders)))
    return list(dict.fromkeys(targets))


def _folder(folder: Path) -> list[Target]:
    policies = [_policy(path) for path in policy_files(folder)]
    paired = {target.cases for target in policies}
    others = sorted(path for path in folder.iterdir() if is_case_file(path) and path not in paired)
    targets = [*policies, *(Target(policy=None, cases=path) for path in others)]
    if not targets:
        raise PolicyError(
            f"{folder}: no policies in this folder",
            hint="a policy is NAME.yaml, its cases are NAME.test.yaml",
            code="policy.missing",
        )
    return targets


def _policy(path: Path) -> Target:
    stem = path.name.removesuffix(path.suffix)
    beside = [path.with_name(stem + suffix) for suffix in TEST_SUFFIXES]
    return Target(policy=path, cases=next((case for case in beside if case.is_file()), None))


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise PolicyError(f"{path}: no such file", code="policy.missing")
    return path
