"""Another user of the system, as a real process: root gives up its number and its groups.

The number has no entry in the user database, which is all the same to the kernel.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT, Done


@dataclass(frozen=True)
class OtherUser:
    """A number, its groups, and an interpreter that it can reach."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    python: Path
    home: Path

    def run(self, *arguments: str | Path, stdin: str | None = None) -> Done:
        """Run the command as this user."""
        done = subprocess.run(
            [self.python, "-m", "secure_rag", *map(str, arguments)],
            user=self.uid,
            group=self.gid,
            extra_groups=self.groups,
            umask=0o077,
            cwd="/",
            env=self._environment(),
            input=None if stdin is None else stdin.encode(),
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            timeout=300,
            check=False,
        )
        return Done(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))

    def can_read(self, path: Path) -> bool:
        """Say whether the kernel lets this user read a file or list a folder."""
        tool = "ls" if path.is_dir() else "cat"
        done = subprocess.run(
            [tool, path], user=self.uid, group=self.gid, extra_groups=self.groups,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        return done.returncode == 0

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("SECURE_RAG_MODELS",) if name in os.environ}
        return {
            **kept,
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.home),
            "USER": "root",
            "LOGNAME": "root",
            "PYTHONPATH": os.pathsep.join(_places()),
            "PYTHONDONTWRITEBYTECODE": "1",
        }


def cannot_be_made() -> str:
    """Return why no other user can be made here; empty if one can."""
    if os.getuid() != 0:
        return "only root can act as another user"
    if not _is_open(ROOT):
        return "the checkout cannot be read by other users"
    return ""


@contextmanager
def interpreter() -> Iterator[Path]:
    """Yield an interpreter that every user can run; linked into an open folder if need be."""
    found = Path(os.path.realpath(sys.executable))
    if _is_open(found):
        yield found
        return
    with tempfile.TemporaryDirectory(prefix="secure-rag-python-", dir="/tmp") as folder:
        home = Path(folder)
        home.chmod(0o755)
        base = Path(sys.base_prefix)
        ignore = shutil.ignore_patterns("site-packages", "test", "__pycache__", "idlelib")
        shutil.copytree(base, home / "python", symlinks=True, ignore=ignore)
        copy = home / "python" / found.relative_to(base.resolve())
        # it must not look for its library where the user cannot look; the name becomes shorter
        old, new = f"{base}/lib".encode() + b"\0", b"$ORIGIN/../lib"
        copy.write_bytes(copy.read_bytes().replace(old, new.ljust(len(old), b"\0")))
        # children that get no environment must find the packages, too
        packages = home / "python" / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
        (packages / "site-packages").mkdir()
        (packages / "site-packages" / "here.pth").write_text("\n".join(_places()))
        yield copy


def user(python: Path, home: Path, number: int, groups: Sequence[int] = ()) -> OtherUser:
    """Return a user with a home of its own, which nobody else can read."""
    folder = home / f"home-{number}"
    folder.mkdir(mode=0o700)
    os.chown(folder, number, number)
    return OtherUser(number, number, tuple(groups), python, folder)


def _places() -> list[str]:
    return [str(ROOT), *(one for one in sys.path if one.endswith("site-packages"))]


def _is_open(path: Path) -> bool:
    folders = [path, *path.resolve().parents]
    return all(one.stat().st_mode & 0o005 == 0o005 for one in folders)
