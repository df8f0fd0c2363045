"""The reveal process, really started: what it gives, refuses and never leaks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from secure_rag.errors import ExitCode, VaultError
from secure_rag.isolation import landlock
from secure_rag.vault import private
from secure_rag.vault.placeholders import new_placeholder
from secure_rag.vault.store import Vault

ROOT = Path(__file__).resolve().parents[3]
CANARY = "Quentin Canary-Example"
PATH = "/home/clerk/Quentin/letter \udce9.docx"


@pytest.fixture
def placeholder(place) -> str:
    domain = place.domain()
    domain.seal_source("7Q2F9KX3M4", PATH)
    return domain.issue("PERSON", CANARY, ["quentin canary-example"])


def ask(place, *names: str, key_file: Path | None = None, domain: str = "default"):
    key = key_file or place.key_file
    return private.reveal(place.folder, key_file=key, domain=domain, placeholders=names)


def raw(request: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "secure_rag.vault.reveal"],
        input=request,
        capture_output=True,
        cwd=ROOT,
        check=False,
    )


def test_reveal_gives_issued_placeholders_and_leaves_out_all_else(place, placeholder):
    forged = [
        new_placeholder("PERSON"),
        placeholder.lower(),
        placeholder[1:-1],
        placeholder + " ",
        placeholder.replace("PERSON", "LOCATION"),
        "<PERSON_1>",
        "",
        "' OR 1=1 --",
        "\0",
        CANARY,
    ]
    assert ask(place, placeholder, *forged) == {placeholder: CANARY}
    assert ask(place, *forged) == {}
    assert ask(place, placeholder, domain="other") == {}
    assert ask(place) == {}


def test_open_sources_gives_paths_as_they_were(place, placeholder):
    found = private.open_sources(
        place.folder, key_file=place.key_file, domain="default", documents=["7Q2F9KX3M4", "no"]
    )
    assert found == {"7Q2F9KX3M4": PATH}


def test_reveal_by_descriptor_needs_no_key_file(place, placeholder):
    descriptor = os.open(place.key_file, os.O_RDONLY)
    Vault.open(place.folder, key_fd=descriptor)
    place.key_file.unlink()
    found = private.reveal(
        place.folder, key_fd=descriptor, domain="default", placeholders=[placeholder]
    )
    os.close(descriptor)
    assert found == {placeholder: CANARY}


def test_reveal_by_pipe_works_after_the_lookup_read_it(place, placeholder):
    reader, writer = os.pipe()
    os.write(writer, place.key_file.read_bytes())
    os.close(writer)
    place.key_file.unlink()
    assert Vault.open(place.folder, key_fd=reader).domain("default").is_issued(placeholder)
    found = private.reveal(
        place.folder, key_fd=reader, domain="default", placeholders=[placeholder]
    )
    os.close(reader)
    assert found == {placeholder: CANARY}


def test_reveal_without_or_with_another_key_is_exit_6(place, placeholder):
    other = place.root / "other.key"
    Vault.create(place.root / "other", vault_id="0123456789abcdef", key_file=other)
    for key_file, code in ((other, "vault.wrong_key"), (place.root / "no.key", "vault.locked")):
        with pytest.raises(VaultError) as caught:
            ask(place, placeholder, key_file=key_file)
        assert caught.value.code == code
        assert caught.value.exit_code == ExitCode.REFUSED
        assert "--key-file" in (caught.value.hint or "")


def test_reveal_with_the_lookup_secret_alone_is_refused(place, placeholder):
    text = place.key_file.read_text()
    lookup = next(line for line in text.splitlines() if line.startswith("lookup"))
    lines = [line for line in text.splitlines() if not line.startswith("reveal")]
    for reveal, code in (
        ([], "vault.lookup_only"),
        ([lookup.replace("lookup", "reveal")], "vault.wrong_key"),
    ):
        place.key_file.write_text("\n".join([*lines, *reveal]) + "\n")
        place.open()
        with pytest.raises(VaultError) as caught:
            ask(place, placeholder)
        assert caught.value.code == code


def test_reveal_after_a_killed_writer_rolls_back_and_answers(place, placeholder):
    program = """
import os, sys
from pathlib import Path
from secure_rag.vault.store import Vault
domain = Vault.open(Path(sys.argv[1]), key_file=Path(sys.argv[2])).domain("default")
with domain.batch() as records:
    records._execute("PRAGMA cache_spill = 1")
    records._execute("PRAGMA cache_size = 1")
    for number in range(300):
        domain.issue("PERSON", "Somebody", [f"form {number}"])
    os.kill(os.getpid(), 9)
"""
    arguments = [str(place.folder), str(place.key_file)]
    subprocess.run([sys.executable, "-c", program, *arguments], cwd=ROOT, check=False)
    assert (place.folder / "default" / "records.db-journal").exists()
    assert ask(place, placeholder) == {placeholder: CANARY}
    assert place.domain().lookup("PERSON", "form 1") == ()


def test_reveal_erased_value_is_left_out(place, placeholder):
    place.domain().erase(placeholder)
    assert ask(place, placeholder) == {}


@pytest.mark.parametrize(
    "request_bytes",
    [b"", b"{}", b"[]", b"null", b'{"format": 2}', b"\xff" * 100, b"[" * 100_000],
    ids=["empty", "object", "list", "null", "format", "binary", "nested"],
)
def test_reveal_process_bad_request_says_nothing(request_bytes):
    done = raw(request_bytes)
    assert done.returncode != 0
    assert done.stdout == b""
    assert b"Traceback" not in done.stderr


def test_reveal_process_unknown_act_gives_no_value(place, placeholder):
    request = {
        "format": 1,
        "act": "everything",
        "vault": str(place.folder),
        "key_file": str(place.key_file),
        "key_fd": None,
        "domain": "default",
        "names": [placeholder],
    }
    done = raw(json.dumps(request).encode())
    assert (done.returncode != 0, done.stdout, done.stderr) == (True, b"", b"")


def test_reveal_damaged_record_error_shows_no_value(place, placeholder):
    path = place.folder / "default" / "subjects.keys"
    content = bytearray(path.read_bytes())
    content[-30] ^= 1
    content[64 + 20] ^= 1
    path.write_bytes(content)
    with pytest.raises(VaultError) as caught:
        ask(place, placeholder)
    assert "uentin" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_reveal_child_that_dies_is_exit_6(place, placeholder, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(VaultError) as caught:
        ask(place, placeholder)
    assert caught.value.code == "vault.reveal"


def test_reveal_process_is_isolated_and_hardened(place, placeholder):
    """The process itself is asked, from inside, after it has answered."""
    program = f"""
import json, resource, socket, sys
from secure_rag.vault import reveal
request = json.load(sys.stdin)
values = reveal.answer(request)["values"]
try:
    socket.socket()
    egress = True
except PermissionError:
    egress = False
try:
    open({str(place.root / "elsewhere")!r}, "w")
    writes = True
except OSError:
    writes = False
status = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
locked = int(status["VmLck"].split()[0]) > 0
core = resource.getrlimit(resource.RLIMIT_CORE)
print(json.dumps([len(values), egress, writes, core, locked]))
"""
    request = {
        "format": 1,
        "act": "reveal",
        "vault": str(place.folder),
        "key_file": str(place.key_file),
        "key_fd": None,
        "domain": "default",
        "names": [placeholder],
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(request).encode(),
        capture_output=True,
        cwd=ROOT,
        check=True,
    )
    can_write_elsewhere = landlock.abi() == 0
    *found, is_locked = json.loads(done.stdout)
    assert found == [1, False, can_write_elsewhere, [0, 0]]
    assert is_locked or os.geteuid(), "root's memory can always be locked"


def test_reveal_from_an_isolated_parent_with_threads_works(place, placeholder):
    program = """
import sys, threading
from pathlib import Path
from secure_rag.isolation import enter
folder, key_file, placeholder = sys.argv[1:]
enter(read=[Path(key_file)], write=[Path(folder)])
from secure_rag.vault import private
from secure_rag.vault.store import Vault
threading.Thread(target=threading.Event().wait, daemon=True).start()
vault = Vault.open(Path(folder), key_file=Path(key_file))
assert vault.domain("default").is_issued(placeholder)
arguments = {"key_file": Path(key_file), "domain": "default"}
print(private.reveal(Path(folder), placeholders=[placeholder], **arguments)[placeholder])
"""
    arguments = [str(place.folder), str(place.key_file), placeholder]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, cwd=ROOT, check=False
    )
    assert done.stdout.decode().strip() == CANARY


def test_reveal_passes_no_value_by_argument_environment_or_file(place, placeholder, tmp_path):
    """A stand-in interpreter writes down what the child was started with."""
    spy = tmp_path / "python"
    seen = tmp_path / "seen"
    spy.write_text(
        "#!/bin/sh\n"
        f'{{ echo "$0 $@"; env; pwd; ls -l /proc/self/fd; }} > {seen}\n'
        f'exec {sys.executable} "$@"\n'
    )
    spy.chmod(0o700)
    before = place.content()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECURE_RAG_TEST_SECRET", "Canary")
        patch.setattr(sys, "executable", str(spy))
        assert ask(place, placeholder) == {placeholder: CANARY}
    shown = seen.read_text()
    for word in ("Canary", placeholder, placeholder[1:-1], str(place.key_file), "SECRET"):
        assert word not in shown
    assert place.content() == before
