"""`python -m secure_rag` and the `secure-rag` command."""

from __future__ import annotations

import gc
import sys
from typing import Final

_OBJECTS_BETWEEN_COLLECTIONS: Final = 10_000
"""Not Python's 700: nearly all that a start makes stays, and is looked through again and again."""


def main() -> None:
    """Run the command line and end the process with its exit code."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    from secure_rag.cli.results import open_streams

    open_streams()
    from secure_rag.cli.main import run

    sys.exit(run())


if __name__ == "__main__":
    main()
