"""The text and the policy that `policy explain` and `policy capture` are given."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from secure_rag.cli.arguments import read_stdin
from secure_rag.cli.context import Context, policy_files
from secure_rag.cli.policy_targets import shown
from secure_rag.resources import resource

if TYPE_CHECKING:
    from secure_rag.policy.model import Policy
    from secure_rag.values import Block
    from secure_rag.workspace import Workspace


@dataclass(frozen=True)
class Chosen:
    """A policy, where it was read from, and the workspace around it."""

    policy: Policy
    path: Path
    workspace: Workspace | None


def choose_policy(
    context: Context, name: str | None, document: Path | None, *, write: Sequence[Path] = ()
) -> Chosen:
    """Enter isolation for a document, and load the policy that was named or is in force."""
    workspace = context.optional_workspace()
    folders = [workspace.policies] if workspace else []
    read = [*folders, *policy_files(name)]
    read += [document] if document and os.path.exists(document) else []
    if workspace is not None:
        read.append(workspace.root)
    context.isolate(read=read, write=write)
    from secure_rag.policy.loader import find_policy, load_policy
    from secure_rag.settings import policy_in_force

    name = name or policy_in_force(workspace.settings_file if workspace else None)
    searched = [*folders, resource("policies")]
    policy = load_policy(name, folders=searched)
    return Chosen(policy, shown(find_policy(name, folders=searched)), workspace)


def read_passage(
    context: Context, path: Path | None, *, field: str
) -> tuple[str, tuple[Block, ...]]:
    """Return a text and its fields: plain text as it stands, a document as ingest reads it.

    Raises:
        InputError: it cannot be read.
        DocumentError: the reason that would put it into quarantine.
    """
    from secure_rag.pipeline.redact import PLAIN_SUFFIXES
    from secure_rag.plain_text import decode_text
    from secure_rag.policytest.real import read_document
    from secure_rag.values import Block

    if path is None:
        text = read_stdin()
    elif path.suffix.lower() in PLAIN_SUFFIXES:
        text = decode_text(_bytes(path))
    else:
        document = read_document(path, unsafe_no_isolation=context.unsafe_no_isolation)
        return document.text, document.blocks
    return text, (Block(0, len(text), field),)


def _bytes(path: Path) -> bytes:
    from secure_rag.errors import InputError

    try:
        return path.read_bytes()
    except OSError:
        raise InputError("the file cannot be opened", code="input.unreadable") from None
