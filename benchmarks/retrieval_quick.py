"""Compare lexical, vector and hybrid retrieval, and two ways to fuse, on public text.

    python benchmarks/retrieval_quick.py [scifact-train|scifact-test|squad]

Choose on scifact-train and squad (dev); scifact-test is for the final figure. The text
goes through chunker, embedder and store as in an ingest, but for redaction.
"""

from __future__ import annotations

import csv
import json
import lzma
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path

from secure_rag.index.chunks import chunk_document, embedding_texts
from secure_rag.index.embedder import Embedder, load_embedder
from secure_rag.index.rows import DocumentRows, Hit
from secure_rag.index.store import Store
from secure_rag.index.views import fulltext_view, plain_view
from secure_rag.retrieval.fusion import normalised_sums, reciprocal_ranks
from secure_rag.runtime.manifest import Models
from secure_rag.values import Block, RedactedDocument

DATA = Path(os.environ["SECURE_RAG_DATA"])
CANDIDATES = 100

Qrels = dict[str, dict[str, int]]
Fuse = Callable[[list[Hit], list[Hit]], Mapping[Hashable, float]]


def main(name: str = "scifact-train") -> None:
    """Print one table for a set."""
    titles, queries, qrels = scifact(name.split("-")[1]) if "-" in name else squad()
    embedder = load_embedder(Models())
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "index") as store:
        clock = time.perf_counter()
        fill(store, embedder, titles)
        print(
            f"{name}: {len(titles)} documents, {store.count_chunks()} chunks, "
            f"{len(qrels)} questions, indexed in {time.perf_counter() - clock:.0f} s"
        )
        found = {}
        for query in qrels:
            text = queries[query]
            vector = embedder.embed([plain_view(text)])[0]
            found[query] = (
                store.matching(fulltext_view(text), CANDIDATES),
                store.nearest(vector, CANDIDATES),
            )
    print(f"{'':22} nDCG@10   R@5   R@10  R@100   MRR")
    for label, fuse in FUSIONS.items():
        scores = {query: by_document(fuse(*lists)) for query, lists in found.items()}
        print(f"{label:22} " + "  ".join(f"{value:.3f}" for value in measures(scores, qrels)))


def fill(store: Store, embedder: Embedder, texts: Mapping[str, tuple[str, str]]) -> None:
    """Put title and body of each text through chunker and embedder into the store."""
    rows = []
    for number, (key, (title, body)) in enumerate(texts.items()):
        start = len(title) + 2
        blocks = (
            Block(0, len(title), "title", "value"),
            Block(start, start + len(body), "body"),
        )
        document = RedactedDocument(key, key, "text/plain", f"{title}\n\n{body}", blocks)
        chunks = chunk_document(document, count_tokens=embedder.count_tokens)
        vectors = embedder.embed(embedding_texts(document, chunks))
        rows.append(DocumentRows(document, chunks, vectors, f"{number:032x}", "0", embedder.digest))
        if len(rows) == 256:
            store.replace(rows)
            rows = []
    store.replace(rows)
    store.finish()


def scores_of(hits: list[Hit]) -> dict[Hashable, float]:
    """Return chunk to score."""
    return {hit.chunk.chunk: hit.score for hit in hits}


def keys(hits: list[Hit]) -> list[Hashable]:
    """Return the chunks in order."""
    return [hit.chunk.chunk for hit in hits]


FUSIONS: dict[str, Fuse] = {
    "lexical": lambda words, vectors: scores_of(words),
    "vector": lambda words, vectors: scores_of(vectors),
    "reciprocal ranks": lambda words, vectors: reciprocal_ranks([keys(words), keys(vectors)]),
    "normalised sums": lambda words, vectors: normalised_sums(
        [scores_of(words), scores_of(vectors)]
    ),
}


def by_document(scores: Mapping[Hashable, float]) -> list[str]:
    """Rank documents by their best chunk."""
    best: dict[str, float] = {}
    for chunk, score in scores.items():
        document = str(chunk).rsplit("-", 1)[0]
        best[document] = max(score, best.get(document, -math.inf))
    return sorted(best, key=lambda document: -best[document])


def measures(ranked: Mapping[str, list[str]], qrels: Qrels) -> Iterator[float]:
    """Yield nDCG@10, recall at 5, 10 and 100, and the mean reciprocal rank at 10."""
    yield statistics.mean(ndcg(ranked[query], wanted) for query, wanted in qrels.items())
    for depth in (5, 10, 100):
        yield statistics.mean(
            len(set(ranked[query][:depth]) & set(wanted)) / len(wanted)
            for query, wanted in qrels.items()
        )
    yield statistics.mean(
        next((1 / rank for rank, key in enumerate(ranked[query][:10], 1) if key in wanted), 0.0)
        for query, wanted in qrels.items()
    )


def ndcg(ranked: list[str], wanted: Mapping[str, int], depth: int = 10) -> float:
    """Return the normalised discounted cumulative gain."""
    gain = sum(
        wanted.get(key, 0) / math.log2(rank + 1) for rank, key in enumerate(ranked[:depth], 1)
    )
    ideal = sorted(wanted.values(), reverse=True)[:depth]
    return gain / sum(value / math.log2(rank + 1) for rank, value in enumerate(ideal, 1))


def scifact(part: str) -> tuple[dict[str, tuple[str, str]], dict[str, str], Qrels]:
    """Read SciFact in BEIR form."""
    folder = DATA / "retrieval" / "scifact"
    texts = {}
    with lzma.open(folder / "corpus.jsonl.xz", "rt", encoding="utf-8") as file:
        for line in file:
            item = json.loads(line)
            texts[str(item["_id"])] = (item["title"], item["text"])
    lines = (folder / "queries.jsonl").read_text("utf-8").splitlines()
    queries = {str(item["_id"]): item["text"] for item in map(json.loads, lines)}
    qrels: Qrels = {}
    with (folder / "qrels" / f"{part}.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if int(row["score"]) > 0:
                qrels.setdefault(row["query-id"], {})[row["corpus-id"]] = int(row["score"])
    return texts, queries, qrels


def squad() -> tuple[dict[str, tuple[str, str]], dict[str, str], Qrels]:
    """Read the answerable questions of squad2_dev and xquad_en; a paragraph is a document."""
    texts: dict[str, tuple[str, str]] = {}
    queries: dict[str, str] = {}
    qrels: Qrels = {}
    seen: dict[str, str] = {}
    for path in ("squad2_dev/even_articles.json.xz", "xquad_en/xquad.en.json.xz"):
        with lzma.open(DATA / "qa" / path, "rt", encoding="utf-8") as file:
            articles = json.load(file)["data"]
        for article in articles:
            for paragraph in article["paragraphs"]:
                key = seen.setdefault(paragraph["context"], f"p{len(seen)}")
                # The article's name would give the answer away: paragraphs stand alone.
                texts[key] = ("", paragraph["context"])
                for question in paragraph["qas"]:
                    if not question.get("is_impossible"):
                        queries[question["id"]] = question["question"]
                        qrels[question["id"]] = {key: 1}
    return texts, queries, qrels


if __name__ == "__main__":
    main(*sys.argv[1:])
