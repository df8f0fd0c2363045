"""Write size and SHA-256 of a model's files into models/manifest.toml.

    python scripts/pin_models.py ner-minilm

For models whose files are tracked in this repository, after they were trained again.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

MODELS = Path(__file__).resolve().parents[1] / "models"


def pinned(manifest: str, name: str, folder: Path) -> str:
    """Return the manifest with the digests of one model's files brought up to date."""
    parts = re.split(r"(?m)^(?=\[\[model\]\]$)", manifest)
    matching = [index for index, part in enumerate(parts) if f'\nname = "{name}"\n' in part]
    if len(matching) != 1:
        raise SystemExit(f"models/manifest.toml has no one model {name}")
    files = re.split(r"(?m)^(?=\[\[model\.file\]\]$)", parts[matching[0]])
    parts[matching[0]] = files[0] + "".join(_pinned_file(file, folder) for file in files[1:])
    return "".join(parts)


def _pinned_file(entry: str, folder: Path) -> str:
    found = re.search(r'(?m)^name = "([^"]+)"$', entry)
    if found is None:
        raise SystemExit("a [[model.file]] has no name")
    content = (folder / found[1]).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    print(f"{folder.name}/{found[1]}: {len(content)} bytes, {digest}")
    entry = re.sub(r"(?m)^size = \d+$", f"size = {len(content)}", entry)
    return re.sub(r'(?m)^sha256 = "[0-9a-f]+"$', f'sha256 = "{digest}"', entry)


def main(names: list[str]) -> None:
    """Pin each named model."""
    if not names:
        raise SystemExit(__doc__)
    path = MODELS / "manifest.toml"
    text = path.read_text("utf-8")
    for name in names:
        text = pinned(text, name, MODELS / name)
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
