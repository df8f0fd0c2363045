"""Passphrases typed at a real terminal, and keys that come by a descriptor."""

from __future__ import annotations

import os
import pty
import select
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT, Sandbox, make_sandbox

pytestmark = pytest.mark.timeout(300)
PHRASE = "correct horse battery"


class Typed:
    """A command at a terminal of its own, which is its controlling one."""

    def __init__(
        self, sandbox: Sandbox, *arguments: str, key: tuple[str, str] | None = None
    ) -> None:
        self.screen = ""
        named = key or ("--key-file", str(sandbox.key_file))
        command = [sys.executable, "-m", "secure_rag", *arguments]
        command += ["--workspace", str(sandbox.workspace), *named]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb"}
        self._process, self._terminal = pty.fork()
        if self._process == 0:
            try:
                os.chdir(ROOT)
                os.execve(sys.executable, command, environment)
            finally:
                os._exit(127)

    def answer(self, prompt: str, text: str) -> None:
        """Wait for a prompt, then type a line."""
        self._read_until(lambda: self.screen.endswith(prompt))
        assert self.screen.endswith(prompt), self.screen
        self.screen += "|"
        os.write(self._terminal, text.encode() + b"\n")

    def code(self) -> int:
        """Wait for the end; return the exit code."""
        self._read_until(lambda: False)
        return os.waitstatus_to_exitcode(os.waitpid(self._process, 0)[1])

    def _read_until(self, is_there) -> None:
        end = time.monotonic() + 120
        while not is_there():
            assert time.monotonic() < end, self.screen
            if select.select([self._terminal], [], [], 0.2)[0]:
                try:
                    self.screen += os.read(self._terminal, 4096).decode("utf-8", "replace")
                except OSError:  # the other end is closed
                    return


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sandbox, str]:
    """A workspace with one person and no passphrase."""
    home = tmp_path_factory.mktemp("terminal")
    made = make_sandbox(home / "sandbox")
    letter = home / "letter.txt"
    letter.write_text("The lease was signed by Anna Novak in London.\n")
    made.ok("index", "add", letter)
    return made, made.ok("search", "Anna Novak", "--json").json["question"]


@pytest.fixture
def person(base: tuple[Sandbox, str], tmp_path: Path) -> tuple[Sandbox, str]:
    """A copy of its own, and the person's placeholder."""
    return base[0].copy(tmp_path / "own"), base[1]


def test_passwd_and_reveal_ask_at_the_terminal_without_echo(person: tuple[Sandbox, str]) -> None:
    sandbox, placeholder = person
    setting = Typed(sandbox, "vault", "passwd")
    setting.answer("New passphrase of the vault: ", PHRASE)
    setting.answer("Again, passphrase of the vault: ", PHRASE)
    assert setting.code() == 0, setting.screen
    assert PHRASE not in setting.screen
    assert "key file + passphrase" in setting.screen

    asking = Typed(sandbox, "reveal", placeholder, "--reason", "a test")
    asking.answer("Passphrase of the vault: ", PHRASE)
    assert asking.code() == 0, asking.screen
    assert "Anna Novak" in asking.screen and PHRASE not in asking.screen

    wrong = Typed(sandbox, "reveal", placeholder, "--reason", "a test")
    wrong.answer("Passphrase of the vault: ", "not this one")
    assert wrong.code() == 6
    assert "Anna Novak" not in wrong.screen


def test_passwd_two_that_differ_or_a_short_one_change_nothing(person: tuple[Sandbox, str]) -> None:
    sandbox, _ = person
    vault = sandbox.workspace / "vault" / "private.keys"
    before = vault.read_bytes()
    differing = Typed(sandbox, "vault", "passwd")
    differing.answer("New passphrase of the vault: ", "another long one")
    differing.answer("Again, passphrase of the vault: ", "another long two")
    assert differing.code() == 6 and "differ" in differing.screen
    short = Typed(sandbox, "vault", "passwd")
    short.answer("New passphrase of the vault: ", "short")
    assert short.code() == 6 and "8 characters" in short.screen
    assert vault.read_bytes() == before


def test_reveal_with_the_key_on_a_descriptor_asks_at_the_terminal(
    person: tuple[Sandbox, str], tmp_path: Path
) -> None:
    """The key by a pipe, the passphrase by hand: neither is in a file that is named."""
    sandbox, placeholder = person
    phrase = tmp_path / "phrase"
    phrase.write_text(PHRASE + "\n")
    phrase.chmod(0o600)
    sandbox.ok("vault", "passwd", "--new-passphrase-file", phrase)
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)
    os.write(writing, sandbox.key_file.read_bytes())
    os.close(writing)
    asking = Typed(
        sandbox, "reveal", placeholder, "--reason", "a test", key=("--key-fd", str(reading))
    )
    os.close(reading)
    asking.answer("Passphrase of the vault: ", PHRASE)
    assert asking.code() == 0, asking.screen
    assert "Anna Novak" in asking.screen and PHRASE not in asking.screen


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (("search", "Anna Novak"), 6, "no key can be read from descriptor 99"),
        (("vault", "rotate"), 2, "--key-file"),
    ],
    ids=["closed descriptor", "rotate"],
)
def test_key_on_a_descriptor_where_it_cannot_serve_is_refused(
    person: tuple[Sandbox, str], command: tuple[str, ...], code: int, words: str
) -> None:
    sandbox, _ = person
    asking = Typed(sandbox, *command, key=("--key-fd", "99"))
    assert (asking.code(), words in asking.screen) == (code, True), asking.screen
