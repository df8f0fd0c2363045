"""Try every way out of a process that is known, and print what each gave.

    python -m tests.assets.canary open|filtered

It is given, as an attacker would wish: a Unix pair to an accomplice as descriptor 0, an
internet socket as descriptor 77, the path of a server that forwards what it hears in DEPUTY.
With `filtered` it enters isolation first; a thread of its own waits since before that.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import mmap
import os
import platform
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

PEER = "10.99.7.7"
LIBC = ctypes.CDLL(None, use_errno=True)
IS_X86 = platform.machine() == "x86_64"


def send(number: int, how: str) -> None:
    """Send a datagram through a descriptor, by the C library."""
    address = bytes([2, 0, 0, 9, 10, 99, 7, 7]) + bytes(8)
    data = f"canary-{how}".encode()
    if LIBC.sendto(number, data, len(data), 0, address, 16) < 0:
        raise OSError(ctypes.get_errno(), how)


def fail_if_negative(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno() or -result, "call")
    return result


def tcp(protocol: int = 0) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol) as one:
        one.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            one.connect((PEER, 443))


def udp() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"canary-udp", (PEER, 9))


def udp6() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as one:
        one.sendto(b"canary-udp6", ("fd99::7", 9))


def dns() -> None:
    """Ask for a name. Nobody answers: what counts is whether the question was on the wire."""
    try:
        socket.getaddrinfo("canary-dns.example", 443)
    except socket.gaierror:
        raise OSError(errno.EAGAIN, "dns") from None


def by_unix() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.connect(os.environ["DEPUTY"])


def icmp() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as one:
        one.sendto(b"\x08\x00\xf7\xff" + bytes(4), (PEER, 0))


def fast_open() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as one:
        one.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            one.sendto(b"canary-tfo", 0x20000000, (PEER, 443))


def by_ctypes() -> None:
    send(fail_if_negative(LIBC.socket(2, 2, 0)), "ctypes")


def by_child() -> None:
    code = "import tests.assets.canary as c\ntry: c.udp()\nexcept PermissionError: exit(13)"
    done = subprocess.run([sys.executable, "-c", code], check=False)
    if done.returncode == 13:
        raise PermissionError(errno.EPERM, "child")
    assert done.returncode == 0


def by_pair_to_server() -> None:
    """A datagram pair that is connected to a server which forwards, such as the system log's."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        one.connect(os.environ["DEPUTY"])
        one.send(b"canary-deputy")


def by_passed_descriptor() -> None:
    with socket.socket(fileno=os.dup(0)) as accomplice:
        accomplice.send(b"please")
        _, descriptors, _, _ = socket.recv_fds(accomplice, 10, 1)
    send(descriptors[0], "passed")


def by_inherited_descriptor() -> None:
    send(77, "inherited")


def by_taken_descriptor() -> None:
    parent = fail_if_negative(LIBC.syscall(434, os.getppid(), 0))
    send(fail_if_negative(LIBC.syscall(438, parent, int(os.environ["TAKE"]), 0)), "taken")


def machine_code(code: bytes) -> int:
    """Return the address of executable code; the pages stay for good."""
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    KEPT.append(page)
    return ctypes.addressof(ctypes.c_char.from_buffer(page))


KEPT: list[object] = []


def in_fork(call: Callable[[], int], how: str) -> None:
    """Run a call that may kill the process; a kill by the filter counts as a denial."""
    child = os.fork()
    if child == 0:
        try:
            result = call()
            if result >= 0:
                send(result, how)
            os._exit(0 if result >= 0 else ctypes.get_errno() or min(-result, 254))
        finally:
            os._exit(255)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == -signal.SIGSYS:
        raise PermissionError(errno.EPERM, "killed by SIGSYS")
    if code:
        raise OSError(code, how)


def by_32_bit_call() -> None:
    # mov eax, 359 (socket of i386); mov ebx, 2; mov ecx, 2; xor edx, edx; int 0x80; ret
    code = bytes.fromhex("53b867010000bb02000000b90200000031d2cd805bc3")
    in_fork(ctypes.CFUNCTYPE(ctypes.c_int)(machine_code(code)), "32bit")


def by_x32_call() -> None:
    in_fork(lambda: int(LIBC.syscall(0x40000000 | 41, 2, 2, 0)), "x32")


def native_thread() -> tuple[Callable[[], None], list[int]]:
    """Start a thread of pure machine code that waits on a pipe, then makes a socket."""
    reading, writing = os.pipe()
    code = (
        bytes.fromhex("4883ec10")  # sub rsp, 16
        + b"\x31\xc0\xbf"
        + reading.to_bytes(4, "little")  # read(reading, rsp, 1)
        + bytes.fromhex("4889e6ba010000000f05")
        + bytes.fromhex("b829000000bf02000000be0200000031d20f05")  # socket(2, 2, 0)
        + bytes.fromhex("4883c410c3")  # add rsp, 16; ret
    )
    thread = ctypes.c_ulong()
    start = ctypes.c_void_p(machine_code(code))
    assert LIBC.pthread_create(ctypes.byref(thread), None, start, None) == 0

    def finish() -> None:
        os.write(writing, b"x")
        result = ctypes.c_long()
        LIBC.pthread_join(thread, ctypes.byref(result))
        if result.value < 0:
            raise OSError(-result.value, "thread")
        send(result.value, "thread")

    return finish, [reading, writing]


def python_thread() -> Callable[[], None]:
    """Start a thread that waits, then sends."""
    go, caught = threading.Event(), []

    def later() -> None:
        go.wait()
        try:
            udp()
        except OSError as error:
            caught.append(error)

    thread = threading.Thread(target=later, daemon=True)
    thread.start()

    def finish() -> None:
        go.set()
        thread.join()
        if caught:
            raise caught[0]

    return finish


def outcome(route: Callable[[], object]) -> str:
    try:
        route()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "error")
    return "open"


def main(mode: str) -> None:
    routes: dict[str, Callable[[], object]] = {
        "tcp": tcp,
        "udp": udp,
        "udp6": udp6,
        "dns": dns,
        "icmp": icmp,
        "mptcp": lambda: tcp(262),
        "fast open": fast_open,
        "vsock": lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close(),
        "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close(),
        "unix": by_unix,
        "io_uring": lambda: fail_if_negative(LIBC.syscall(425, 1, bytes(120))),
        "ctypes": by_ctypes,
        "child": by_child,
        "thread from before": python_thread(),
        "pair to a server": by_pair_to_server,
        "passed descriptor": by_passed_descriptor,
        "inherited descriptor": by_inherited_descriptor,
        "taken descriptor": by_taken_descriptor,
    }
    keep: list[int] = []
    if IS_X86:
        routes["native thread from before"], keep = native_thread()
        routes["32-bit call"] = by_32_bit_call
        routes["x32 call"] = by_x32_call
    if mode == "filtered":
        from secure_rag.isolation import enter

        enter(read=[Path.cwd()], keep=keep)
    gave = {name: outcome(route) for name, route in routes.items()}
    sys.stdout.write(json.dumps(gave))


if __name__ == "__main__":
    main(sys.argv[1])
