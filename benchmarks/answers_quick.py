"""Ask public questions end to end, with and without the writer, and count.

    python benchmarks/answers_quick.py [QUESTIONS]

Questions of squad2_dev and xquad_en against all their paragraphs (not redacted). The reader
was trained on most of them and the gate was fitted on one article, so answers and refusals
are for comparison only: the honest ones are in benchmarks/answers.md. What this measures is
the writer (it is asked below short answers too): how often its sentence is shown, and what it
costs.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from evidence_cases import Question, fill, read_sets

from secure_rag.answering.answer import answer
from secure_rag.answering.reader import load_reader
from secure_rag.answering.words import stems
from secure_rag.index.embedder import load_embedder
from secure_rag.index.store import Store
from secure_rag.retrieval.search import search
from secure_rag.runtime.llama import LlamaGenerator
from secure_rag.runtime.manifest import Models
from secure_rag.settings import AnsweringSettings
from secure_rag.values import Answer


def main(count: str = "60") -> None:
    """Print one line for each measure."""
    models = Models()
    embedder, reader = load_embedder(models), load_reader(models)
    settings = AnsweringSettings(writer="always")
    generator = LlamaGenerator(
        models.locate("generator"), context_tokens=settings.context_tokens, threads=0
    )
    paragraphs, questions = read_sets()
    chosen = questions[:: len(questions) // int(count)]
    results: list[tuple[Question, Answer]] = []
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "index") as store:
        fill(store, embedder, paragraphs)
        for question in chosen:
            passages = search(store, embedder, question.text)
            given = answer(
                question.text,
                passages,
                reader=reader,
                generator=generator,
                settings=settings,
            )
            results.append((question, given))
    texts = {key: text for key, (_, text) in paragraphs.items()}
    report(results, texts)


def report(results: list[tuple[Question, Answer]], texts: dict[str, str]) -> None:
    """Print what was counted."""
    answerable = [(one, given) for one, given in results if one.answers]
    shown = [(one, given) for one, given in results if not given.refused]
    right = [holds(one, given.text, texts) for one, given in answerable if not given.refused]
    written = [given.text.partition("\n\n")[2] for _, given in shown]
    rows = {
        "questions": len(results),
        "answerable refused": share([given.refused for _, given in answerable]),
        "unanswerable refused": share([given.refused for one, given in results if not one.answers]),
        "answers that hold the expected words": share(right),
        "answers with a verified citation": share([bool(given.citations) for _, given in shown]),
        "answers with the writer's sentence": share([bool(text) for text in written]),
        "evidence, median s": median([given.timings["evidence_s"] for _, given in results]),
        "writer, median s": median([given.timings["write_s"] for _, given in shown]),
    }
    for name, value in rows.items():
        print(f"{name:40} {value}")
    for one, given in shown:
        sentence = given.text.partition("\n\n")[2]
        if sentence:
            print(f"  {'+' if holds(one, sentence, texts) else '-'} {one.text} | {sentence}")


def holds(question: Question, text: str, texts: dict[str, str]) -> bool:
    """Say whether a text holds the content words of an expected answer."""
    expected = [texts[question.paragraph][start:end] for start, end in question.answers]
    return any(stems(one) <= stems(text) for one in expected)


def share(values: list[bool]) -> str:
    """Return a share with its count."""
    return f"{statistics.mean(values):.2f} of {len(values)}" if values else "-"


def median(values: list[float]) -> str:
    """Return the median, rounded."""
    return f"{statistics.median(values):.2f}" if values else "-"


if __name__ == "__main__":
    main(*sys.argv[1:])
