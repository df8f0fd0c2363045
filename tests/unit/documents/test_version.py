"""Loaders that give other text raise the version that `index add` goes by."""

from __future__ import annotations

import hashlib

import pytest

from secure_rag.documents.formats import READING_VERSION
from secure_rag.documents.loading import load
from secure_rag.policy.loader import load_policy
from secure_rag.redaction import setup
from tests.assets.builders import FIELDS, build, file_name

READ = {"3": "eb62d8e2ece6492a"}
"""Version to a digest of what is read of a document of each format."""


def test_read_changed_loaders_need_a_new_version() -> None:
    digest = hashlib.sha256()
    for kind in sorted(FIELDS):
        values = {name: f"{name} one<br>two&amp;three 26:30" for name in FIELDS[kind]}
        document = load(build(kind, values), file_name(kind, "sample"))
        for block in document.blocks:
            content = document.text[block.start : block.end]
            digest.update(f"{kind} {block.field} {block.kind} {content}\n".encode())
    assert digest.hexdigest()[:16] == READ[READING_VERSION]


def test_digest_of_redaction_covers_the_version_of_loaders(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    policy = load_policy("strict")
    before = setup.digest_of(policy, "model")
    monkeypatch.setattr(setup, "READING_VERSION", "other")
    assert setup.digest_of(policy, "model") != before
