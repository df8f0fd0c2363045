"""A regular expression as data, compiled when a text first meets it.

There are hundreds, and a text meets few of them: most name the words or literals that it
would have to hold. Compiling all of them takes longer than reading a page.
"""

from __future__ import annotations

import re
from functools import cached_property


class LazyRegex:
    """What `re.compile` takes."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern = pattern
        self.flags = int(flags | re.UNICODE)
        """As a compiled pattern has them."""

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern, compiled once."""
        return re.compile(self.pattern, self.flags)
