"""A network namespace of its own: no interface, no address, no route. Where the system allows.

It is a second wall behind the socket filter, tried and recorded, never required:

- a privileged process takes a network namespace alone;
- others need a user namespace for it, which maps their own user and group only. Further
  groups would no longer be known by their numbers, and rights that are given to groups
  would not be found, so whoever is in further groups stays where they are;
- whether it works is tried in a child first: some systems let a user namespace be made and
  then refuse its maps, and there is no way back.
"""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

_NEWUSER, _NEWNET = 0x10000000, 0x40000000
_CAPABILITY_VERSION = 0x20080522
EMPTY = "empty"
"""What `state` returns where no address is left to send from or to."""


def enter() -> str:
    """Leave the machine's network if the system allows; return `empty`, or `shared: ` and why."""
    if is_empty():
        return EMPTY
    libc = ctypes.CDLL(None, use_errno=True)
    if len(os.listdir("/proc/self/task")) > 1:
        return "shared: threads"
    if libc.unshare(_NEWNET) == 0:
        return _state()
    if os.getuid() == 0 or {os.getuid(), os.getgid()} != {os.geteuid(), os.getegid()}:
        return f"shared: {_error()}"
    if set(os.getgroups()) - {os.getgid()}:
        return "shared: further groups"
    reason = _trial(libc)
    if reason is not None:
        return f"shared: {reason}"
    _unshare_mapped(libc)
    return _state()


def is_empty() -> bool:
    """Tell whether this process sees no address at all, IPv4 or IPv6."""
    try:
        return not any(
            Path(f"/proc/self/net/{table}").read_bytes().strip()
            for table in ("fib_trie", "if_inet6")
        )
    except OSError:
        return False  # no /proc to look at: nothing is claimed


def _state() -> str:
    return EMPTY if is_empty() else "shared: addresses remain"


def _trial(libc: ctypes.CDLL) -> str | None:
    """Return why a mapped namespace cannot be had, None if a child got one."""
    child = os.fork()
    if child == 0:
        failed = 255
        try:
            _unshare_mapped(libc)
            failed = 0
        except OSError as error:
            failed = min(error.errno or 255, 255)
        finally:
            os._exit(failed)  # whatever happens, the child ends here
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return None if code == 0 else errno.errorcode.get(code, "error")


def _unshare_mapped(libc: ctypes.CDLL) -> None:
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_NEWUSER | _NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    for name, content in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with Path(f"/proc/self/{name}").open("w") as file:
            file.write(content)
    _drop_capabilities(libc)


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Give back the powers that come with a user namespace: over files, they outdo modes."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if libc.capset(header, nothing) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def _error() -> str:
    return errno.errorcode.get(ctypes.get_errno(), "error")
