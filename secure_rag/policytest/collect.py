"""Find what to check and test: folders, policies, case files, or names of packs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from secure_rag.errors import PolicyError
from secure_rag.policy.loader import (
    SUFFIXES,
    TEST_SUFFIXES,
    find_policy,
    is_case_file,
    policy_files,
)


@dataclass(frozen=True)
class Target:
    """One policy with its case file, as far as they were named or lie beside each other."""

    policy: Path | None
    """None where only a case file was named; it says itself which policy it tests."""
    cases: Path | None
    """None where no case file lies beside the policy."""


def collect(paths: Sequence[str], *, folders: Sequence[Path]) -> list[Target]:
    """Return what the given paths mean, in order; names of policies are looked up in `folders`.

    Raises:
        PolicyError: nothing there, or a folder without policies.
    """
    targets: list[Target] = []
    for given in paths:
        path = Path(given)
        if path.is_dir():
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
