"""Enter isolation, in this order, and look afterwards whether it holds.

1. stop on a system without a filter; switch libraries' online features off (courtesy);
2. close the descriptors that nobody needs, refuse if a network socket is among the rest;
3. a network namespace without addresses, where the system allows (recorded);
4. hide this process's memory: a core dump would hold what was read;
5. Landlock file rules, where the kernel has them (recorded);
6. the seccomp filter, mandatory;
7. self-test: each way out is tried, and each thread's state read from the kernel.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from secure_rag.errors import IsolationError
from secure_rag.isolation import descriptors, landlock, namespace, seccomp, selftest

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
_RLIMIT_CORE, _PR_SET_DUMPABLE = 4, 4
_DEVICES = ("/dev/null", "/dev/shm", "/dev/tty", "/dev/pts")


@dataclass(frozen=True)
class Evidence:
    """What is enforced in this process, measured after the fact."""

    seccomp: str
    """`enforced`, or `none` under `--unsafe-no-isolation`."""
    landlock_abi: int
    """0 where the kernel has no Landlock: files are then not restricted."""
    probes: dict[str, str]
    """What each forbidden call gave, by name."""
    network: str = "shared"
    """`empty`: a network namespace without an address. `shared: ` and why there is none."""
    threads: int = 0
    """Threads at that moment, each seen to be filtered; 0 where `/proc` does not tell."""
    closed: int = 0
    """Descriptors that were closed."""

    def to_dict(self) -> dict[str, object]:
        return asdict(self)


def enter(
    *,
    read: Sequence[Path] = (),
    write: Sequence[Path] = (),
    keep: Collection[int] = (),
) -> Evidence:
    """Deny sockets, and files other than the system's and the named ones, for good.

    Args:
        read: files and folders this run reads (models, documents, policies).
        write: files and folders it writes, and may read (workspace, `-o` folder, temp).
        keep: descriptors besides 0 to 2 that stay open; those that a path names stay too.

    Raises:
        IsolationError: if the filter cannot be set, or a probe gets through.
    """
    seccomp.require_support()
    os.environ.update(_OFFLINE)
    closed = descriptors.close_strays({*keep, *descriptors.named_by([*read, *write])})
    descriptors.refuse_sockets()
    network = namespace.enter()
    hide_memory()
    version, is_root_closed = _restrict_files(read, write)
    seccomp.install()
    probes = selftest.probe()
    if is_root_closed:
        probes["file"] = _closed_file()
    return Evidence("enforced", version, probes, network, selftest.filtered_threads(), closed)


def unenforced() -> Evidence:
    """Return the evidence of a run under `--unsafe-no-isolation`."""
    return Evidence("none", 0, {})


def seal() -> None:
    """Give up all but reading what is open and thinking: after `enter`, and all imports.

    Raises:
        IsolationError: if the kernel does not take the filter, or a probe gets through.
    """
    seccomp.seal()
    selftest.probe_seal()


def hide_memory() -> None:
    """Forbid core dumps and reading by other programs of the user; `exec` takes half of it off.

    Every process that holds raw text calls it once it runs.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    none = (ctypes.c_ulong * 2)(0, 0)
    if libc.setrlimit(_RLIMIT_CORE, none) or libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise IsolationError("the kernel refused to hide this process's memory")


def _restrict_files(read: Sequence[Path], write: Sequence[Path]) -> tuple[int, bool]:
    """Set the file rules; return the kernel's version of them, and whether `/` must be closed."""
    interpreter = {sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.realpath(sys.executable)}
    package = Path(__file__).resolve().parents[2]
    readable = [*map(Path, _SYSTEM), *map(Path, interpreter), package, *read]
    readable += [Path(entry) for entry in sys.path if entry]
    writable = [*map(Path, _DEVICES), *write]
    try:
        version = landlock.restrict(read=readable, write=writable)
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, "error")
        raise IsolationError(
            f"the kernel refused the file rules: {error.strerror}: {name}"
        ) from None
    return version, version > 0 and not _hold_root([*readable, *writable])


def _hold_root(paths: Iterable[Path]) -> bool:
    root = os.stat("/")
    for path in paths:
        try:
            found = path.stat()
        except OSError:
            continue
        if (found.st_dev, found.st_ino) == (root.st_dev, root.st_ino):
            return True
    return False


def _closed_file() -> str:
    outcome = selftest.closed_root()
    if outcome != "EACCES":
        raise IsolationError("isolation self-test failed: a folder that was not named is open")
    return outcome
