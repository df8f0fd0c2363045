"""How long `audit list` takes, with the search index and by reading all: CPU time of one core.

    .venv/bin/python benchmarks/audit_listing.py [EVENTS]

1,000,000 events of made-up retrievals (four passages each) and reveals, 348 MB, on one busy core
of a virtual machine: reading all 23.5 s; making the index 51 s, 454 MB; with it one document
0.4 s, 15,000 reveals 3.9 s. More than half of the 0.4 s is the search of the log's bytes for what
the index may have left out (by a profile over 100,000 events).
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from secure_rag.audit import events
from secure_rag.audit.filters import Filters
from secure_rag.audit.listing import select
from secure_rag.audit.log import AuditLog


def make_log(folder: Path, count: int) -> None:
    """Write events in groups of a thousand, one reveal in seventy."""
    AuditLog.create(folder, origin="secure-rag/0123456789abcdef")
    chance = random.Random(1)
    with AuditLog.open(folder, session="benchmark") as log:
        for group in range(0, count, 1000):
            log.append_many(
                [
                    events.PassagesRetrieved(
                        query_id=f"q{number}",
                        chunks=[f"doc{chance.randrange(count // 10 + 1)}#{n}" for n in range(4)],
                    )
                    if number % 70
                    else events.RevealGranted(placeholders=["<PERSON_7Q2F9KX3M4>"])
                    for number in range(group, group + 1000)
                ]
            )


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    document = Filters(saw="doc77")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_log(folder, count)
        for title, filters, indexed in (
            ("read all, one document", document, False),
            ("make the index, one document", document, True),
            ("index, one document", document, True),
            ("index, all reveals", Filters(type="reveal"), True),
        ):
            start = time.process_time()
            found = select(folder, filters, indexed=indexed).found
            spent = time.process_time() - start
            print(f"{title:<30} {spent:8.2f} s  {len(found):,} of {count:,}")
        print(f"index {(folder / 'search.sqlite').stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
