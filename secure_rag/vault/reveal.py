"""The private process: the one place where the private key is opened and a value is read.

Run as `python -m secure_rag.vault.reveal` by secure_rag.vault.private; one JSON request
on stdin, one JSON response on stdout, then it ends:

    {"format": 1, "act": "reveal", "vault": "/…/vault", "key_file": "/…" | null,
     "key_fd": 5 | null, "passphrase_file": "/…" | null, "share_file": "/…" | null,
     "domain": "default", "names": ["<PERSON_7Q2F9KX3M4>"]}
    {"values": {"<PERSON_…>": "…"}}      what is missing in it is unknown here, or erased
    {"error": {"code": "…", "message": "…", "hint": "…" | null}}

`"act": "sources"` does the same for the paths of documents, by id. `rotate`, `passwd` and
`split` change what opens the vault and answer `{"changed": {…}}`. Values and secrets are on
no command line, in no environment, log or message.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from secure_rag.errors import SecureRagError
from secure_rag.isolation import enter
from secure_rag.vault.change import Changed, rotate, set_factor
from secure_rag.vault.factors import new_passphrase, new_share, read_passphrase, read_share
from secure_rag.vault.hardening import harden
from secure_rag.vault.keys import Secrets, key_lock, read_secrets
from secure_rag.vault.layout import domain_folder
from secure_rag.vault.opening import OpenDomain
from secure_rag.vault.wraps import PASSPHRASE, SHARE, Cost, Opener

FORMAT = 1
_CHANGES = ("rotate", "passwd", "split")


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Enter isolation, open the vault, and return the response to one request."""
    if request["format"] != FORMAT:
        raise ValueError("format")
    folder, act = Path(request["vault"]), str(request["act"])
    key_file = _path(request, "key_file")
    key_fd = None if request["key_fd"] is None else int(request["key_fd"])
    named = [key_file, *(_path(request, one) for one in _FILES)]
    enter(
        read=[folder, *(path for path in named if path)],
        write=_written(request, folder),
        keep=[] if key_fd is None else [key_fd],
    )
    harden()
    key = read_secrets(key_file, key_fd=key_fd)
    opener = Opener(
        key.vault_id,
        key.reveal,
        passphrase=lambda: read_passphrase(_path(request, "passphrase_file")),
        share=lambda: read_share(_path(request, "share_file"), key.vault_id),
    )
    harden()
    if act in _CHANGES:
        return {"changed": asdict(_change(act, request, folder, key, opener))}
    names = [str(name) for name in request["names"]]
    with key_lock(folder, shared=True):
        domain = OpenDomain(folder, str(request["domain"]), key, opener)
        acts = {"reveal": domain.reveal, "sources": domain.open_sources}
        return {"values": acts[act](names)}


_FILES = ("passphrase_file", "share_file", "new_passphrase_file")


def _change(
    act: str, request: dict[str, Any], folder: Path, key: Secrets, opener: Opener
) -> Changed:
    if act == "rotate":
        return rotate(folder, key, opener, Path(request["key_file"]))
    if act == "split":
        target = _path(request, "new_share_file")
        share = (lambda: new_share(target, key.vault_id)) if target else None
        return set_factor(folder, key, opener, SHARE, share)
    if request.get("remove"):
        return set_factor(folder, key, opener, PASSPHRASE, None)
    cost = Cost(memory_kib=int(request["memory_mib"]) * 1024)
    new = _path(request, "new_passphrase_file")
    return set_factor(folder, key, opener, PASSPHRASE, lambda: new_passphrase(new), cost=cost)


def _written(request: dict[str, Any], folder: Path) -> list[Path]:
    """Return where this request writes."""
    if request["act"] not in _CHANGES:
        # SQLite undoes what a killed writer left half done.
        return [domain_folder(folder, str(request["domain"]))]
    parents = [_path(request, "new_share_file")]
    if request["act"] == "rotate":
        parents.append(Path(request["key_file"]).resolve())
    return [folder, *(path.parent for path in parents if path)]


def _path(request: dict[str, Any], name: str) -> Path | None:
    return Path(request[name]) if request.get(name) else None


def main() -> int:
    """Serve one request. A bug ends the process without a word: a traceback could hold a value."""
    sys.excepthook = lambda *_: None
    try:
        response = answer(json.loads(sys.stdin.buffer.read()))
    except SecureRagError as error:
        response = {"error": {"code": error.code, "message": error.message, "hint": error.hint}}
    sys.stdout.buffer.write(json.dumps(response).encode("ascii"))
    sys.stdout.buffer.flush()
    return 1 if "error" in response else 0


if __name__ == "__main__":
    sys.exit(main())
