"""Keep secrets of this process off the disk: no core dump, no reading by others, no swap."""

from __future__ import annotations

import ctypes
import resource

_PR_SET_DUMPABLE = 4
_LOCK_CURRENT, _LOCK_FUTURE = 1, 2


def harden() -> dict[str, bool]:
    """Do what the system allows and return what it did; call it again once keys are loaded.

    Core dumps go, and with them reading by other processes of the same user. Locking of
    memory is an attempt: a small limit refuses it. Python cannot wipe a `str`; the process
    that calls this lives for one request.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    return {
        "no core dump": True,
        "not dumpable": libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0,
        "memory locked": libc.mlockall(_lock_flags()) == 0,
    }


def _lock_flags() -> int:
    """Lock later memory too only where there is no limit that could make it fail."""
    soft, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    return _LOCK_CURRENT | (_LOCK_FUTURE if soft == resource.RLIM_INFINITY else 0)
