"""Stop with a clear sentence if this Python cannot run secure_rag; runs on old ones too."""

import sys

OLDEST, TOO_NEW = (3, 11), (3, 15)


def main():
    """Check the version and the standard library's parts that distributions leave out."""
    version = sys.version_info[:2]
    if not OLDEST <= version < TOO_NEW:
        sys.exit(
            f"secure_rag needs Python 3.11 to 3.14, and {sys.executable} is Python "
            f"{version[0]}.{version[1]}. If there is another one: make PYTHON=python3.12 ..."
        )
    try:
        # imported to see that they are there
        import ensurepip  # noqa: F401
        import sqlite3  # noqa: F401
    except ImportError as error:
        sys.exit(
            f"this Python lacks the standard module {error.name} "
            "(Debian, Ubuntu: apt install python3-venv python3-dev)"
        )


main()
