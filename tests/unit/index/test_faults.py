"""Reading beside a writer that drops the files a read had begun with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lancedb.query import LanceEmptyQueryBuilder

from secure_rag.errors import ArtifactError
from secure_rag.index.faults import whole
from secure_rag.index.reading import Rows
from secure_rag.index.store import Store
from tests.unit.index.test_store import PERSON, rows

COMMITS, EACH = 3, 100
READS: dict[str, Callable[[Rows], Any]] = {
    "contents": Rows.contents,
    "documents": lambda store: sorted(one.document for one in store.documents()),
    "holding": lambda store: store.holding(PERSON),
    "chunks": lambda store: store.chunks("long"),
    "digests": Rows.digests,
    "label sets": Rows.label_sets,
}


def fill(folder: Path) -> None:
    with Store(folder) as store:
        for commit in range(COMMITS):
            ids = [f"D{commit}{number:03}" for number in range(EACH)]
            store.replace([rows(one, PERSON, labels=(one,)) for one in ids])
        store.replace([rows("long", *(f"part {number}" for number in range(600)))])


def overtake(patch: pytest.MonkeyPatch, folder: Path) -> list[str]:
    """Have a writer join and drop all files after the first piece of the next read."""
    read, log = LanceEmptyQueryBuilder.to_batches, ["ready"]

    def in_pieces(query: LanceEmptyQueryBuilder) -> Iterator[Any]:
        log.append("read")
        pieces = iter(read(query, batch_size=8))
        yield next(pieces)
        if "ready" in log:
            log.remove("ready")
            with Store(folder) as writer:
                writer.finish()
            log.append("overtaken")
        yield from pieces

    patch.setattr(LanceEmptyQueryBuilder, "to_batches", in_pieces)
    return log


@pytest.mark.parametrize("name", READS)
def test_read_overtaken_between_two_pieces_gives_everything_once(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "c")
    store = Store(tmp_path / "c")
    expected = READS[name](store)
    assert expected
    log = overtake(monkeypatch, tmp_path / "c")
    assert READS[name](store) == expected
    assert log == ["read", "overtaken", "read"], "no read was cut off: nothing was tried"


def test_read_that_fails_every_time_is_an_error_without_the_librarys_words() -> None:
    def broken() -> None:
        raise RuntimeError(f"not found: {PERSON}")

    with pytest.raises(ArtifactError) as caught:
        whole(broken)
    assert caught.value.code == "index.unusable"
    assert PERSON not in str(caught.value) and caught.value.__cause__ is None
