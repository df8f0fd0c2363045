"""Take a trained adapter from a workspace into models/, with its card and its pins.

    python scripts/ship_adapter.py WORKSPACE/models/format-json format

The second argument names the recipe's folder under models/recipes/adapters. Its `about.md` is
what the card says in words, its first line `licence: …` the licence of the weights; the figures
come from the record. An adapter whose canaries came out, or that saw indexed documents, is not
taken.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from pin_models import MODELS, pinned

from secure_rag.adapters.card import card_text
from secure_rag.runtime.adapters import ADAPTER_FILE, CARD_FILE, RECORD_FILE, read_record

MOST_BYTES = 20_000_000
_ENTRY = """
[[model]]
name = "{name}"
role = "adapter"
licence = "{licence}"
origin = "trained by this project with recipes/adapters/{recipe} on {base}"
"""
_FILE = """
[[model.file]]
name = "{file}"
size = 0
sha256 = "0"
"""


def ship(source: Path, recipe: str) -> Path:
    """Copy an adapter, write its card, pin it; return its folder."""
    record = read_record(source / RECORD_FILE)
    if record.canary is None or not record.canary.passed:
        raise SystemExit(f"{record.name}: its canaries came out, or were never looked for")
    if record.seen:
        raise SystemExit(f"{record.name}: it has seen what this workspace holds")
    if (source / ADAPTER_FILE).stat().st_size > MOST_BYTES:
        raise SystemExit(f"{record.name}: larger than {MOST_BYTES:,} bytes")
    folder = MODELS / record.name
    folder.mkdir(exist_ok=True)
    for file in (ADAPTER_FILE, RECORD_FILE):
        shutil.copyfile(source / file, folder / file)
    about = (MODELS / "recipes" / "adapters" / recipe / "about.md").read_text("utf-8")
    licence, _, words = about.partition("\n")
    licence = licence.removeprefix("licence: ").strip()
    (folder / CARD_FILE).write_text(f"{card_text(record)}\n{words.strip()}\n", "utf-8")
    path = MODELS / "manifest.toml"
    text = path.read_text("utf-8")
    if f'\nname = "{record.name}"\n' not in text:
        text += _ENTRY.format(name=record.name, licence=licence, recipe=recipe, base=record.base)
        text += "".join(_FILE.format(file=file) for file in (ADAPTER_FILE, RECORD_FILE, CARD_FILE))
    path.write_text(pinned(text, record.name, folder), "utf-8")
    return folder


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    print(ship(Path(sys.argv[1]), sys.argv[2]).name)
