"""`chat`: several questions in one conversation, and commands that start with a slash."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import click

from secure_rag.cli.ask import answer_value, show_streamed, streams
from secure_rag.cli.context import Context, policy_files
from secure_rag.cli.options import Command, adapter_options
from secure_rag.cli.render import answer_text, safe, show_error, sources_text
from secure_rag.errors import InputError, SecureRagError, UsageError
from secure_rag.plain_text import decode_text

if TYPE_CHECKING:
    from secure_rag.pipeline.ask import OnText
    from secure_rag.pipeline.chat import Chat, Replied
    from secure_rag.pipeline.session import Session
    from secure_rag.policy.model import Policy
    from secure_rag.values import Answer

_HELP: Final = {
    "/sources": "the quotes of the last answer, and where they stand",
    "/reveal PLACEHOLDER REASON": "the original value; request and reason go on record",
    "/policy": "the policy that your questions are redacted with",
    "/help": "this list",
    "/quit": "end the chat (so does Ctrl-D)",
}


@click.command("chat", cls=Command)
@click.option("--policy", metavar="NAME|FILE", help="Another policy for the questions.")
@adapter_options
@click.pass_obj
def chat(context: Context, policy: str | None, adapter: str | None, unsafe_adapter: bool) -> None:
    """Ask several questions without loading the model again.

    \b
    Example: secure-rag chat
    A question may refer to the one before: "and who signed it?". What it was taken to mean is
    shown. Type /sources, /reveal PLACEHOLDER REASON, /policy, /help or /quit.
    Ctrl-C stops the answer, not the chat. Nothing you type is stored.
    """
    opened = context.session("chat", read=policy_files(policy), adapter=adapter)
    with opened as session, session.beating("chat"):
        session.unsafe_adapter = unsafe_adapter
        from secure_rag.pipeline.chat import Chat

        in_force = context.warn_of(session.load_policy(policy))
        with Chat(session, policy=in_force) as conversation:
            _Talk(context, session, conversation, in_force).run()


class _Talk:
    """The loop over what the user types."""

    def __init__(
        self, context: Context, session: Session, conversation: Chat, policy: Policy
    ) -> None:
        self._context = context
        self._session = session
        self._chat = conversation
        self._policy = policy
        self._commands: dict[str, Callable[[str], None]] = {
            "/sources": self._sources,
            "/reveal": self._reveal,
            "/policy": self._show_policy,
            "/help": self._help,
        }

    def run(self) -> None:
        """Answer until the user ends it."""
        self._context.say("ask a question; /help lists the commands, /quit ends")
        while True:
            try:
                line = _prompt(self._context)
                if line in (None, "/quit", "/exit"):
                    return
                self._take(line or "")
            except KeyboardInterrupt:
                self._context.say("stopped")
            except (UsageError, InputError) as error:
                self._report(error)

    def _take(self, line: str) -> None:
        """Obey a command, or answer a question."""
        if not line.startswith("/"):
            self._reply(line)
            return
        name, _, rest = line.partition(" ")
        if name not in self._commands:
            close = difflib.get_close_matches(name, [*self._commands, "/quit"], n=1)
            hint = f"did you mean {close[0]}?" if close else "/help lists the commands"
            raise UsageError("there is no such command", hint=hint)
        self._commands[name](rest.strip())

    def _reply(self, question: str) -> None:
        context = self._context
        if not streams(context):
            self._show(self._chat.ask(question))
            return
        replies: list[Replied] = []

        def ask(show: OnText) -> Answer:
            replies.append(self._chat.ask(question, on_text=show))
            return replies[0].answered.answer

        show_streamed(context, ask)
        self._say_meaning(replies[0])
        self._session.tune_writer(say=context.say, is_wanted=False)

    def _show(self, replied: Replied) -> None:
        if self._context.json:
            value = answer_value(replied.answered)
            value["question"] = replied.question
            value["read_as"] = replied.reference.question
            self._context.line({"schema": "secure-rag/ask/1", **value})
            return
        self._context.out.write(answer_text(replied.answered.answer) + "\n")
        self._say_meaning(replied)
        self._context.out.flush()

    def _say_meaning(self, replied: Replied) -> None:
        """Say what a question was taken to mean, where that is not what was typed."""
        if not replied.reference.is_alone:
            self._context.say(f"(read as: {safe(replied.reference.question)})")

    def _sources(self, rest: str) -> None:
        del rest
        citations = self._chat.citations
        text = sources_text(citations, quoted=True) if citations else "no sources yet\n"
        if self._context.json:
            value = [{"marker": o.marker, "document": o.document, "chunk": o.chunk,
                      "quote": o.quote, "place": o.place.to_dict()} for o in citations]  # fmt: skip
            self._context.line({"schema": "secure-rag/sources/1", "citations": value})
            return
        self._context.out.write(text)
        self._context.out.flush()

    def _reveal(self, rest: str) -> None:
        """Show a value as `secure-rag reveal` does: same process, same right, same events."""
        placeholder, _, reason = rest.partition(" ")
        if not placeholder or not reason.strip():
            raise UsageError(
                "a placeholder and a reason are needed",
                hint="/reveal <PERSON_7Q2F9KX3M4> reply to the client",
            )
        from secure_rag.pipeline.reveal import reveal

        placeholder = placeholder.strip("'\"")
        try:
            values = reveal(self._session, [placeholder], reason=reason.strip())
        except SecureRagError as error:
            if error.code.startswith("audit."):
                raise  # nothing may go on without a log
            self._report(error)
            return
        self._context.line(
            {"schema": "secure-rag/reveal/1", "values": values},
            text=f"{placeholder}  {safe(values[placeholder])}",
        )

    def _show_policy(self, rest: str) -> None:
        del rest
        name, digest = self._policy.name, self._policy.digest
        self._context.line(
            {"schema": "secure-rag/policy/1", "policy": name, "policy_digest": digest},
            text=f"{name}  {digest}",
        )

    def _help(self, rest: str) -> None:
        del rest
        width = max(map(len, _HELP))
        self._context.say("\n".join(f"{name.ljust(width)}  {what}" for name, what in _HELP.items()))

    def _report(self, error: SecureRagError) -> None:
        """Show an error as the command would, and go on."""
        show_error(error, as_json=self._context.json)


def _prompt(context: Context) -> str | None:
    """Return the next line that is not blank, or None at the end of input."""
    while True:
        if context.is_interactive:
            click.echo("? ", nl=False, err=True)
        try:
            line = decode_text(sys.stdin.buffer.readline())
        except KeyboardInterrupt:
            click.echo("", err=True)
            continue
        if not line:
            return None
        if line.strip():
            return line.strip()
