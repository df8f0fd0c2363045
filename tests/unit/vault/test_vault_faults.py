"""Several processes at once, and processes killed in the middle."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from secure_rag.errors import VaultError
from secure_rag.vault.keys import read_secrets
from secure_rag.vault.reveal import OpenDomain

ROOT = Path(__file__).resolve().parents[3]

ISSUER = """
import sys
from pathlib import Path
from secure_rag.vault.store import Vault
folder, key_file, first, last, size = sys.argv[1:]
domain = Vault.open(Path(folder), key_file=Path(key_file)).domain("default")
numbers = range(int(first), int(last))
for start in range(0, len(numbers), int(size)):
    issued = []
    with domain.batch():
        for number in numbers[start : start + int(size)]:
            form = f"person {number}"
            issued.append((number, domain.lookup_or_issue("PERSON", [form], f"Person {number}")))
    for number, placeholder in issued:
        print(number, placeholder, flush=True)
"""


def issuer(place, first: int, last: int, size: int = 1) -> subprocess.Popen[str]:
    arguments = [str(place.folder), str(place.key_file), str(first), str(last), str(size)]
    return subprocess.Popen(
        [sys.executable, "-c", ISSUER, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def printed(text: str) -> dict[int, str]:
    """Return what a child said it issued; a last line cut by the kill is not said."""
    lines = [line.split() for line in text.splitlines(keepends=True) if line.endswith("\n")]
    return {int(number): placeholder for number, placeholder in lines}


@pytest.mark.parametrize("size", [1, 7])
def test_processes_issuing_at_once_give_one_placeholder_per_form(place, size):
    children = [issuer(place, first, first + 100, size) for first in (0, 50, 25)]
    outputs = [printed(child.communicate(timeout=120)[0]) for child in children]
    assert [child.returncode for child in children] == [0, 0, 0]
    together: dict[int, set[str]] = {}
    for output in outputs:
        for number, placeholder in output.items():
            together.setdefault(number, set()).add(placeholder)
    assert len(together) == 150
    assert all(len(placeholders) == 1 for placeholders in together.values())
    assert len(set.union(*together.values())) == 150
    domain = place.domain()
    for number, (placeholder,) in together.items():
        assert domain.lookup("PERSON", f"person {number}") == (placeholder,)


def test_process_killed_at_random_moments_leaves_a_consistent_vault(place):
    randomness = random.Random(20261122)
    said: dict[int, str] = {}
    for turn in range(12):
        child = issuer(place, 0, 10_000, size=1 + turn % 3)
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(randomness.uniform(0, 0.06))
        os.kill(child.pid, signal.SIGKILL)
        now = printed(first + child.communicate()[0])
        assert all(now[number] == said[number] for number in now.keys() & said.keys())
        said |= now
    domain = place.domain()
    for number, placeholder in said.items():
        assert domain.lookup("PERSON", f"person {number}") == (placeholder,)
    private = OpenDomain(place.folder, "default", read_secrets(place.key_file))
    revealed = private.reveal(said.values())
    assert revealed == {placeholder: f"Person {number}" for number, placeholder in said.items()}
    assert domain.lookup_or_issue("PERSON", ["person 0"], "Person 0") == said[0]


def test_reader_beside_a_writer_is_served(place):
    child = issuer(place, 0, 150)
    assert child.stdout is not None
    number, placeholder = child.stdout.readline().split()
    domain = place.domain()
    while child.poll() is None:
        assert domain.lookup("PERSON", f"person {number}") == (placeholder,)
        number, placeholder = (child.stdout.readline() or f"{number} {placeholder}").split()
    child.communicate()
    assert child.returncode == 0


@contextmanager
def nobody():
    """Act without root's right to write everywhere, if we have it."""
    before = os.geteuid()
    if before == 0:
        try:
            os.seteuid(65534)
        except OSError:
            pytest.skip("this user namespace maps no other user than root")
    try:
        yield
    finally:
        os.seteuid(before)


def test_issue_in_a_folder_that_cannot_be_written_is_refused(place):
    domain = place.domain()
    domain.issue("PERSON", "Somebody", ["somebody"])
    home = place.folder / "default"
    domain.close()
    for path in (home / "records.db", home):
        path.chmod(0o500)
    with nobody(), pytest.raises(VaultError):
        domain.issue("PERSON", "Else", ["else"])


def test_issue_on_a_full_disk_is_refused_and_keeps_nothing(place):
    """A file-size limit stands for the full disk; SIGXFSZ is ignored so that write() fails."""
    program = """
import resource, signal, sys
from pathlib import Path
from secure_rag.errors import SecureRagError
from secure_rag.vault.store import Vault
domain = Vault.open(Path(sys.argv[1]), key_file=Path(sys.argv[2])).domain("default")
domain.issue("PERSON", "Somebody", ["somebody"])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
size = (Path(sys.argv[1]) / "default" / "records.db").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
for number in range(2000):
    try:
        domain.issue("PERSON", "Canary Value", [f"form {number}"] * 3)
    except SecureRagError as error:
        print(number, error.code, error.message)
        break
    except OSError as error:
        print(number, "os", type(error).__name__)
        break
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(place.folder), str(place.key_file)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    number, code, message = done.stdout.split(" ", 2)
    assert code.startswith("vault.")
    assert "Canary" not in message
    domain = place.domain()
    assert domain.lookup("PERSON", f"form {number}") == ()
    assert len(domain.lookup("PERSON", "form 0")) == 1
