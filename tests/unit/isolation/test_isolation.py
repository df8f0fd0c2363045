"""Isolation, tried from child processes: the filter cannot be taken off again."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

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
    probes = evidence["probes"]
    assert evidence["seccomp"] == "enforced" and evidence["threads"] == 1
    assert probes.pop("file", "EACCES") == "EACCES"
    assert set(probes.values()) == {"EPERM"}
    assert {"AF_INET", "AF_INET6", "AF_UNIX", "AF_VSOCK", "io_uring_setup", "connect"} <= set(
        probes
    )


def test_probe_without_the_filter_finds_every_way_open() -> None:
    """The control: none of the probes gives EPERM by itself."""
    body = """
        from secure_rag.errors import IsolationError
        from secure_rag.isolation import selftest
        try: selftest.probe()
        except IsolationError as error: print(error.message)
    """
    said = run(body).stdout
    for name in ("AF_INET", "AF_UNIX", "connect", "recvmsg", "pidfd_getfd", "sendto", "TIOCSTI"):
        assert name in said


SOCKET_CALLS = {
    "connect": "pair[0].connect(path)",
    "bind": "pair[0].bind(path + '2')",
    "listen": "pair[0].listen()",
    "accept": "pair[0].accept()",
    "sendto an address": "pair[0].sendto(b'x', path)",
    "sendmsg": "pair[0].sendmsg([b'x'])",
    "recvmsg": "pair[1].send(b'x'); pair[0].recvmsg(1)",
    "pair of another family": "socket.socketpair(30, socket.SOCK_DGRAM)",
}


@pytest.mark.parametrize("call", SOCKET_CALLS)
def test_enter_pair_of_sockets_reaches_nobody_else(call: str, tmp_path: Path) -> None:
    """A pair of datagram sockets could otherwise be connected to a server, such as syslog's."""
    body = f"""
        import socket
        path = sys.argv[1]
        pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        enter(write=[Path(path).parent], keep=[one.fileno() for one in pair])
        pair[1].send(b"x"); assert pair[0].recv(1) == b"x"
        try: {SOCKET_CALLS[call]}
        except PermissionError: print("denied")
        except OSError as error: print(error)
    """
    assert run(body, str(tmp_path / "server")).stdout.strip() == "denied"


def test_enter_keystrokes_for_the_terminal_are_denied() -> None:
    """Typing a command into the terminal would let the user's shell run it afterwards."""
    body = """
        import fcntl, os, termios
        leader, follower = os.openpty()
        os.setsid(); fcntl.ioctl(follower, termios.TIOCSCTTY, 0)
        enter(keep=[leader, follower])
        assert len(fcntl.ioctl(follower, termios.TIOCGWINSZ, bytes(8))) == 8
        for request in (termios.TIOCSTI, 0x541C, termios.TIOCSTI | 1 << 32):
            try: fcntl.ioctl(follower, request, b"x")
            except (PermissionError, OverflowError): print("denied")
    """
    assert run(body).stdout.split() == ["denied"] * 3


def test_enter_stray_descriptors_are_closed_and_named_ones_stay(tmp_path: Path) -> None:
    body = """
        import os, socket, sys
        kept, named, stray = (os.open(os.devnull, os.O_RDONLY) for _ in range(3))
        listener = socket.socket(socket.AF_INET).detach()
        evidence = enter(keep=[kept], read=[Path(f"/dev/fd/{named}")])
        for descriptor in (0, 1, 2, kept, named): os.fstat(descriptor)
        for descriptor in (stray, listener):
            try: os.fstat(descriptor)
            except OSError: print("closed")
        print(evidence.closed >= 2)
    """
    assert run(body).stdout.split() == ["closed", "closed", "True"]


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_NETLINK"])
def test_enter_socket_as_standard_input_is_refused(family: str) -> None:
    body = f"""
        import os, socket
        from secure_rag.errors import IsolationError
        os.dup2(socket.socket(socket.{family}, socket.SOCK_DGRAM).detach(), 0)
        try: enter()
        except IsolationError as error: print(error.exit_code.name)
    """
    assert run(body).stdout.strip() == "REFUSED"


def test_enter_switches_online_features_of_libraries_off() -> None:
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "DO_NOT_TRACK", "ORT_DISABLE_TELEMETRY")
    body = f"import os\nenter()\nprint([os.environ.get(name) for name in {names!r}])\n"
    assert run(body).stdout.strip() == str(["1"] * 4)


def test_enter_memory_is_hidden() -> None:
    body = """
        import ctypes, resource
        enter()
        print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), *resource.getrlimit(resource.RLIMIT_CORE))
    """
    assert run(body).stdout.split() == ["0", "0", "0"]


def test_enter_network_is_empty_or_says_why() -> None:
    body = """
        evidence = enter()
        lines = Path("/proc/self/net/dev").read_text().splitlines()[2:]
        routes = Path("/proc/self/net/route").read_text().splitlines()[1:]
        print(evidence.network); print(len(routes), *(line.split(":")[0].strip() for line in lines))
    """
    said, seen = run(body).stdout.splitlines()
    if said == "empty":
        assert seen.startswith("0 ")
    else:
        assert said.startswith("shared: ")


def test_enter_threads_before_stay_where_they_are_and_are_filtered() -> None:
    body = """
        import threading
        go = threading.Event()
        thread = threading.Thread(target=go.wait); thread.start()
        evidence = enter(); print(evidence.threads, evidence.network); go.set()
    """
    assert run(body).stdout.strip() in ("2 shared: threads", "2 empty")


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
        evidence = enter()
        assert os.getuid() == 65534
        print(evidence.seccomp, evidence.network)
    """
    seen = run(body).stdout.strip()
    if seen == "unmapped":
        pytest.skip("this user namespace maps no other user than root")
    assert seen.startswith("enforced ")


def test_enter_unknown_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from secure_rag.errors import IsolationError
    from secure_rag.isolation import enter

    machine = SimpleNamespace(machine="riscv64")
    monkeypatch.setattr(os, "uname", lambda: machine)
    with pytest.raises(IsolationError, match="not enforced") as caught:
        enter()
    assert caught.value.hint


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_command_on_another_system_says_not_enforced_and_stops(system: str) -> None:
    """Only the name of the system is changed: the rest of the command runs as it is."""
    body = f"""
        from secure_rag.cli.main import run
        sys.platform = "{system}"
        sys.argv = ["secure-rag", "doctor"]
        sys.exit(run())
    """
    done = run(body)
    assert done.returncode == 6, done.stderr
    assert "not enforced" in done.stderr and done.stdout == ""
