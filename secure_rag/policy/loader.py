"""Read policies: the one loader for `policy check`, `policy test` and production."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from secure_rag.errors import PolicyError
from secure_rag.policy.inherit import build_policy
from secure_rag.policy.model import Policy
from secure_rag.policy.reader import PolicyReader
from secure_rag.policy.rule_reader import NAME
from secure_rag.policy.strict_yaml import Node, Source, nearest, parse, read_text
from secure_rag.resources import resource

SUFFIXES: Final = (".yaml", ".yml")
TEST_SUFFIXES: Final = (".test.yaml", ".test.yml")
REGISTRY_SUFFIXES: Final = (".presidio.yaml", ".presidio.yml")
"""Presidio registries that policies name; a folder's other YAML files are policies."""
MAX_BYTES: Final = 256 * 1024
MAX_PARENTS: Final = 8


def load_policy(name_or_path: str, *, folders: Sequence[Path] = ()) -> Policy:
    """Find a policy by name (in `folders`, then among the packs) or by path, and read it.

    Raises:
        PolicyError: `file:line:column: …`; with several mistakes, the first.
    """
    policy, problems = check_policy(find_policy(name_or_path, folders=folders), folders=folders)
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
    """Return the policies of a folder, by name; case files and registries are not among them."""
    if not os.path.isdir(folder):
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.name.endswith(SUFFIXES)
        and not path.name.endswith((*TEST_SUFFIXES, *REGISTRY_SUFFIXES))
    )


def is_case_file(path: Path) -> bool:
    """Say whether a file holds cases, by its name."""
    return path.name.endswith(TEST_SUFFIXES)


def check_policy(
    path: Path, *, folders: Sequence[Path] = ()
) -> tuple[Policy | None, list[PolicyError]]:
    """Read a policy with its parents and return it, or else what is wrong, in line order.

    A parent is looked for beside the file, then in `folders`, then among the packs.
    """
    return _check(path, folders, ())


def parse_policy(text: str, *, name: str = "policy.yaml") -> Policy:
    """Read a policy from text; files that it names lie in the current folder.

    Raises:
        PolicyError: `name:line:column: …`; with several mistakes, the first.
    """
    source = Source(name=name, code="policy")
    policy, problems = _resolve(text, source, Path(name).parent, (), ())
    if problems or policy is None:
        raise problems[0]
    return policy


def _check(
    path: Path, folders: Sequence[Path], heirs: tuple[Path, ...]
) -> tuple[Policy | None, list[PolicyError]]:
    """Read a policy that `heirs` extend, the first of them directly or through the others."""
    source = Source(name=str(path), code="policy")
    try:
        text = read_text(path, source, max_bytes=MAX_BYTES)
        return _resolve(text, source, path.parent, folders, (*heirs, path))
    except PolicyError as error:
        return None, [error]


def _resolve(
    text: str, source: Source, folder: Path, folders: Sequence[Path], heirs: tuple[Path, ...]
) -> tuple[Policy | None, list[PolicyError]]:
    reader = PolicyReader(source, folder)
    draft = reader.read(parse(text, source))
    problems = reader.problems
    parent: Policy | None = None
    if draft.extends is not None:
        try:
            parent, inherited = _parent(draft.extends, source, folder, folders, heirs)
        except PolicyError as error:
            inherited = [error]
        if parent is None:
            return None, [*problems, *inherited]
    policy, further = build_policy(draft, parent, source)
    problems = [*problems, *further]
    return (None, problems) if problems else (policy, [])


def _parent(
    node: Node, source: Source, folder: Path, folders: Sequence[Path], heirs: tuple[Path, ...]
) -> tuple[Policy | None, list[PolicyError]]:
    """Read the policy that `extends` names.

    Raises:
        PolicyError: there is none, it says another name, or it extends its own heir.
    """
    name = str(node.value)
    try:
        path = find_policy(name, folders=[folder, *folders])
    except PolicyError as error:
        raise source.error(node, error.message, hint=error.hint, code="extends") from None
    if any(path.resolve() == heir.resolve() for heir in heirs):
        chain = " extends ".join([*(heir.stem for heir in heirs), name])
        raise source.error(node, f"policies extend each other: {chain}", code="cycle")
    if len(heirs) > MAX_PARENTS:
        raise source.error(node, f"more than {MAX_PARENTS} policies in a row", code="extends")
    parent, problems = _check(path, folders, heirs)
    if parent is not None and parent.name != name:
        message = f"policy {name}: its file says `name: {parent.name}`"
        raise source.error(node, message, code="extends")
    return parent, problems


def _is_path(name_or_path: str) -> bool:
    return os.sep in name_or_path or name_or_path.endswith(SUFFIXES)
