"""Models for the tests of the runtime; `make models` brings them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from secure_rag.errors import ArtifactError
from secure_rag.runtime.manifest import LocatedModel, Models

Pin = Callable[[dict[str, bytes]], str]


def _locate(role: str) -> LocatedModel:
    try:
        return Models().locate(role)
    except ArtifactError as error:
        pytest.fail(f"the {role} model is not here ({error.code}): run `make models`")


@pytest.fixture(scope="session")
def embedder() -> LocatedModel:
    return _locate("embedder")


@pytest.fixture(scope="session")
def generator() -> LocatedModel:
    return _locate("generator")


@pytest.fixture(scope="session")
def float_weights(embedder: LocatedModel) -> Path:
    """The float weights that the embedder was converted from."""
    path = embedder.folder / "model.safetensors"
    if not path.is_file():
        pytest.fail("the float weights are not here: run `make models`")
    return path


def file_entry(name: str, content: bytes, member: str | None = None) -> str:
    """Return the manifest lines of one file."""
    lines = (
        f'[[model.file]]\nname = "{name}"\nsize = {len(content)}\n'
        f'sha256 = "{hashlib.sha256(content).hexdigest()}"\n'
    )
    return lines + (f'member = "{member}"\n' if member else "")


def model_entry(name: str, role: str, files: dict[str, bytes], extra: str = "") -> str:
    """Return the manifest lines of one model without conversion."""
    head = (
        f'[[model]]\nname = "{name}"\nrole = "{role}"\nlicence = "Apache-2.0"\n'
        f'origin = "a test"\n{extra}'
    )
    return head + "".join(file_entry(file, content) for file, content in files.items())
