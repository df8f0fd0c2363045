"""Reports of `eval` written to a file: JSON or one HTML page."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from secure_rag.errors import UsageError

_SUFFIXES = (".json", ".html")


def check_output(output: Path | None) -> None:
    """Refuse before the work what could not be written after it.

    Raises:
        UsageError: another suffix, or no such folder.
    """
    if output is None:
        return
    if output.suffix not in _SUFFIXES:
        raise UsageError(
            f"cannot write a {output.suffix or 'nameless'} report", hint="use .json or .html"
        )
    if not os.path.isdir(output.parent):
        raise UsageError(f"cannot write {output}: no such folder")


def write_report(
    output: Path, value: dict[str, Any], *, schema: str, to_html: Callable[[dict[str, Any]], str]
) -> None:
    """Write a report in the form that the suffix names.

    Raises:
        UsageError: it cannot be written.
    """
    if output.suffix == ".html":
        body = to_html(value)
    else:
        document = {"schema": f"secure-rag/{schema}/1", **value}
        body = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    try:
        output.write_text(body, "utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {output}: {error.strerror}") from None
