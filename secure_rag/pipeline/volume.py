"""Say whether a folder lies on an encrypted volume, as far as the kernel tells.

Asked are `/proc/self/mountinfo` (proc_pid_mountinfo(5)) and `/sys/dev/block`: a device is
encrypted where it, or every device that it is made of, is a dm-crypt mapping (the uuid of the
mapping begins with `CRYPT-`). A file system may encrypt by itself; those known are named.
What cannot be told (a container's overlay, a network file system, ZFS) is said to be so.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

_ENCRYPTING = frozenset({"ecryptfs", "fuse.gocryptfs", "fuse.cryfs", "fuse.encfs", "fuse.securefs"})
_IN_MEMORY = frozenset({"tmpfs", "ramfs"})
_OCTAL = re.compile(r"\\([0-7]{3})")
_DEEPEST = 8


@dataclass(frozen=True)
class Volume:
    """What is known of the volume below a folder."""

    is_encrypted: bool | None
    """None where it cannot be told."""
    detail: str


def look_at_volume(
    folder: Path,
    *,
    mountinfo: Path = Path("/proc/self/mountinfo"),
    blocks: Path = Path("/sys/dev/block"),
) -> Volume:
    """Return what the kernel tells of the volume that a folder lies on.

    Args:
        folder: which folder.
        mountinfo: the table of mounts.
        blocks: where block devices are described, by their numbers.
    """
    try:
        mount = _mount_of(os.path.realpath(folder), mountinfo.read_text("utf-8", "replace"))
    except OSError:
        mount = None
    if mount is None:
        return Volume(None, "the table of mounts cannot be read")
    device, kind, source = mount
    if kind in _ENCRYPTING:
        return Volume(True, f"{kind} encrypts its files")
    if kind in _IN_MEMORY:
        return Volume(None, f"{kind} lies in memory; whether swap is encrypted cannot be told")
    if device.startswith("0:"):
        # Btrfs numbers its subvolumes so; its source is a device all the same.
        device = _numbers(source) or ""
    block = blocks / device if device else None
    if block is None or not block.exists():
        return Volume(None, f"{kind} here shows no device that could be looked at")
    if _is_crypt(block, _DEEPEST):
        return Volume(True, f"{kind} on a dm-crypt device")
    return Volume(False, f"{kind} on a device without dm-crypt")


def _mount_of(folder: str, table: str) -> tuple[str, str, str] | None:
    """Return device numbers, type and source of the mount that a folder lies in."""
    best: tuple[int, tuple[str, str, str]] | None = None
    for line in table.splitlines():
        left, _, right = line.partition(" - ")
        fields, ends = left.split(), right.split()
        if len(fields) < 5 or len(ends) < 2:
            continue
        point = _plain(fields[4])
        is_above = point == "/" or folder == point or folder.startswith(point + "/")
        # Of two mounts at one place the later one hides the other.
        if is_above and (best is None or len(point) >= best[0]):
            best = len(point), (fields[2], ends[0], _plain(ends[1]))
    return best[1] if best else None


def _plain(text: str) -> str:
    return _OCTAL.sub(lambda match: chr(int(match.group(1), 8)), text)


def _numbers(source: str) -> str | None:
    try:
        found = os.stat(source)
    except OSError:
        return None
    return f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}" if found.st_rdev else None


def _is_crypt(block: Path, depth: int) -> bool:
    """Say whether a device, or each one that it is made of, is a dm-crypt mapping."""
    try:
        if (block / "dm" / "uuid").read_text().startswith("CRYPT-"):
            return True
    except OSError:
        pass
    try:
        below = sorted((block / "slaves").iterdir())
    except OSError:
        below = []
    return bool(below) and depth > 0 and all(_is_crypt(one, depth - 1) for one in below)
