"""Build llama-cpp-python from its pinned source, once per machine type, and cache the wheel.

    python scripts/llama_wheel.py install           for this processor, into this Python
    python scripts/llama_wheel.py wheel --portable DIR   for any processor with AVX2 (or Armv8)

The source distribution is checked against the hashes in requirements/runtime.txt.
Only libllama and ggml are built: no server, no tools, no network code. The build
tools come from requirements/build.txt and are used without build isolation. See
docs/adr/llama-cpp-python-build.md.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements" / "runtime.txt"
PACKAGE = "llama-cpp-python"
RECIPE = "1"
"""Part of the cache's key: raise it when the way of building changes."""
DEFINES = {
    "LLAVA_BUILD": "OFF",
    "LLAMA_BUILD_TESTS": "OFF",
    "LLAMA_BUILD_TOOLS": "OFF",
    "LLAMA_BUILD_EXAMPLES": "OFF",
    "LLAMA_BUILD_SERVER": "OFF",
    "LLAMA_OPENSSL": "OFF",
    "LLAMA_CURL": "OFF",
    "GGML_RPC": "OFF",
    "CMAKE_PROJECT_llama.cpp_INCLUDE": str(ROOT / "scripts" / "without_common.cmake"),
}


def requirement() -> str:
    """Return the lock's lines for the package: version and hashes."""
    found = re.search(rf"(?m)^{PACKAGE}==[^\\\n]*(?:\\\n[^\\\n]*)*", LOCK.read_text("utf-8"))
    if found is None:
        raise SystemExit(f"{LOCK.name} does not pin {PACKAGE}")
    return found[0] + "\n"


def cache_folder(*, portable: bool) -> Path:
    """Return where the wheel for this source, build recipe and machine is kept."""
    parts = [
        requirement(),
        RECIPE,
        platform.machine(),
        "-".join(platform.libc_ver()),
        str(sysconfig.get_config_var("SOABI")),
        "portable" if portable else _processor(),
    ]
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "secure-rag" / "wheels" / key


def _processor() -> str:
    """Return the instruction sets of this processor, as the kernel names them."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    wanted = ("flags", "Features", "CPU part")
    return "\n".join(sorted({line for line in lines if line.startswith(wanted)}))


def cached_wheel(*, portable: bool) -> Path:
    """Return the wheel, built now if it is not in the cache."""
    folder = cache_folder(portable=portable)
    found = sorted(folder.glob("llama_cpp_python-*.whl"))
    if found:
        print(f"    taking the wheel built earlier: {found[0]}")
        return found[0]
    _check_compiler()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="llama-wheel-") as scratch:
        wheel = build(download(Path(scratch)), Path(scratch) / "wheel", portable=portable)
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / (wheel.name + ".part")
        shutil.copyfile(wheel, part)
        os.replace(part, folder / wheel.name)
    print(f"    built in {time.monotonic() - started:.0f} s, kept in {folder}")
    return folder / wheel.name


def _check_compiler() -> None:
    c = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    cxx = os.environ.get("CXX") or shutil.which("c++") or shutil.which("clang++")
    if not c or not cxx:
        raise SystemExit(
            "llama.cpp needs a C and a C++ compiler (Debian, Ubuntu: apt install build-essential; "
            "Fedora: dnf install gcc-c++)"
        )


def download(folder: Path) -> Path:
    """Download the source distribution; the package client checks its hash."""
    wanted = folder / "requirement.txt"
    wanted.write_text(requirement(), "utf-8")
    print("    downloading the source (77 MB)", flush=True)
    _pip(
        "download",
        "--no-deps",
        "--no-binary",
        ":all:",
        "--no-build-isolation",
        "--require-hashes",
        "--dest",
        str(folder),
        "--requirement",
        str(wanted),
    )
    return next(folder.glob("llama_cpp_python-*.tar.gz"))


def build(source: Path, folder: Path, *, portable: bool) -> Path:
    """Compile the wheel."""
    defines = {**DEFINES, "GGML_NATIVE": "OFF" if portable else "ON"}
    if portable:
        defines["GGML_OPENMP"] = "OFF"
    settings = [f"--config-settings=cmake.define.{key}={value}" for key, value in defines.items()]
    settings += [
        "--config-settings=build.targets=llama",
        "--config-settings=wheel.exclude=lib/**;include/**;bin/**",
    ]
    minutes = max(1, round(6 / (os.cpu_count() or 1)))
    print(f"    compiling: about {minutes} to {2 * minutes} minutes here", flush=True)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "CMAKE_GENERATOR": "Ninja",
    }
    _pip(
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(folder),
        *settings,
        str(source),
        environment=environment,
    )
    return next(folder.glob("llama_cpp_python-*.whl"))


def _pip(*arguments: str, environment: dict[str, str] | None = None) -> None:
    command = [sys.executable, "-m", "pip", arguments[0], "-qq", *arguments[1:]]
    done = subprocess.run(command, env=environment, check=False)
    if done.returncode != 0:
        raise SystemExit(f"pip {arguments[0]} failed for {PACKAGE}; its messages are above")


def main() -> None:
    """Install the wheel, or copy it to a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=("install", "wheel"))
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--portable", action="store_true")
    options = parser.parse_args()
    wheel = cached_wheel(portable=options.portable)
    if options.action == "install":
        _pip("install", "--no-deps", "--no-index", "--force-reinstall", str(wheel))
    else:
        options.folder.mkdir(parents=True, exist_ok=True)
        shutil.copy2(wheel, options.folder)


if __name__ == "__main__":
    main()
