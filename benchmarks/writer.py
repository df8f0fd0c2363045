"""The writer's speed: ours against plain llama-cpp-python calls, same prompts, one run.

    .venv/bin/python benchmarks/writer.py [-n QUESTIONS] [-r ROUNDS] [-o results/writer.json]

Extractive questions over the example documents' kind of text. For each question all sides
get the same messages, weights, context, threads and longest answer, in turns:

- published: `Llama.create_chat_completion` on the file as it is published, temperature 0, its own
  cache of the last prompt: what somebody has who does without this program;
- plain: the same calls on the file that this program lays those weights out in;
- ours, same text: the whole continuation, batch and flash attention as the self-tune found them,
  so that only settings and loop differ from *plain*;
- a verbatim task on each side, where drafts have something to guess;
- ours, as used: `write`, which stops where the sentence is complete or lost.

Also: tokens/s with and without drafts on a verbatim task, prompt tokens computed for a
follow-up in a conversation, and the time from nothing to the first character of the writer.
Times are wall-clock times: the machine should be idle.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.machine import processor
from secure_rag.answering.prompt import PromptMemory, build_prompt
from secure_rag.answering.writer import write
from secure_rag.runtime.cores import physical_cores
from secure_rag.runtime.engine import DraftCost, Tuning
from secure_rag.runtime.llama import LlamaGenerator
from secure_rag.runtime.manifest import LocatedModel, Models
from secure_rag.runtime.tuning import TUNING_CONTEXT, Rates, Tuned, tune

Ask = Callable[[list[Any]], str]

CONTEXT, MAX_TOKENS, BUDGET = 2048, 96, 400
LEASE = [
    "The tenant may end the lease with three months of notice to the end of a quarter.",
    "The deposit of 2,400 euros is returned within 60 days after the end of the lease, less what "
    "is owed for damage.",
    "The landlord keeps the heating in order from October to April and pays for repairs above "
    "150 euros.",
    "Pets are allowed if no other tenant of the house objects in writing within 14 days.",
    "The rent of 1,180 euros is due on the third working day of each month.",
    "Subletting a room needs the written consent of the landlord.",
]
HANDBOOK = [
    "Employees are entitled to 28 days of annual leave, taken in agreement with the manager.",
    "Expenses are refunded within ten working days if receipts are handed in by the fifth.",
    "Working from abroad is possible for 20 days a year after approval by the people team.",
    "A laptop that was lost must be reported to the service desk within four hours.",
    "The probation period is six months and may be extended once by three months.",
    "Training up to 1,500 euros a year is approved by the team lead.",
]
QUESTIONS = [
    (LEASE, "How long is the notice period of the lease?"),
    (LEASE, "When is the deposit returned?"),
    (LEASE, "Who pays for repairs above 150 euros?"),
    (LEASE, "When are pets allowed?"),
    (LEASE, "When is the rent due?"),
    (LEASE, "What does subletting a room need?"),
    (HANDBOOK, "How many days of annual leave are employees entitled to?"),
    (HANDBOOK, "When are expenses refunded?"),
    (HANDBOOK, "How long is working from abroad possible?"),
    (HANDBOOK, "When must a lost laptop be reported?"),
    (HANDBOOK, "How long is the probation period?"),
    (HANDBOOK, "Who approves training up to 1,500 euros?"),
]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", "--questions", type=int, default=len(QUESTIONS))
    parser.add_argument("-r", "--rounds", type=int, default=5, help="times each is asked")
    parser.add_argument("-t", "--threads", type=int, default=physical_cores())
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    located = Models().locate("generator")
    found = tuned(located, options.threads)
    clock = time.perf_counter()
    ours = LlamaGenerator(located, context_tokens=CONTEXT, threads=0, tuning=found.best.tuning)
    loaded_s = time.perf_counter() - clock
    result = {
        "machine": machine(options.threads),
        "model": located.model.name,
        "loaded_s": loaded_s,
        "first_character_s": loaded_s + first_character(ours),
        "answers": answers(
            located, ours, options.questions, rounds=options.rounds, threads=options.threads
        ),
        "drafts": drafts(ours),
        "follow_up": follow_up(ours),
        "tuning": {
            "seconds": found.seconds,
            "best": asdict(found.best),
            "tried": [asdict(one) for one in found.tried],
        },
    }
    text = json.dumps(result, indent=1, default=str)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", "utf-8")


def machine(threads: int) -> dict[str, Any]:
    """Describe what was measured on, and how busy it was."""
    return {
        "processor": processor(),
        "cores": physical_cores(),
        "threads": threads,
        "load_before": os.getloadavg()[0],
        "python": platform.python_version(),
    }


def messages_of(evidence: list[str], question: str, count: Callable[[str], int]) -> list[Any]:
    """Return the prompt of the writer with all the evidence in it."""
    return build_prompt(question, evidence, count_tokens=count, budget=BUDGET).messages


def first_character(ours: LlamaGenerator) -> float:
    """Return the seconds to the first character of the first answer."""
    clock = time.perf_counter()
    evidence, question = QUESTIONS[0]
    next(iter(ours.generate(messages_of(evidence, question, ours.count_tokens), max_tokens=8)))
    return time.perf_counter() - clock


def answers(
    located: LocatedModel, ours: LlamaGenerator, count: int, *, rounds: int, threads: int
) -> dict[str, Any]:
    """Time each question on each side in turns, some times over; compare sums."""
    sides: dict[str, Ask] = {
        "published": plain_model(published_file(located), threads),
        "plain": plain_model(located.path(".gguf"), threads),
        "same": lambda messages: "".join(ours.generate(messages, max_tokens=MAX_TOKENS)),
    }
    by_round = [answers_once(sides, ours, count) for _ in range(rounds)]
    rows = [row for once in by_round for row in once]
    return {
        "rows": rows,
        "same_text": sum(row["same_text"] for row in rows),
        "median_s": {
            side: statistics.median(row[f"{side}_s"] for row in rows) for side in (*sides, "used")
        },
        "ratios": ratios(rows),
        "ratios_by_round": [ratios(once) for once in by_round],
        "ratios_verbatim": ratios(verbatim_once(sides, count)),
        "target": 0.6,
    }


def answers_once(
    sides: dict[str, Ask], ours: LlamaGenerator, count: int
) -> list[dict[str, float | bool]]:
    """Time each question once; the prompts are those of this round alone."""
    rows = []
    for evidence, question in QUESTIONS[:count]:
        messages = messages_of(evidence, question, ours.count_tokens)
        row: dict[str, float | bool] = {}
        written = {}
        for side, ask in sides.items():
            row[f"{side}_s"], written[side] = timed(partial(ask, messages))
        row["same_text"] = written["same"].strip() == written["plain"].strip()
        row["used_s"], _ = timed(
            partial(write, question, evidence, ours, max_tokens=MAX_TOKENS, context_tokens=CONTEXT)
        )
        rows.append(row)
    return rows


def verbatim_once(sides: dict[str, Ask], count: int) -> list[dict[str, float]]:
    """Time the repeating of each sentence."""
    tasks = [repeat(sentence) for sentence in [*LEASE, *HANDBOOK][:count]]
    return [
        {f"{side}_s": timed(partial(ask, task))[0] for side, ask in sides.items()} for task in tasks
    ]


def repeat(sentence: str) -> list[Any]:
    """Return a prompt that asks for a sentence of its own."""
    return [{"role": "user", "content": f'Repeat: The letter says: "{sentence}"'}]


def ratios(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the time of ours as a share of each other side's, over all rows."""
    sums = {
        side: sum(row[f"{side}_s"] for row in rows)
        for side in ("published", "plain", "same", "used")
        if f"{side}_s" in rows[0]
    }
    return {
        f"{ours}_to_{theirs}": sums[ours] / sums[theirs]
        for ours in ("same", "used")
        if ours in sums
        for theirs in ("plain", "published")
    }


def published_file(located: LocatedModel) -> Path:
    """Return the file that the weights were laid out anew from; it stays beside the new one."""
    pinned = {model.name: model for model in Models().manifest.models}
    conversion = pinned[located.model.name].conversion
    if conversion is None:
        raise SystemExit(f"{located.model.name} is used as it is published")
    return located.folder / conversion.source.name


def plain_model(path: Path, threads: int) -> Ask:
    """Return a function that answers with the high-level interface."""
    from llama_cpp import Llama

    model = Llama(
        str(path),
        n_ctx=CONTEXT,
        n_threads=threads,
        n_threads_batch=threads,
        verbose=False,
    )

    def ask(messages: list[Any]) -> str:
        done = model.create_chat_completion(messages, temperature=0, max_tokens=MAX_TOKENS)
        # the library's type is also that of a stream, which was not asked for
        return str(done["choices"][0]["message"]["content"])  # type: ignore[index]

    return ask


def drafts(ours: LlamaGenerator) -> dict[str, Any]:
    """Return tokens/s of a verbatim task without and with drafts."""
    result: dict[str, Any] = {}
    costs: dict[str, DraftCost | None] = {"without": None, "with": ours.tuning.drafts}
    for name, cost in costs.items():
        ours.draft_cost = cost
        speeds, accepted = [], 0
        for sentence in (*LEASE, *HANDBOOK):
            "".join(ours.generate(repeat(sentence), max_tokens=MAX_TOKENS))
            speeds.append(ours.stats.generated_tokens / ours.stats.writing_s)
            accepted += ours.stats.accepted_tokens
        result[name] = {"tokens_per_s": statistics.median(speeds), "accepted": accepted}
    return result


def follow_up(ours: LlamaGenerator) -> dict[str, int]:
    """Return the prompt tokens computed for a first question and for a follow-up."""
    memory = PromptMemory()
    computed = []
    "".join(ours.generate([{"role": "user", "content": "Hello."}], max_tokens=2))
    for question in ("Who pays for repairs?", "And when is the rent due?"):
        write(question, LEASE, ours, max_tokens=16, context_tokens=CONTEXT, memory=memory)
        computed.append(ours.stats.computed_tokens)
    return {"first": computed[0], "follow_up": computed[1]}


def tuned(located: LocatedModel, threads: int) -> Tuned:
    """Measure how the model runs fastest here, as its first use does; nothing is kept."""
    first = LlamaGenerator(located, context_tokens=CONTEXT, threads=0, tuning=Tuning(threads))
    found = tune(lambda tuning: first.another(TUNING_CONTEXT, tuning))
    return replace(found, best=_with_threads(found.best, threads))


def _with_threads(rates: Rates, threads: int) -> Rates:
    return replace(rates, tuning=replace(rates.tuning, threads=threads))


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds an act takes, and what it returns."""
    clock = time.perf_counter()
    value = act()
    return time.perf_counter() - clock, value


if __name__ == "__main__":
    main()
