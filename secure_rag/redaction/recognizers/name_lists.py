"""Given names and surnames by locale, as data: `given_names.txt` and `surnames.txt`.

A line that begins with `#` names the locale group, for given names with `f` or `m` where
the group says who bears them; every other line is one name. A name may stand in several groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

from secure_rag.redaction.names import fold


@lru_cache(maxsize=1)
def given_names() -> dict[str, str]:
    """Return each given name, folded, with `m`, `f`, or nothing where both bear it."""
    found: dict[str, str] = {}
    both: set[str] = set()
    for group, name in read_list("given_names.txt"):
        gender = group.rpartition(" ")[2]
        if gender not in ("m", "f"):
            found.setdefault(name, "")
        elif name not in both:
            both |= {name} if found.get(name) not in (None, "", gender) else set()
            found[name] = "" if name in both else gender
    return found


@lru_cache(maxsize=1)
def surnames() -> frozenset[str]:
    """Return every surname, folded; composed ones with single spaces."""
    return frozenset(name for _, name in read_list("surnames.txt"))


def given_gender(name: str) -> str:
    """Return `m` or `f` for a given name (folded) that only men, or only women, bear."""
    return given_names().get(name, "")


def read_list(file_name: str) -> Iterator[tuple[str, str]]:
    """Yield the group and the folded name of every line of a packaged list."""
    text = files("secure_rag.redaction.recognizers").joinpath(file_name).read_text("utf-8")
    group = ""
    for line in text.splitlines():
        if line.startswith("#"):
            group = line.removeprefix("#").strip()
        elif line:
            yield group, fold(line.replace("'", "").replace("-", " "))
