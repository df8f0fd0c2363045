"""Make what is shown inert: no link to follow, no picture to load, no marker but our own.

A passage is data of somebody else. Its words may be quoted, but whatever shows an answer (a
terminal, a page, a chat window that renders Markdown) must find nothing in it to open, load or
take for a citation. The stored quote of a citation stays verbatim.
"""

from __future__ import annotations

import re
from typing import Final

from secure_rag.vault.placeholders import LOCAL, PLACEHOLDER

_SCHEME: Final = re.compile(
    r"(?<![^\W_])([a-z][a-z0-9+.-]{1,14}):(?=//)|\b(mailto|javascript|data|file|tel|vbscript):",
    re.I,
)
_HOST: Final = re.compile(r"\b(www)\.(?=[^\s.])", re.I)
_MARKDOWN: Final = re.compile(r"\](?=[(\[:])")
_MARKER: Final = re.compile(r"[\[【［](\d{1,3})[\]】］]")
_TAG: Final = re.compile(rf"(?:{PLACEHOLDER.pattern}|{LOCAL.pattern})|<(?=[a-z/!?])", re.I)


def inert(text: str) -> str:
    """Return a text of others as it may be shown.

    `https://x` becomes `https[:]//x`, `www.x` `www[.]x`, `](` `] (`, `<img` `< img`, and a
    citation marker that is not ours `(1)`. Placeholders stay.
    """
    shown = _MARKER.sub(r"(\1)", text)
    shown = _SCHEME.sub(lambda match: f"{match.group(1) or match.group(2)}[:]", shown)
    shown = _HOST.sub(r"\1[.]", shown)
    shown = _MARKDOWN.sub("] ", shown)
    return _TAG.sub(lambda match: match.group() if len(match.group()) > 1 else "< ", shown)
