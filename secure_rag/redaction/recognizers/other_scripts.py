"""Words in other scripts: in an English text they are mostly somebody's name.

The names model reads Latin letters; whoever is written in others would stay readable.
Where a script has capitals, two words that begin with one are claimed surely; one such
word, and words of scripts without capitals, only weakly: under a low threshold.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from secure_rag.redaction.spans import Span

_FULL_SCORE: Final = 0.5
_WEAK_SCORE: Final = 0.3
_LETTER: Final = r"[\u0370-\u03ff\u0400-\u052f\u0530-\u058f]"
_CAPITALISED: Final = rf"[\u0386-\u03ab\u0400-\u042f\u0531-\u0556]{_LETTER}{{2,}}"
_CASED: Final = re.compile(
    rf"(?<!\w){_CAPITALISED}(?:[ ](?:{_LETTER}\.|{_CAPITALISED})|-{_CAPITALISED}){{0,3}}(?!\w)"
)
_PLAIN: Final = (
    r"[\u0590-\u05ff\u0610-\u06d3\u0750-\u077f\u0900-\u0dff\u0e00-\u0eff"
    r"\u1000-\u10ff\u1100-\u11ff\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
)
_CASELESS: Final = re.compile(rf"(?<!\w){_PLAIN}{{2,40}}(?:[ ·]{_PLAIN}{{2,40}}){{0,3}}")


class OtherScriptDetector:
    """Claims names in Greek, Cyrillic, Arabic, Hebrew, Chinese and other letters."""

    name = "other_scripts"
    is_costly = False

    def signature(self) -> str:
        """Return a digest of the patterns."""
        parts = (_CASED.pattern, _CASELESS.pattern, str(_FULL_SCORE), str(_WEAK_SCORE))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def find(self, text: str) -> list[Span]:
        """Return runs of such words, at most four."""
        if text.isascii():
            return []
        found = [
            Span(*match.span(), "PERSON", _WEAK_SCORE, "other_script")
            for match in _CASELESS.finditer(text)
        ]
        for match in _CASED.finditer(text):
            score = _FULL_SCORE if " " in match.group() else _WEAK_SCORE
            found.append(Span(*match.span(), "PERSON", score, "other_script"))
        return found
