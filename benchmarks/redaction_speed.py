"""Speed of detection: ours against stock Presidio, over growing documents, with the names model.

    .venv/bin/python benchmarks/redaction_speed.py [--names] [-o results/redaction_speed.json]

Times are processor times of one core, so that other jobs disturb them less; ratios are taken
in turns within one run. Two processes at once are timed by both clocks; wall-clock time
needs an idle machine. Stock Presidio runs the same recognizers on the same windows through
its engine (`stock_presidio.py`); that the findings are the same is checked first.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.machine import processor
from benchmarks.stock_presidio import (
    INTENDED,
    Parity,
    compare_engines,
    compare_recognizers,
    corpus,
    stock_engine,
    windows_of,
)
from secure_rag.policy.loader import load_policy
from secure_rag.redaction.deadline import processor_time
from secure_rag.redaction.engine import Redactor
from secure_rag.redaction.normalise import normalise
from secure_rag.redaction.presidio import PresidioDetector
from secure_rag.redaction.pseudonyms import LookupPseudonyms
from secure_rag.redaction.setup import build_redactor, digest_of, pattern_detectors
from secure_rag.runtime.encoder import Encoder
from secure_rag.runtime.manifest import Models
from secure_rag.values import Block, RawDocument

KINDS = ("prose", "mixed", "dense")
SIZES = (2_000, 20_000, 200_000, 2_000_000)
ROUNDS = 5
TIMES = 5
BOUND_S = 600
COMPARED = 60_000
NAMED = 60_000
PROCESSES = 2


@dataclass
class Result:
    """All figures of one run; speeds in characters per second."""

    machine: dict[str, object]
    findings: dict[str, object] = field(default_factory=dict)
    stock: dict[str, dict[str, float]] = field(default_factory=dict)
    patterns: dict[str, float] = field(default_factory=dict)
    documents: dict[int, float] = field(default_factory=dict)
    names: dict[str, float] = field(default_factory=dict)


def machine() -> dict[str, object]:
    """Describe what the figures were measured on."""
    return {
        "cpu": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def seconds(work: Callable[[], object], *, times: int = 1) -> float:
    """Return the processor time of one run; the clock may be coarse, so run short ones often."""
    started = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - started) / times


def check_findings(detector: PresidioDetector, texts: list[str]) -> dict[str, object]:
    """Compare findings with stock Presidio's; nothing may differ but what is listed."""
    engine = stock_engine(detector)
    windows = list(windows_of(texts))
    found: dict[str, object] = {}
    for name, parity in (
        ("each recognizer", compare_recognizers(detector, windows)),
        ("whole engine", compare_engines(detector, engine, windows)),
    ):
        _print_parity(name, parity)
        found[name] = {
            "compared": parity.compared,
            "the same": parity.same,
            "different on purpose": dict(sorted(parity.intended.items())),
            "unexplained": len(parity.unexplained),
        }
    return found


def _print_parity(name: str, parity: Parity) -> None:
    print(
        f"findings, {name}: {parity.compared} compared, {parity.same} the same, "
        f"{sum(parity.intended.values())} different on purpose, "
        f"{len(parity.unexplained)} unexplained"
    )
    for reason, count in sorted(parity.intended.items()):
        print(f"    {count:5} {reason}: {INTENDED[reason]}")


def against_stock(detector: PresidioDetector, kind: str) -> dict[str, float]:
    """Run stock and ours in turns over the same windows of one text."""
    text = corpus(COMPARED, kind)
    engine = stock_engine(detector)
    parts = list(windows_of([text]))
    detector.find(text)
    engine(parts[0])
    theirs, ours = [], []
    for _ in range(ROUNDS):
        theirs.append(seconds(lambda: [engine(part) for part in parts]))
        with processor_time(BOUND_S):  # as in the program
            ours.append(seconds(lambda: [detector.find(part) for part in parts], times=TIMES))
    length = sum(map(len, parts))
    ratio = statistics.median(first / second for first, second in zip(theirs, ours, strict=True))
    return {
        "stock": round(length / min(theirs)),
        "ours": round(length / min(ours)),
        "ratio": round(ratio, 1),
    }


def measure_stock(result: Result) -> None:
    """Compare speeds with all recognizers, and with those that need no context."""
    every = PresidioDetector()
    certain = PresidioDetector([one for one in every.listed if not one.needs_context])
    for kind in KINDS:
        for detector, name in ((every, kind), (certain, f"{kind}, without needs_context")):
            row = result.stock[name] = against_stock(detector, kind)
            print(
                f"{name:30} stock {row['stock']:9,.0f} chars/s   ours {row['ours']:9,.0f}   "
                f"{row['ratio']:.1f}x"
            )


def measure_patterns(result: Result) -> None:
    """Measure every detector that needs no model, then whole documents by size."""
    detectors = pattern_detectors()
    for kind in KINDS:
        text = normalise(corpus(COMPARED, kind)).text
        spent = 0.0
        for detector in detectors:
            detector.find(text[:4000])
            with processor_time(BOUND_S):
                one = min(seconds(lambda d=detector, t=text: d.find(t), times=3) for _ in range(3))
            spent += one
            if one / len(text) > 2e-7:
                print(f"    {kind}, {detector.name}: {one / len(text) * 1e9:.0f} ns a character")
        result.patterns[kind] = round(len(text) / spent)
        print(f"all patterns, {kind:6} {result.patterns[kind]:9,.0f} chars/s")
    redactor = Redactor(
        load_policy("default"), detectors, redaction_digest=digest_of(load_policy("default"), "")
    )
    for size in SIZES:
        text = corpus(size, "mixed")
        redact(redactor, text[:2000])
        rounds = max(1, 40_000 // size)
        spent = seconds(lambda t=text, n=rounds: [redact(redactor, t) for _ in range(n)])
        result.documents[size] = round(size * rounds / spent)
        print(f"patterns and gate, {size:>9,} chars: {result.documents[size]:9,.0f} chars/s")


def redact(redactor: Redactor, text: str) -> None:
    """Redact a text as a document of one block."""
    document = RawDocument("text/plain", text, (Block(0, len(text), "body"),))
    redactor.redact_document(document, document_id="x", pseudonyms=LookupPseudonyms(None))


def measure_names(result: Result) -> None:
    """Measure full detection and the encoder alone, in one process and in two at once."""
    for kind in KINDS:
        row = _names_of(kind)
        result.names.update({f"{kind}, one core, {name}": speed for name, speed in row.items()})
        print(
            f"with names, {kind:6} one core {row['full']:8,.0f} chars/s   encoder alone, one pass "
            f"{row['encoder']:8,.0f} chars/s"
        )
    context = multiprocessing.get_context("spawn")
    for job in ("full", "encoder"):
        with context.Pool(PROCESSES) as pool:
            pool.map(_together, [("warm", job)] * PROCESSES, chunksize=1)
            started = time.perf_counter()
            shares = pool.map(_together, [("mixed", job)] * PROCESSES, chunksize=1)
            spent = time.perf_counter() - started
        length = sum(share[0] for share in shares)
        busy = max(share[1] for share in shares)
        for clock, total in (("wall-clock", spent), ("processor time", busy)):
            name = f"mixed, {PROCESSES} processes, {clock}, {job}"
            result.names[name] = round(length / total)
            print(f"with names, {name}: {length / total:8,.0f} chars/s")


def _names_of(kind: str) -> dict[str, float]:
    text = corpus(NAMED, kind)
    redactor, passes = _redactor(), _encoder_pass(text)
    redact(redactor, text[:4000])
    full, alone = [], []
    for _ in range(2):
        full.append(seconds(lambda: redact(redactor, text)))
        alone.append(seconds(passes))
    return {"full": round(len(text) / min(full)), "encoder": round(len(text) / min(alone))}


_loaded: dict[str, Any] = {}


def _redactor() -> Redactor:
    if "redactor" not in _loaded:
        _loaded["redactor"] = build_redactor(load_policy("default"), Models())
    redactor: Redactor = _loaded["redactor"]
    return redactor


def _encoder_pass(text: str) -> Callable[[], object]:
    """Return one pass of the bare encoder over a text: no overlap, nothing decoded."""
    if "encoder" not in _loaded:
        _loaded["encoder"] = Encoder(Models().locate("ner"))
    encoder: Encoder = _loaded["encoder"]
    tokens = encoder.tokenize(text)
    size = int(encoder.config.get("window_tokens", 254))
    starts = range(0, len(tokens.ids), size)
    parts = [tokens.ids[start : start + size] for start in starts]
    kinds = [tokens.kinds[start : start + size] for start in starts]
    return lambda: encoder.run(parts, kinds=kinds)


def _together(job: tuple[str, str]) -> tuple[int, float]:
    """Do one share of the work in a process of its own; return its size and processor time."""
    kind, work = job
    text = corpus(4_000 if kind == "warm" else 2 * NAMED, "mixed")
    passes = _encoder_pass(text) if work == "encoder" else lambda: redact(_redactor(), text)
    return len(text), seconds(passes)


def main() -> None:
    """Print all figures; exit with 1 where findings differ without a reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", action="store_true", help="with the names model")
    parser.add_argument("-o", "--output", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    result = Result(machine())
    print(result.machine)
    texts = [corpus(COMPARED, kind) for kind in KINDS]
    result.findings = check_findings(PresidioDetector(), texts)
    measure_stock(result)
    measure_patterns(result)
    if options.names:
        measure_names(result)
    if options.output:
        options.output.write_text(json.dumps(asdict(result), indent=1) + "\n", encoding="utf-8")
    # each row is an object of figures
    if any(row["unexplained"] for row in result.findings.values()):  # type: ignore[index]
        sys.exit(1)


if __name__ == "__main__":
    main()
