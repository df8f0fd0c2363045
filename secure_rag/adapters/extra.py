"""The extra `adapt`: what training needs and nothing else does."""

from __future__ import annotations

import importlib.util
import os
from typing import Final

from secure_rag.errors import ArtifactError

PACKAGES: Final = ("torch", "transformers", "peft", "gguf")
INSTALL: Final = "pip install --require-hashes --no-deps -r requirements/adapt.txt"


def require_extra() -> None:
    """Refuse before anything is done where training cannot run, and keep libraries offline.

    Raises:
        ArtifactError: the extra is not installed (exit 5).
    """
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise ArtifactError(
            f"training an adapter needs packages that are not installed: {', '.join(missing)}",
            code="adapter.extra",
            hint=f"`{INSTALL}` in a checkout, or `pip install secure-rag[adapt]`",
        )
    # sockets are denied anyway; these spare the attempts and what they print
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        os.environ[name] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TQDM_DISABLE", "1")
