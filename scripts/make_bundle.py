"""Pack everything an air-gapped machine needs into one folder and one tar file.

    python scripts/make_bundle.py dist

Holds wheels for this Python and this kind of machine (llama.cpp built for any
processor with AVX2, not for this one), the models, the policies and install.sh.
Python itself is not in it: the other machine needs the same minor version.
"""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LLAMA = "llama-cpp-python"


def main(target: Path) -> None:
    """Make the bundle in the folder `target`."""
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    name = f"secure-rag-{version()}-linux-{platform.machine()}-python{python}"
    folder = target.absolute() / name
    shutil.rmtree(folder, ignore_errors=True)
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    say("wheels of the locked packages")
    collect_wheels(wheels)
    say("llama.cpp for other processors")
    run(ROOT / "scripts" / "llama_wheel.py", "wheel", wheels, "--portable")
    say("secure_rag itself")
    run("-m", "pip", "wheel", "-qq", "--no-deps", "--no-build-isolation", "-w", wheels, ROOT)
    say("models")
    run("-m", "secure_rag", "models", "bundle", folder / "models.bundle")
    shutil.copytree(ROOT / "policies", folder / "policies")
    write_installer(folder, python)
    write_sums(folder)
    archive = folder.with_suffix(folder.suffix + ".tar")
    with tarfile.open(archive, "w") as tar:
        tar.add(folder, arcname=name)
    size = archive.stat().st_size // 1_000_000
    print(
        f"    {archive.relative_to(ROOT) if archive.is_relative_to(ROOT) else archive}: {size} MB"
    )


def version() -> str:
    """Return the program's version."""
    text = (ROOT / "secure_rag" / "__init__.py").read_text("utf-8")
    found = re.search(r'__version__ = "([^"]+)"', text)
    if found is None:
        raise SystemExit("secure_rag/__init__.py names no version")
    return found[1]


def collect_wheels(folder: Path) -> None:
    """Download every locked package but llama.cpp."""
    wanted = folder / "requirements.txt"
    wanted.write_text(requirements(), "utf-8")
    options = ("-qq", "--no-deps", "--require-hashes", "--only-binary", ":all:")
    run("-m", "pip", "download", *options, "--dest", folder, "--requirement", wanted)
    wanted.unlink()


def requirements() -> str:
    """Return the runtime lock without llama.cpp's entry, and pip's from the build lock."""
    runtime = _entries(ROOT / "requirements" / "runtime.txt")
    build = _entries(ROOT / "requirements" / "build.txt")
    kept = [text for name, text in runtime.items() if name != LLAMA]
    return "".join([*kept, build["pip"]])


def _entries(path: Path) -> dict[str, str]:
    parts = re.split(r"(?m)^(?=[A-Za-z0-9])", path.read_text("utf-8"))
    return {part.partition("==")[0]: part for part in parts if "==" in part}


def write_installer(folder: Path, python: str) -> None:
    """Copy install.sh with the Python version and the machine type filled in."""
    text = (ROOT / "scripts" / "install.sh").read_text("utf-8")
    text = text.replace("@PYTHON@", python).replace("@MACHINE@", platform.machine())
    (folder / "install.sh").write_text(text, "utf-8")
    (folder / "install.sh").chmod(0o755)


def write_sums(folder: Path) -> None:
    """Write SHA256SUMS over all files, for `sha256sum --check`."""
    lines = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            lines.append(f"{digest}  {path.relative_to(folder)}\n")
    (folder / "SHA256SUMS").write_text("".join(lines), "utf-8")


def run(*arguments: str | Path) -> None:
    """Run this Python with arguments; stop if it fails."""
    done = subprocess.run([sys.executable, *map(str, arguments)], cwd=ROOT, check=False)
    if done.returncode != 0:
        raise SystemExit(f"the bundle was not made: {arguments[0]} {arguments[1]} failed")


def say(what: str) -> None:
    """Print one step."""
    print(f"    {what}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "dist"))
