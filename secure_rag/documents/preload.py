"""Import all that reading any document may need, before the parser process is sealed.

Afterwards no file can be opened, so an import that is missing here fails its document as
unreadable. tests/unit/documents/test_sealed.py finds such an import for every format.
"""

from __future__ import annotations

import email
import encodings
import pkgutil
import time
from importlib import import_module

from secure_rag.documents import loaders

_FOREIGN = ("charset_normalizer", "_strptime")
_WINDOWS_ONLY = ("mbcs", "oem")


def preload() -> None:
    """Import every loader, every character encoding, and what they use at need."""
    import_module("secure_rag.documents.loading")
    for module in pkgutil.iter_modules(loaders.__path__, f"{loaders.__name__}."):
        import_module(module.name)
    for name in _FOREIGN:
        import_module(name)
    for module in pkgutil.iter_modules(email.__path__):
        if not module.ispkg:
            import_module(f"email.{module.name}")
    for module in pkgutil.iter_modules(encodings.__path__):
        if module.name not in _WINDOWS_ONLY:
            import_module(f"encodings.{module.name}")
    time.localtime()  # reads the time zone
