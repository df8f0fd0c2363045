"""Read documents of many formats into one text with places, in a sandboxed process.

Light on import: the table of formats only. `reader.DocumentReader` is the way in.
"""

from secure_rag.documents.formats import SUFFIXES

__all__ = ["SUFFIXES"]
