"""The writer's speed: ours against plain llama-cpp-python calls, same prompts, one run.

    .venv/bin/python benchmarks/writer.py [-n QUESTIONS] [-o results/writer.json]

Extractive questions over the example documents' kind of text. For each question both sides
get the same messages, model file, context, threads and longest answer, in turns:

- plain: `Llama.create_chat_completion`, temperature 0, its own cache of the last prompt;
- ours, same text: the whole continuation, so that only the loop differs;
- a verbatim task on both sides, where drafts have something to guess;
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
from collections.abc import Callable
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
from secure_rag.runtime.tuning import TUNING_CONTEXT, tune

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
    parser.add_argument("-t", "--threads", type=int, default=physical_cores())
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    located = Models().locate("generator")
    clock = time.perf_counter()
    ours = LlamaGenerator(
        located, context_tokens=CONTEXT, threads=0, tuning=Tuning(options.threads)
    )
    loaded_s = time.perf_counter() - clock
    result = {
        "machine": machine(options.threads),
        "model": located.model.name,
        "loaded_s": loaded_s,
        "first_character_s": loaded_s + first_character(ours),
        "answers": answers(located, ours, options.questions, options.threads),
        "drafts": drafts(ours),
        "follow_up": follow_up(ours),
        "tuning": tuned(ours),
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
    located: LocatedModel, ours: LlamaGenerator, count: int, threads: int
) -> dict[str, Any]:
    """Time each question on each side in turns; compare medians and sums."""
    plain = plain_model(located, threads)
    rows = []
    for evidence, question in QUESTIONS[:count]:
        messages = messages_of(evidence, question, ours.count_tokens)
        row: dict[str, Any] = {}
        row["plain_s"], written = timed(lambda m=messages: plain(m))
        row["same_s"], same = timed(
            lambda m=messages: "".join(ours.generate(m, max_tokens=MAX_TOKENS))
        )
        row["same_text"] = same.strip() == written.strip()
        row["used_s"], _ = timed(
            lambda e=evidence, q=question: write(
                q, e, ours, max_tokens=MAX_TOKENS, context_tokens=CONTEXT
            )
        )
        rows.append(row)
    sums = {side: sum(row[f"{side}_s"] for row in rows) for side in ("plain", "same", "used")}
    verbatim = {"plain": 0.0, "same": 0.0}
    for sentence in [*LEASE, *HANDBOOK][:count]:
        task = [{"role": "user", "content": f'Repeat: The letter says: "{sentence}"'}]
        verbatim["plain"] += timed(lambda m=task: plain(m))[0]
        verbatim["same"] += timed(lambda m=task: "".join(ours.generate(m, max_tokens=MAX_TOKENS)))[
            0
        ]
    return {
        "rows": rows,
        "ratio_verbatim": verbatim["same"] / verbatim["plain"],
        "same_text": sum(row["same_text"] for row in rows),
        "median_s": {side: statistics.median(row[f"{side}_s"] for row in rows) for side in sums},
        "ratio_same": sums["same"] / sums["plain"],
        "ratio_used": sums["used"] / sums["plain"],
        "target": 0.6,
    }


def plain_model(located: LocatedModel, threads: int) -> Callable[[list[Any]], str]:
    """Return a function that answers with the high-level interface."""
    from llama_cpp import Llama

    model = Llama(
        str(located.path(".gguf")),
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
            task = [{"role": "user", "content": f'Repeat: The letter says: "{sentence}"'}]
            "".join(ours.generate(task, max_tokens=MAX_TOKENS))
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


def tuned(ours: LlamaGenerator) -> dict[str, Any]:
    """Return what the self-tune picks here, and how long it took; nothing is kept."""
    found = tune(lambda tuning: ours.another(TUNING_CONTEXT, tuning))
    return {"seconds": found.seconds, "best": found.best, "tried": len(found.tried)}


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds an act takes, and what it returns."""
    clock = time.perf_counter()
    value = act()
    return time.perf_counter() - clock, value


if __name__ == "__main__":
    main()
