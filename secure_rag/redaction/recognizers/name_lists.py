"""Given names and surnames by locale, as data: `given_names.txt` and `surnames.txt`.

A line that begins with `#` names the locale group, for given names with `f` or `m` where
the group says who bears them; every other line is one name. A name may stand in several groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import chain

from secure_rag.redaction.names import fold


@lru_cache(maxsize=1)
def given_names() -> dict[str, str]:
    """Return each given name, folded, with `m`, `f`, or nothing where both bear it."""
    found: dict[str, str] = {}
    both: set[str] = set()
    for group, names in read_list("given_names.txt"):
        gender = group.rpartition(" ")[2]
        if gender not in ("m", "f"):
            for name in names:
                found.setdefault(name, "")
            continue
        for name in names:
            if name not in both:
                if found.get(name) not in (None, "", gender):
                    both.add(name)
                found[name] = "" if name in both else gender
    return found


@lru_cache(maxsize=1)
def surnames() -> frozenset[str]:
    """Return every surname, folded; composed ones with single spaces."""
    return frozenset(chain.from_iterable(names for _, names in read_list("surnames.txt")))


def given_gender(name: str) -> str:
    """Return `m` or `f` for a given name (folded) that only men, or only women, bear."""
    return given_names().get(name, "")


def read_list(file_name: str) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield each group of a packaged list with its names, folded; a group at once is quicker."""
    text = files("secure_rag.redaction.recognizers").joinpath(file_name).read_text("utf-8")
    for part in text.removeprefix("#").split("\n#"):
        group, _, listed = part.partition("\n")
        names = listed.replace("'", "").replace("-", " ")
        folded = names.casefold() if names.isascii() else "\n".join(map(fold, names.split("\n")))
        yield group.strip(), [name for name in folded.split("\n") if name]
