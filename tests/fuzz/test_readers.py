"""Spoilt files of every kind: read, or refused by the errors that are declared, in bounded time.

The files are the same in every run: a seed for each target, and so many of its files as fit into
its time. `SECURE_RAG_FUZZ_S=600 pytest tests/fuzz` looks longer (seconds a target), from the same
beginning; with `SECURE_RAG_FUZZ_SEED=7` at others. What it finds is written to
`tests/fuzz/crashers` under the target's name, and is read again by every run from then on.
"""

from __future__ import annotations

import hashlib
import os
import random
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fuzz.mutations import is_container, spoil, spoil_container
from tests.fuzz.targets import TARGETS, Target

SECONDS = float(os.environ.get("SECURE_RAG_FUZZ_S", "0.8"))
SEED = os.environ.get("SECURE_RAG_FUZZ_SEED", "0")
CRASHERS = Path(__file__).with_name("crashers")
LEAST = 5
"""Files that every target gets, on however slow a machine."""
LONGEST_S = 10.0
"""A single spoilt file that takes longer is a finding."""

pytestmark = [
    pytest.mark.timeout(120 + 3 * SECONDS),
    pytest.mark.filterwarnings("ignore:Duplicate name"),
]


def check(read: object, data: bytes, target: Target) -> None:
    """Read one file; keep it if something else comes out than what is declared."""
    began = time.monotonic()
    try:
        read(data)  # type: ignore[operator]
        assert time.monotonic() - began < LONGEST_S, "too slow"
    except Exception as error:  # noqa: BLE001  that is what is looked for
        folder = CRASHERS / target.name
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / hashlib.sha256(data).hexdigest()[:16]
        path.write_bytes(data)
        pytest.fail(f"{type(error).__name__}: see {path.relative_to(CRASHERS.parent)}")


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_reader_of_spoilt_files_gives_declared_errors_only(target: Target, tmp_path: Path) -> None:
    samples = target.samples(tmp_path)
    draw = random.Random(f"{target.name} {SEED}")
    with ExitStack() as stack:
        read = target.open(stack, tmp_path)
        for sample in samples:
            check(read, sample, target)
        end, count = time.monotonic() + SECONDS, 0
        while count < LEAST or time.monotonic() < end:
            data = draw.choice(samples)
            change = spoil_container if is_container(data) else spoil
            check(read, change(draw, data, samples), target)
            count += 1


KEPT = sorted(path for path in CRASHERS.glob("*/*") if path.is_file())


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_reader_of_kept_crasher_gives_declared_errors_only(path: Path, tmp_path: Path) -> None:
    target = next(one for one in TARGETS if one.name == path.parent.name)
    target.samples(tmp_path)
    with ExitStack() as stack:
        check(target.open(stack, tmp_path), path.read_bytes(), target)
