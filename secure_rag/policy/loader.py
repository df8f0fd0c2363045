"""Read policies: the one loader for `policy check`, `policy test` and production."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from secure_rag.errors import PolicyError
from secure_rag.policy.model import Policy
from secure_rag.policy.reader import NAME, PolicyReader
from secure_rag.policy.strict_yaml import Source, nearest, parse, read_text
from secure_rag.resources import resource

SUFFIXES: Final = (".yaml", ".yml")
TEST_SUFFIXES: Final = (".test.yaml", ".test.yml")
MAX_BYTES: Final = 256 * 1024


def load_policy(name_or_path: str, *, folders: Sequence[Path] = ()) -> Policy:
    """Find a policy by name (in `folders`, then among the packs) or by path, and read it.

    Raises:
        PolicyError: `file:line:column: …`; with several mistakes, the first.
    """
    policy, problems = check_policy(find_policy(name_or_path, folders=folders))
    if problems or policy is None:
        raise problems[0]
    if not _is_path(name_or_path) and policy.name != name_or_path:
        raise PolicyError(
            f"policy {name_or_path}: its file says `name: {policy.name}`",
            code="policy.name",
            hint="name the file after the policy, or mend `name`",
        )
    return policy


def find_policy(name_or_path: str, *, folders: Sequence[Path] = ()) -> Path:
    """Return the file of a policy.

    Raises:
        PolicyError: there is none; the hint names the nearest.
    """
    if _is_path(name_or_path):
        return Path(name_or_path)
    searched = [*folders, resource("policies")]
    if NAME.fullmatch(name_or_path):
        for folder in searched:
            for suffix in SUFFIXES:
                candidate = folder / f"{name_or_path}{suffix}"
                if candidate.is_file():
                    return candidate
    known = sorted({path.stem for folder in searched for path in policy_files(folder)})
    raise PolicyError(
        f"no policy named {name_or_path}",
        hint=nearest(name_or_path, known, see=f"known: {', '.join(known)}"),
        code="policy.missing",
    )


def policy_files(folder: Path) -> list[Path]:
    """Return the policies of a folder, by name; case files are not among them."""
    if not folder.is_dir():
        return []
    return sorted(
        path for path in folder.iterdir() if path.name.endswith(SUFFIXES) and not is_case_file(path)
    )


def is_case_file(path: Path) -> bool:
    """Say whether a file holds cases, by its name."""
    return path.name.endswith(TEST_SUFFIXES)


def check_policy(path: Path) -> tuple[Policy | None, list[PolicyError]]:
    """Read a policy and return it, or else everything that is wrong with it, in line order."""
    source = Source(name=str(path), code="policy")
    try:
        return PolicyReader(source).read(
            parse(read_text(path, source, max_bytes=MAX_BYTES), source)
        )
    except PolicyError as error:
        return None, [error]


def parse_policy(text: str, *, name: str = "policy.yaml") -> Policy:
    """Read a policy from text.

    Raises:
        PolicyError: `name:line:column: …`; with several mistakes, the first.
    """
    source = Source(name=name, code="policy")
    policy, problems = PolicyReader(source).read(parse(text, source))
    if problems or policy is None:
        raise problems[0]
    return policy


def _is_path(name_or_path: str) -> bool:
    return os.sep in name_or_path or name_or_path.endswith(SUFFIXES)
