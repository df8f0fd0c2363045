"""Detectors that remember what they said of a text, for batches and measurements.

The same passage comes again with the next question. What a detector finds depends on its text
alone, so it need not look twice. Texts are remembered by a keyed digest, not as text; the memory
ends with the process.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from typing import Final, Generic, TypeVar

from secure_rag.redaction.spans import Detector, Span

MOST: Final = 20_000
"""Texts that are remembered; the one not used for longest is forgotten first."""

_Value = TypeVar("_Value")


class Memory(Generic[_Value]):
    """What was computed of a text, by a digest that only this process can make."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, _Value] = OrderedDict()

    def get(self, text: str) -> _Value | None:
        """Return what is known of a text."""
        name = self._name(text)
        if name in self._known:
            self._known.move_to_end(name)
        return self._known.get(name)

    def put(self, text: str, value: _Value) -> None:
        """Remember something of a text."""
        self._known[self._name(text)] = value
        if len(self._known) > self._most:
            self._known.popitem(last=False)

    def _name(self, text: str) -> bytes:
        data = text.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, key=self._key, digest_size=16).digest()


class RememberedDetector:
    """A detector that looks at each text once."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._memory: Memory[tuple[Span, ...]] = Memory()
        self.name = detector.name
        self.is_costly = detector.is_costly

    def find(self, text: str) -> list[Span]:
        """Return every span found; a failure is not remembered."""
        known = self._memory.get(text)
        if known is None:
            known = tuple(self._detector.find(text))
            self._memory.put(text, known)
        return list(known)

    def signature(self) -> str:
        """Return the detector's own."""
        return self._detector.signature()
