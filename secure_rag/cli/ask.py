"""`ask` and `search`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from secure_rag.cli.arguments import TEXT, read_stdin
from secure_rag.cli.context import Context, policy_files
from secure_rag.cli.lines import read_json_lines, text_of
from secure_rag.cli.options import Command, adapter_options
from secure_rag.cli.render import answer_text, passages_text, safe, sources_text
from secure_rag.errors import ExitCode, InputError, UsageError

if TYPE_CHECKING:
    from secure_rag.pipeline.ask import Answered, Asker, OnText
    from secure_rag.pipeline.session import Session
    from secure_rag.values import Answer, Citation, Passage


@click.command("search", cls=Command)
@click.argument("question", type=TEXT)
@click.option("-n", "--limit", type=click.IntRange(1, 50), help="How many passages.")
@click.option("--policy", metavar="NAME|FILE", help="Another policy for the question.")
@click.pass_obj
def search(context: Context, question: str, limit: int | None, policy: str | None) -> None:
    """Show the passages a question would retrieve, without the writer.

    \b
    Example: secure-rag search "notice period of the lease"
    """
    with context.session("search", read=policy_files(policy)) as session:
        found = _asker(context, session, policy, mode="search").search(question, limit=limit)
    context.result(
        {"question": found.question, "passages": [_passage(one) for one in found.passages]},
        schema="search",
        text=passages_text(found.passages) or "no passages\n",
    )


@click.command("ask", cls=Command)
@click.argument("question", required=False, type=TEXT)
@click.option("--policy", metavar="NAME|FILE", help="Another policy for the question.")
@click.option("--batch", is_flag=True, help="Questions as JSON Lines on stdin.")
@adapter_options
@click.pass_obj
def ask(
    context: Context,
    question: str | None,
    policy: str | None,
    batch: bool,
    adapter: str | None,
    unsafe_adapter: bool,
) -> None:
    """Answer one question from the index, with citations, or refuse.

    \b
    Examples: secure-rag ask "When does the lease end?"
              echo "When does the lease end?" | secure-rag ask -
              secure-rag ask --batch --json < questions.jsonl
              secure-rag ask "When does the lease end?" --adapter grounded-qa

    A line of --batch is {"id", "question"} and may hold "passages", a list of texts to
    answer from instead of the index.
    """
    if batch:
        if question:
            raise UsageError("--batch reads its questions from stdin")
        with context.session("ask --batch", read=policy_files(policy), adapter=adapter) as session:
            session.unsafe_adapter = unsafe_adapter
            _ask_batch(context, session, policy)
        return
    asked = _question(question)
    with context.session("ask", read=policy_files(policy), adapter=adapter) as session:
        session.unsafe_adapter = unsafe_adapter
        asker = _asker(context, session, policy)
        if streams(context):
            show_streamed(context, lambda show: asker.ask(asked, on_text=show).answer)
            session.tune_writer(say=context.say, is_wanted=False)
            return
        answered = asker.ask(asked)
    context.result(answer_value(answered), schema="ask", text=answer_text(answered.answer))


def streams(context: Context) -> bool:
    """Say whether an answer is shown piece by piece."""
    return context.out.isatty() and not context.json


def show_streamed(context: Context, ask: Callable[[OnText], Answer]) -> None:
    """Show an answer as it comes, then its sources."""

    def show(piece: str) -> None:
        context.out.write(safe(piece))
        context.out.flush()

    answer = ask(show)
    shown = safe(answer.text) + "\n" if answer.refused else sources_text(answer.citations)
    context.out.write(shown if answer.refused else "\n" + shown)
    context.out.flush()


def _question(argument: str | None) -> str:
    """Return the question from the argument or from stdin."""
    if argument is None and sys.stdin.isatty():
        raise UsageError("no question", hint='secure-rag ask "When does the lease end?"')
    text = read_stdin() if argument in (None, "-") else argument
    if not text or not text.strip():
        raise UsageError("the question is empty")
    return text.strip()


def _ask_batch(context: Context, session: Session, policy: str | None) -> None:
    """Answer line after line, in order; each result is out before the next line is read."""
    # passages come again with other questions: detectors look at each text once
    session.remembers = True
    asker = _asker(context, session, policy)
    for line in read_json_lines():
        shown = _batch_line(asker, line)
        if "error" in shown:
            context.exit_code = ExitCode.INPUT
        context.line(shown)


def _batch_line(asker: Asker, line: dict[str, Any] | None) -> dict[str, Any]:
    """Return the result of one line; what is wrong with it is wrong with this line alone."""
    identity = line.get("id") if line else None
    question = text_of(line, "question")
    passages = line.get("passages") if line else None
    if question is None or not question.strip() or not _is_texts(passages):
        return {"id": identity, "error": "input.line"}
    try:
        answered = asker.ask(question, passages=passages)
    except InputError as error:
        return {"id": identity, "error": error.code}
    return {"schema": "secure-rag/ask/1", "id": identity, **answer_value(answered)}


def _is_texts(value: object) -> bool:
    return value is None or (
        isinstance(value, list) and all(isinstance(text, str) for text in value)
    )


def _asker(context: Context, session: Session, policy: str | None, *, mode: str = "ask") -> Asker:
    from secure_rag.pipeline.ask import Asker

    return Asker(session, policy=context.warn_of(session.load_policy(policy)), mode=mode)


def _passage(passage: Passage) -> dict[str, Any]:
    return {
        "document": passage.document,
        "chunk": passage.chunk,
        "text": passage.text,
        "score": round(passage.score, 6),
        "start": passage.start,
        "end": passage.end,
        "place": passage.place.to_dict(),
    }


def answer_value(answered: Answered) -> dict[str, Any]:
    """Return an answer as `ask --json` shows it."""
    answer = answered.answer
    return {
        "question": answer.question,
        "answer": answer.text,
        "short": answer.short,
        "refused": answer.refused,
        "reason": answer.reason,
        "citations": [
            {
                "marker": one.marker,
                "document": one.document,
                "chunk": one.chunk,
                "quote": one.quote,
                "start": one.start,
                "end": one.end,
                "place": one.place.to_dict(),
                "verified": one.verified,
                "answer": _span(one),
            }
            for one in answer.citations
        ],
        "dropped_citations": answer.dropped_citations,
        "dropped_sentences": answer.dropped_sentences,
        "model_digest": answered.model_digest,
        "adapter_digest": answered.adapter_digest or None,
        "reader_digest": answered.reader_digest,
        "policy_digest": answered.policy_digest,
        "audit_seq": answered.audit_seq,
        "timings": {stage: round(seconds, 4) for stage, seconds in answer.timings.items()},
    }


def _span(citation: Citation) -> dict[str, int] | None:
    """Return where the words that answer stand, if it is not the whole quote."""
    if not citation.answer:
        return None
    start = citation.answer_start
    return {"start": start, "end": start + len(citation.answer)}
