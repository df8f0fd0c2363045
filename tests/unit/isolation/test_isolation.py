"""Isolation, tried from child processes: the filter cannot be taken off again."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from secure_rag.isolation import landlock

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="isolation is Linux only")


def run(body: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = "from secure_rag.isolation import enter\nfrom pathlib import Path\nimport sys\n"
    done = subprocess.run(
        [sys.executable, "-c", script + textwrap.dedent(body), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done


SOCKETS = {
    "tcp": "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
    "udp": "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "tcp6": "import socket; socket.socket(socket.AF_INET6, socket.SOCK_STREAM)",
    "unix": "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)",
    "netlink": "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "raw": "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    "mptcp": "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)",
    "ctypes": (
        "import ctypes, os; l = ctypes.CDLL(None, use_errno=True)\n"
        "r = l.socket(2, 2, 0)\n"
        "if r < 0: raise PermissionError(ctypes.get_errno(), 'x')"
    ),
    "child": (
        "import subprocess\n"
        "code = 'import socket; socket.socket()'\n"
        "r = subprocess.run([sys.executable, '-c', code], capture_output=True)\n"
        "if r.returncode and b'PermissionError' in r.stderr: raise PermissionError(1, 'x')"
    ),
    "thread": (
        "import socket, threading\n"
        "caught = []\n"
        "def go():\n"
        "    try: socket.socket()\n"
        "    except PermissionError as e: caught.append(e)\n"
        "t = threading.Thread(target=go); t.start(); t.join()\n"
        "if caught: raise caught[0]"
    ),
}


@pytest.mark.parametrize("route", SOCKETS)
def test_enter_every_route_to_a_socket_is_denied(route: str) -> None:
    body = "enter()\ntry:\n" + textwrap.indent(SOCKETS[route], "    ")
    body += "\nexcept PermissionError: print('denied')\nelse: print('open')\n"
    assert run(body).stdout.strip() == "denied"


@pytest.mark.parametrize("route", [name for name in SOCKETS if name not in ("raw", "mptcp")])
def test_without_enter_the_same_routes_are_open(route: str) -> None:
    body = "try:\n" + textwrap.indent(SOCKETS[route], "    ")
    body += "\nexcept PermissionError: print('denied')\nelse: print('open')\n"
    assert run(body).stdout.strip() == "open"


def test_enter_thread_started_before_is_denied_too() -> None:
    body = """
        import socket, threading
        go, seen = threading.Event(), []
        def later():
            go.wait()
            try: socket.socket()
            except PermissionError: seen.append("denied")
        t = threading.Thread(target=later); t.start()
        enter(); go.set(); t.join(); print(seen)
    """
    assert run(body).stdout.strip() == "['denied']"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="32-bit calls exist on x86-64 only")
def test_enter_foreign_architecture_call_kills() -> None:
    body = """
        import ctypes, mmap
        enter()
        # mov eax, 359 (socket of i386); int 0x80; ret
        page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(bytes([0xB8, 0x67, 0x01, 0, 0, 0xCD, 0x80, 0xC3]))
        address = ctypes.addressof(ctypes.c_char.from_buffer(page))
        print(ctypes.CFUNCTYPE(ctypes.c_int)(address)())
    """
    done = run(body)
    assert done.returncode == -31 and done.stdout == ""


def test_enter_socketpair_still_works() -> None:
    assert run("enter(); import socket; socket.socketpair(); print('ok')").stdout.strip() == "ok"


def test_enter_evidence_names_every_probe() -> None:
    done = run("import json; print(json.dumps(enter().to_dict()))")
    evidence = json.loads(done.stdout)
    assert evidence["seccomp"] == "enforced"
    assert set(evidence["probes"].values()) == {"EPERM"}
    assert {"AF_INET", "AF_INET6", "AF_UNIX", "AF_VSOCK", "io_uring"} <= set(evidence["probes"])


def test_enter_open_internet_socket_is_refused() -> None:
    body = """
        import socket
        from secure_rag.errors import IsolationError
        held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        held.bind(("127.0.0.1", 0)); held.listen()
        try: enter()
        except IsolationError as error: print(error.exit_code.name)
    """
    assert run(body).stdout.strip() == "REFUSED"


@pytest.mark.skipif(landlock.abi() == 0, reason="this kernel has no Landlock")
def test_enter_files_that_were_not_named_are_closed(tmp_path: Path) -> None:
    allowed, closed = tmp_path / "allowed", tmp_path / "closed"
    for folder in (allowed, closed):
        folder.mkdir()
        (folder / "file").write_text("x")
    body = """
        allowed, closed = Path(sys.argv[1]), Path(sys.argv[2])
        enter(read=[allowed])
        print((allowed / "file").read_text())
        for act in (lambda: (closed / "file").read_text(),
                    lambda: (allowed / "file").write_text("y"),
                    lambda: (closed / "new").write_text("y")):
            try: act()
            except PermissionError: print("denied")
            else: print("open")
    """
    done = run(body, str(allowed), str(closed))
    assert done.stdout.split() == ["x", "denied", "denied", "denied"]


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to become nobody")
def test_enter_works_without_root() -> None:
    body = """
        import os
        try:
            os.setgroups([]); os.setgid(65534); os.setuid(65534)
        except OSError:
            print("unmapped"); sys.exit()
        print(enter().seccomp)
    """
    seen = run(body).stdout.strip()
    if seen == "unmapped":
        pytest.skip("this user namespace maps no other user than root")
    assert seen == "enforced"


def test_enter_unknown_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from secure_rag.errors import IsolationError
    from secure_rag.isolation import seccomp

    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(IsolationError) as caught:
        seccomp.install()
    assert caught.value.hint
