"""Landlock rules for files, set through ctypes (Linux 5.13 and newer).

Used for files only: its network rules let UDP, DNS and others through
(docs/explanation/threat-model.md). Reading is granted on the system, the
interpreter and the named paths; writing on the named paths alone.
Source of numbers: linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_PR_SET_NO_NEW_PRIVS = 38
_RULE_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE
_ALL_ABI1 = (1 << 13) - 1
_REFER, _TRUNCATE = 1 << 13, 1 << 14


class _Ruleset(ctypes.Structure):
    _fields_ = (("handled_access_fs", ctypes.c_uint64),)


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def abi() -> int:
    """Return the version of the kernel's Landlock interface, 0 where there is none."""
    libc = ctypes.CDLL(None, use_errno=True)
    version = int(libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG))
    return max(version, 0)


def restrict(*, read: Iterable[Path], write: Iterable[Path]) -> int:
    """Restrict this process and its children to the named files; return the ABI version.

    Returns 0, having changed nothing, where the kernel has no Landlock. Paths that
    do not exist or cannot be reached are passed over: they cannot be opened later either.

    Raises:
        OSError: if the kernel has Landlock but refuses the rules.
    """
    version = abi()
    if version == 0:
        return 0
    handled = _ALL_ABI1
    if version >= 2:
        handled |= _REFER
    if version >= 3:
        handled |= _TRUNCATE
    libc = ctypes.CDLL(None, use_errno=True)
    attributes = _Ruleset(handled)
    ruleset = int(
        libc.syscall(
            _CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(ctypes.sizeof(attributes)), 0
        )
    )
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset")
    try:
        for path in read:
            _allow(libc, ruleset, path, _READ)
        for path in write:
            _allow(libc, ruleset, path, handled)
        # without it the kernel takes rules from root alone
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(NO_NEW_PRIVS)")
        if libc.syscall(_RESTRICT_SELF, ruleset, 0) != 0:
            raise OSError(ctypes.get_errno(), "landlock_restrict_self")
    finally:
        os.close(ruleset)
    return version


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, access: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # without a rule it stays closed
    try:
        rights = access if path.is_dir() else access & (_FILE_RIGHTS | _TRUNCATE)
        rule = _PathBeneath(rights, descriptor)
        if libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0) == 0:
            return
        # a pipe, as a shell's `<(command)` names one, is in no file system: rules leave it open
        if ctypes.get_errno() != errno.EBADFD:
            raise OSError(ctypes.get_errno(), "landlock_add_rule")
    finally:
        os.close(descriptor)
