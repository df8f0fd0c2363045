"""Measure once how a model runs fastest on this machine, and remember it.

Threads, batch and flash attention help on one machine and harm on another (the sign of
flash attention differs between processors, and a second thread can cost more than it
brings where others use the machine). What was measured is kept in a small file of the
user's cache folder, by model, processor and library; it holds rates, no text.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from secure_rag.runtime.cores import physical_cores
from secure_rag.runtime.engine import DraftCost, Engine, Tuning
from secure_rag.workspace import cache_home

_FORMAT = 1
_MOST_BYTES = 64 * 1024
_PROMPT, _ANSWER = 160, 12
"""Tokens that a candidate reads and writes when it is measured."""

_PROBE = (24, 2)
_WARM = 8
_MOST_S = 2.0
"""A candidate that would take longer, on a slow or busy machine, is judged by its probe."""

_TYPICAL_PROMPT, _TYPICAL_ANSWER = 400, 40
"""What an answer costs: candidates are compared by it."""

_GAIN = 0.95
"""A candidate must be this much faster than the best before it."""

_DRAFTED = (1, 4, 16)
_ROUNDS = 3
TUNING_CONTEXT = 512
"""Context that is enough to measure in."""


@dataclass(frozen=True)
class Rates:
    """A candidate and how fast it was."""

    tuning: Tuning
    prompt_per_s: float
    answer_per_s: float

    @property
    def typical_s(self) -> float:
        """Return the seconds of a typical answer."""
        return _TYPICAL_PROMPT / self.prompt_per_s + _TYPICAL_ANSWER / self.answer_per_s


@dataclass(frozen=True)
class Tuned:
    """The outcome of one tuning."""

    best: Rates
    tried: tuple[Rates, ...]
    seconds: float


def default_tuning(threads: int = 0) -> Tuning:
    """Return what is used where nothing was measured."""
    return Tuning(threads or physical_cores())


def recall(model_digest: str, *, threads: int = 0, folder: Path | None = None) -> Tuning:
    """Return what was measured on this machine, or the default.

    Args:
        threads: what the settings ask for; overrides what was measured.
        folder: where records lie; the user's cache folder if None.
    """
    found = recorded(model_digest, folder=folder)
    if found is None:
        return default_tuning(threads)
    return replace(found.tuning, threads=threads) if threads else found.tuning


def recorded(model_digest: str, *, folder: Path | None = None) -> Rates | None:
    """Return the record for this model, processor and library; None if there is none.

    A record that cannot be read, or that names what this machine has not, counts as none.
    """
    path = _path(model_digest, folder)
    try:
        if path.stat().st_size > _MOST_BYTES:
            return None
        record = json.loads(path.read_text("utf-8"))
        if record["format"] != _FORMAT or record["machine"] != machine_key():
            return None
        tuning = Tuning(
            threads=int(record["threads"]),
            batch=int(record["batch"]),
            is_flash=record["flash_attention"] is True,
            drafts=DraftCost(float(record["draft_base"]), float(record["draft_each"])),
        )
        rates = Rates(tuning, float(record["prompt_per_s"]), float(record["answer_per_s"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return rates if _is_possible(rates) else None


def record(model_digest: str, tuned: Tuned, *, folder: Path | None = None) -> bool:
    """Keep what was measured; return False where the folder cannot be written."""
    path = _path(model_digest, folder)
    best = tuned.best
    text = json.dumps(
        {
            "format": _FORMAT,
            "machine": machine_key(),
            "model": model_digest,
            "threads": best.tuning.threads,
            "batch": best.tuning.batch,
            "flash_attention": best.tuning.is_flash,
            "draft_base": round(best.tuning.drafts.base, 3),
            "draft_each": round(best.tuning.drafts.each, 3),
            "prompt_per_s": round(best.prompt_per_s, 1),
            "answer_per_s": round(best.answer_per_s, 1),
            "seconds": round(tuned.seconds, 2),
            "tried": [asdict(one) for one in tuned.tried],
        },
        indent=1,
    )
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.write_text(text, "utf-8")
        os.replace(part, path)
    except OSError:
        return False
    return True


def tune(
    open_engine: Callable[[Tuning], Engine],
    *,
    cores: int | None = None,
    budget_s: float = 10.0,
    clock: Callable[[], float] = time.perf_counter,
) -> Tuned:
    """Measure one change at a time, from one thread on, and keep what is faster.

    Args:
        open_engine: makes a context that is told so; it is closed after its turn.
        cores: physical cores; counted if None.
        budget_s: no candidate is begun after it.
    """
    began = clock()
    have = cores or physical_cores()
    # one thread first: on a busy machine several can be a hundred times slower
    best = _measure(open_engine, Tuning(1), clock)
    tried = [best]
    for change in _changes(have):
        if clock() - began + (clock() - began) / len(tried) > budget_s:
            break
        candidate = change(best.tuning)
        if any(candidate == one.tuning for one in tried):
            continue
        rates = _measure(open_engine, candidate, clock)
        tried.append(rates)
        if rates.typical_s < best.typical_s * _GAIN:
            best = rates
    if clock() - began < budget_s:
        drafts = _draft_cost(open_engine, best.tuning, clock)
        best = replace(best, tuning=replace(best.tuning, drafts=drafts))
    return Tuned(best, tuple(tried), clock() - began)


def tuning_folder() -> Path:
    """Return where the records lie."""
    return cache_home() / "tuning"


def machine_key() -> str:
    """Return a digest of processor, cores and library: another machine measures anew."""
    parts = [
        _processor(),
        str(physical_cores()),
        importlib.metadata.version("llama-cpp-python"),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _changes(cores: int) -> list[Callable[[Tuning], Tuning]]:
    """Return what is tried in turn, each on top of the best so far."""
    counts = [count for count in (cores // 2, cores - 1, cores) if count > 1]
    threads = [partial(replace, threads=count) for count in dict.fromkeys(counts)]
    return [*threads, partial(replace, batch=128), partial(replace, is_flash=True)]


def _measure(
    open_engine: Callable[[Tuning], Engine], tuning: Tuning, clock: Callable[[], float]
) -> Rates:
    """Measure one candidate: a little first, and more only if that was quick."""
    engine = open_engine(tuning)
    try:
        rates = _rates(engine, tuning, _PROBE, clock)
        most_s = _PROMPT / rates.prompt_per_s + _ANSWER / rates.answer_per_s
        if most_s < _MOST_S:
            engine.clear()
            rates = _rates(engine, tuning, (_PROMPT, _ANSWER), clock)
    finally:
        engine.close()
    return rates


def _rates(
    engine: Engine, tuning: Tuning, sizes: tuple[int, int], clock: Callable[[], float]
) -> Rates:
    """Time reading and writing so many tokens."""
    prompt, answer = sizes
    size = engine.vocabulary.size
    # any tokens cost the same; those of the middle are no control tokens
    tokens = [size // 2 + number % (size // 4 or 1) for number in range(prompt + answer)]
    began = clock()
    engine.compute(tokens[:_WARM], at=0, scored=1)
    start = clock()
    if start - began > _MOST_S / 2:
        return Rates(tuning, _WARM / (start - began), 1 / (start - began))
    engine.compute(tokens[_WARM:prompt], at=_WARM, scored=1)
    read = clock()
    for position in range(prompt, prompt + answer):
        engine.compute(tokens[position : position + 1], at=position, scored=1)
    prompt_s, answer_s = max(read - start, 1e-6), max(clock() - read, 1e-6)
    return Rates(tuning, (prompt - _WARM) / prompt_s, answer / answer_s)


def _draft_cost(
    open_engine: Callable[[Tuning], Engine], tuning: Tuning, clock: Callable[[], float]
) -> DraftCost:
    """Measure what reading four and sixteen tokens at once costs, against one."""
    engine = open_engine(tuning)
    if not engine.can_rewind:
        engine.close()
        return tuning.drafts
    best = dict.fromkeys(_DRAFTED, float("inf"))
    try:
        middle = engine.vocabulary.size // 2
        engine.compute([middle] * 64, at=0, scored=1)
        for _ in range(_ROUNDS):
            for size in _DRAFTED:
                engine.cut(64)
                start = clock()
                engine.compute([middle + one for one in range(size)], at=64, scored=size)
                best[size] = min(best[size], clock() - start)
    finally:
        engine.close()
    one, few, many = (max(best[size], 1e-6) for size in _DRAFTED)
    each = max(0.0, (many - few) / (_DRAFTED[2] - _DRAFTED[1]) / one)
    return DraftCost(max(0.0, few / one - each * _DRAFTED[1]), each)


def _is_possible(rates: Rates) -> bool:
    tuning = rates.tuning
    return (
        0 < tuning.threads <= (os.cpu_count() or 1)
        and 32 <= tuning.batch <= 4096
        and tuning.drafts.base >= 0 <= tuning.drafts.each
        and rates.prompt_per_s > 0 < rates.answer_per_s
    )


def _path(model_digest: str, folder: Path | None) -> Path:
    name = hashlib.sha256(f"{model_digest}\0{machine_key()}".encode()).hexdigest()[:24]
    return (folder or tuning_folder()) / f"{name}.json"


def _processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return the processor's name and what it can, as the kernel says."""
    try:
        lines = cpuinfo.read_text("utf-8", "replace").splitlines()
    except OSError:
        return os.uname().machine
    wanted = ("model name", "flags", "Features", "CPU part")
    return "\n".join(dict.fromkeys(line for line in lines if line.startswith(wanted)))
