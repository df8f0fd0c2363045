"""Enter isolation: file rules, socket filter, and a self-test that looks afterwards.

1. switch libraries' online features off (courtesy; the kernel is the proof);
2. refuse if this process already holds an internet socket;
3. Landlock file rules, where the kernel has them (recorded);
4. the seccomp socket filter, mandatory;
5. self-test: every family of sockets must be refused now.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from secure_rag.errors import IsolationError
from secure_rag.isolation import landlock, seccomp

_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "TLDEXTRACT_PUBLIC_SUFFIX_LIST_URLS": "",
}
_SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/etc",
    "/proc",
    "/sys",
    "/dev",
    "/opt",
    "/run/systemd",
)
_DEVICES = ("/dev/null", "/dev/shm", "/dev/tty", "/dev/pts")
_FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16, "AF_VSOCK": 40}
_SOCK_DGRAM = 2


@dataclass(frozen=True)
class Evidence:
    """What is enforced in this process, measured after the fact."""

    seccomp: str
    """`enforced`, or `none` under `--unsafe-no-isolation`."""
    landlock_abi: int
    """0 where the kernel has no Landlock: files are then not restricted."""
    probes: dict[str, str]
    """What each forbidden call gave, by name."""

    def to_dict(self) -> dict[str, object]:
        return asdict(self)


def enter(*, read: Sequence[Path] = (), write: Sequence[Path] = ()) -> Evidence:
    """Deny sockets, and files other than the system's and the named ones, for good.

    Args:
        read: files and folders this run reads (models, documents, policies).
        write: files and folders it writes, and may read (workspace, `-o` folder, temp).

    Raises:
        IsolationError: if the filter cannot be set, or a probe gets through.
    """
    os.environ.update(_OFFLINE)
    _refuse_open_sockets()
    version = _restrict_files(read, write)
    seccomp.install()
    return Evidence("enforced", version, _self_test())


def unenforced() -> Evidence:
    """Return the evidence of a run under `--unsafe-no-isolation`."""
    return Evidence("none", 0, {})


def _restrict_files(read: Sequence[Path], write: Sequence[Path]) -> int:
    interpreter = {sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.realpath(sys.executable)}
    package = Path(__file__).resolve().parents[2]
    readable = [*map(Path, _SYSTEM), *map(Path, interpreter), package, *read]
    readable += [Path(entry) for entry in sys.path if entry]
    writable = [*map(Path, _DEVICES), *write]
    try:
        return landlock.restrict(read=readable, write=writable)
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, "error")
        raise IsolationError(
            f"the kernel refused the file rules: {error.strerror}: {name}"
        ) from None


def _refuse_open_sockets() -> None:
    """Fail if an internet socket is open: filters do not reach sockets made before them.

    Unix sockets are left alone: the parser child talks over an inherited socketpair.
    """
    tables = [Path(f"/proc/self/net/{name}") for name in ("tcp", "tcp6", "udp", "udp6", "raw")]
    inodes = set()
    for table in tables:
        try:
            lines = table.read_text().splitlines()[1:]
        except OSError:
            continue
        inodes |= {line.split()[9] for line in lines}
    for entry in os.listdir("/proc/self/fd"):
        try:
            status = os.fstat(int(entry))
        except OSError:
            continue
        if stat.S_ISSOCK(status.st_mode) and str(status.st_ino) in inodes:
            raise IsolationError(
                f"descriptor {entry} is an internet socket that was opened before isolation",
                hint="start secure-rag without inherited sockets",
            )


def _self_test() -> dict[str, str]:
    """Try what must fail now, and name what each try gave."""
    libc = ctypes.CDLL(None, use_errno=True)
    probes = {}
    for name, family in _FAMILIES.items():
        probes[name] = _outcome(libc.socket(family, _SOCK_DGRAM, 0))
    number = seccomp.denied_calls()["io_uring_setup"]
    probes["io_uring"] = _outcome(libc.syscall(number, 1, None))
    passed = [name for name, outcome in probes.items() if outcome != "EPERM"]
    if passed:
        raise IsolationError(f"isolation self-test failed: {', '.join(passed)} not denied")
    return probes


def _outcome(result: int) -> str:
    if result >= 0:
        os.close(result)
        return "open"
    return errno.errorcode.get(ctypes.get_errno(), "error")
