"""`python -m secure_rag` and the `secure-rag` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and end the process with its exit code."""
    from secure_rag.cli.main import run

    sys.exit(run())


if __name__ == "__main__":
    main()
