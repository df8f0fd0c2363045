"""Isolation by the kernel: no sockets, and only the files that were named.

`enter` is called once, before the first heavy import: filters reach neither
sockets that are open already nor (Landlock) threads that already run.
"""

from secure_rag.isolation.entry import Evidence, enter, hide_memory, seal, unenforced

__all__ = ["Evidence", "enter", "hide_memory", "seal", "unenforced"]
