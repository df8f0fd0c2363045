"""Search over many rows: build time, recall against exact search, latency, memory, disk.

    python benchmarks/retrieval_scale.py [--rows 1000000] [--keep FOLDER] [-o FILE.json]

Synthetic: unit vectors in clusters with noise (a hard case for quantisers) and short texts
of Zipf-distributed words; every row is a document of its own, a tenth carries a label. Rows
are written in batches through the store as an ingest writes them, and `finish` builds the
indices. A million rows need about 6 GiB of disk, 4 GiB of memory and, on two idle cores,
10 to 15 minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from machine import processor

from secure_rag.access import Clearance
from secure_rag.index.embedder import WIDTH, Vectors
from secure_rag.index.reading import Rows, Seen
from secure_rag.index.rows import DocumentRows, Hit
from secure_rag.index.store import Store
from secure_rag.retrieval.recall import vector_recall
from secure_rag.retrieval.search import search
from secure_rag.values import Block, Chunk, RedactedDocument

BATCH = 5_000
VOCABULARY, WORDS, CLUSTER = 50_000, 60, 200
QUERIES, CANDIDATES = 200, 100
LABEL = "staff"
MAX_GIB = 20.0


class QueryVectors:
    """Stands for the embedder: its time is not what is measured here."""

    digest = "synthetic"

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = iter(vectors)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the next vector."""
        one: Vectors = next(self._vectors)[None]
        return one

    def count_tokens(self, text: str) -> int:
        """Count words."""
        return len(text.split())


class Memory:
    """The most memory this process held, looked at ten times a second; stops it at a limit."""

    def __init__(self) -> None:
        self.peak_gib = 0.0
        self._pages = os.sysconf("SC_PAGE_SIZE") / 2**30
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            held = int(Path("/proc/self/statm").read_text().split()[1]) * self._pages
            self.peak_gib = max(self.peak_gib, held)
            if held > MAX_GIB:
                print(f"stopped: more than {MAX_GIB:.0f} GiB", file=sys.stderr, flush=True)
                os._exit(1)
            time.sleep(0.1)


class Synthetic:
    """Vectors and texts that are the same for the same seed."""

    def __init__(self, rows: int) -> None:
        self._rng = np.random.default_rng(11)
        self._centres = self._rng.normal(size=(max(1, rows // CLUSTER), WIDTH)).astype(np.float32)
        self._words = np.array([f"{word:x}word" for word in range(VOCABULARY)])
        ranks = 1.0 / np.arange(1, VOCABULARY + 1)
        self._shares = np.cumsum(ranks / ranks.sum())

    def vectors(self, count: int) -> Vectors:
        """Return unit vectors around the centres."""
        centres = self._centres[self._rng.integers(0, len(self._centres), count)]
        noise = self._rng.standard_normal((count, WIDTH), dtype=np.float32)
        found = centres + 0.7 * noise
        unit: Vectors = found / np.linalg.norm(found, axis=1, keepdims=True)
        return unit

    def text(self, words: int) -> str:
        """Return words drawn as often as words of a language are."""
        places = np.searchsorted(self._shares, self._rng.random(words))
        return " ".join(self._words[np.minimum(places, VOCABULARY - 1)])

    def batches(self, rows: int) -> Iterator[list[DocumentRows]]:
        """Yield batches of documents with one chunk each."""
        for start in range(0, rows, BATCH):
            vectors = self.vectors(min(BATCH, rows - start))
            yield [self._entry(start + place, vector) for place, vector in enumerate(vectors)]

    def _entry(self, number: int, vector: np.ndarray) -> DocumentRows:
        text, name = self.text(WORDS), f"D{number:08d}"
        document = RedactedDocument(name, name, "text/plain", text, (Block(0, len(text), "body"),))
        chunk = Chunk(f"{name}-0", name, 0, 0, len(text), text)
        labels = (LABEL,) if number % 10 == 0 else ()
        source = f"{number:032x}"
        return DocumentRows(document, [chunk], vector[None], source, "0", "synthetic", labels)


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="build here, and leave it; reused if it is there")
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="scale-"))
    # Building the vector index spills to the temporary folder: on the same disk, and removed.
    memory = Memory()
    try:
        figures = measure(folder, given.rows)
    finally:
        if not given.keep:
            shutil.rmtree(folder, ignore_errors=True)
    figures |= {"machine": machine(), "peak_memory_gib": round(memory.peak_gib, 2)}
    print(json.dumps(figures, indent=2))
    if given.output:
        given.output.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


def measure(folder: Path, rows: int) -> dict[str, object]:
    """Return all figures of one table."""
    synthetic = Synthetic(rows)
    with Store(folder / "index") as store:
        kept = folder / "seconds.json"
        if store.count_chunks() == 0:
            kept.write_text(json.dumps(build(store, synthetic, rows)), "utf-8")
        seconds = json.loads(kept.read_text("utf-8"))
        recall = vector_recall(store, samples=50)
        say(f"recall@10 of the index against exact search: {recall:.3f}")
        queries, texts = synthetic.vectors(QUERIES), [synthetic.text(8) for _ in range(QUERIES)]
        return {
            "rows": store.count_chunks(),
            "vector_index": store.has_vector_index,
            "seconds": seconds,
            "disk_gib": round(size_gib(folder), 2),
            "recall_at_10": round(recall, 4),
            "latency_ms": latencies(store, queries, texts),
        }


def build(store: Store, synthetic: Synthetic, rows: int) -> dict[str, float]:
    """Write the rows, then build the indices; return the seconds of each."""
    begun = time.perf_counter()
    written = 0
    for batch in synthetic.batches(rows):
        store.replace(batch)
        written += len(batch)
        if written % (20 * BATCH) == 0:
            say(f"{written:,} rows, {time.perf_counter() - begun:.0f} s")
    middle = time.perf_counter()
    say("building indices")
    store.finish()
    done = time.perf_counter()
    say(f"indices built, {done - middle:.0f} s")
    return {"write": round(middle - begun, 1), "indices": round(done - middle, 1)}


def latencies(store: Store, queries: Vectors, texts: list[str]) -> dict[str, dict[str, float]]:
    """Return median and 95th percentile of each search, warm."""

    labelled = Seen(store, Clearance(frozenset({LABEL}), sees_unlabelled=False))

    def vector(place: int, rows: Rows = store) -> list[Hit]:
        return rows.nearest(queries[place], CANDIDATES)

    def words(place: int, rows: Rows = store) -> list[Hit]:
        return rows.matching(texts[place], CANDIDATES)

    def hybrid(place: int, rows: Rows = store) -> object:
        embedder = QueryVectors(queries[place : place + 1])
        return search(rows, embedder, texts[place])

    searches: dict[str, Callable[[int], object]] = {
        "vector": vector,
        "lexical": words,
        "hybrid": hybrid,
        "vector, label": lambda place: vector(place, labelled),
        "lexical, label": lambda place: words(place, labelled),
        "hybrid, label": lambda place: hybrid(place, labelled),
        "vector, exact": lambda place: store.nearest(queries[place], CANDIDATES, is_exact=True),
    }
    found = {}
    for name, one in searches.items():
        count = 10 if "exact" in name else QUERIES
        for place in range(min(20, count)):
            one(place)
        found[name] = spread([timed(one, place) for place in range(count)])
        say(f"{name}: {found[name]}")
    return found


def timed(search_once: Callable[[int], object], place: int) -> float:
    """Return the milliseconds of one search."""
    begun = time.perf_counter()
    search_once(place)
    return 1000 * (time.perf_counter() - begun)


def spread(values: list[float]) -> dict[str, float]:
    """Return median and 95th percentile."""
    last = statistics.quantiles(values, n=20)[-1]
    return {"p50": round(statistics.median(values), 1), "p95": round(last, 1)}


def size_gib(folder: Path) -> float:
    """Return what the files of a folder hold."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**30


def machine() -> dict[str, object]:
    """Say what this ran on."""
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": [round(value, 1) for value in os.getloadavg()],
        "max_rss_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


def say(message: str) -> None:
    """Print progress."""
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
