"""Normalise characters so that what a person sees is what a recognizer sees.

- Control characters, lone surrogates and non-characters go; line ends become `\\n`.
- Characters that draw nothing (zero-width spaces and joiners, bidirectional
  controls, tags, variation selectors, fillers) go: they can split a name for the
  recognizers, or carry a second text. An emoji joined by them falls into its parts.
- Spaces of any width become a plain space; Latin ligatures, full-width forms and
  mathematical letters become the letters they look like; the rest is NFC.
"""

from __future__ import annotations

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff]"
)
_QUIET = re.compile("[\u00ad\ufe00-\ufe0f\ufeff]")
"""Invisible, but common in honest text: soft hyphen, emoji selectors, byte-order mark."""
_INVISIBLE = re.compile(
    "[\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\uffa0\U000e0000-\U000e0fff\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a]"
)
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_LOOKALIKES = re.compile("[\ufb00-\ufb06\uff01-\uff5e\uffe0-\uffe6\U0001d400-\U0001d7ff]+")
_BLANK_LINES = re.compile(r"\n{2,}")
_PLAIN = re.compile(r"[\t\n -~]*\Z")


def clean(text: str) -> tuple[str, bool]:
    """Return the text normalised, and whether it held characters used for hiding."""
    hides = False
    if not _PLAIN.match(text):
        text = _LINE_ENDS.sub("\n", text)
        text = _QUIET.sub("", _CONTROLS.sub("", text))
        text, count = _INVISIBLE.subn("", text)
        hides = count > 0
        text = _SPACES.sub(" ", text)
        text = _LOOKALIKES.sub(_plain_letters, text)
        text = unicodedata.normalize("NFC", text)
    if "\n" in text:
        text = "\n".join(line.rstrip(" \t") for line in text.split("\n"))
        text = _BLANK_LINES.sub("\n", text)
    return text.strip(" \t\n"), hides


def flatten(text: str) -> str:
    """Return the text on one line, runs of white space as one space."""
    return " ".join(text.split())


def _plain_letters(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match.group())
