"""Render a model's own chat template, which is code-like input from a file.

It runs in a sandbox of our own (`template_sandbox.py`): Jinja's immutable one, with limits on
size, output, steps, time and the size of every value. Message contents never pass through
it: the template sees a marker for each, so that text in a message is never read as one of
the model's control tokens.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import jinja2

from secure_rag.errors import ArtifactError
from secure_rag.runtime.template_sandbox import BoundedEnvironment

MAX_TEMPLATE = 64 * 1024
MAX_OUTPUT = 64 * 1024
PLAIN = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:"
"""For models that bring no template."""
_FAILURES = (
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    MemoryError,
    SyntaxError,
    NameError,  # a number too large for a float is compiled to the name `inf`
)
"""What code from a file may end in."""

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{{ '<|im_start|>assistant\n' }}"
)


@dataclass(frozen=True)
class Piece:
    """A run of a prompt: the template's own text, or a message's."""

    text: str = field(repr=False)
    is_content: bool
    """Content is tokenised without control tokens."""


class ChatTemplate:
    """A compiled chat template."""

    def __init__(self, source: str, *, bos: str = "", eos: str = "") -> None:
        """Compile a template.

        Raises:
            ArtifactError: if it is too long or not valid Jinja.
        """
        if len(source) > MAX_TEMPLATE:
            raise _refused("is too long")
        self._environment = BoundedEnvironment(raise_exception=_raise)
        self._names = {
            "bos_token": bos,
            "eos_token": eos,
            "add_generation_prompt": True,
        }
        try:
            self._template = self._environment.from_string(source)
        except (jinja2.TemplateError, *_FAILURES):
            raise _refused("is not valid") from None

    def render(self, messages: Sequence[dict[str, str]]) -> list[Piece]:
        """Lay messages (`role`, `content`) out as the model was trained to read them.

        A template that refuses a system message gets it in front of the first other one.

        Raises:
            ArtifactError: if the template fails, runs over, or drops or repeats a message.
        """
        try:
            return self._pieces(messages)
        except _TemplateFailedError:
            pass
        try:
            return self._pieces(_without_system(messages))
        except _TemplateFailedError:
            raise _refused("cannot be rendered") from None

    def _pieces(self, messages: Sequence[dict[str, str]]) -> list[Piece]:
        key = secrets.token_hex(8)
        markers = [f"\ue000{key}-{number}\ue001" for number in range(len(messages))]
        marked = [
            {"role": message["role"], "content": marker}
            for message, marker in zip(messages, markers, strict=True)
        ]
        rest = self._text(marked)
        pieces = []
        for marker, message in zip(markers, messages, strict=True):
            before, found, rest = rest.partition(marker)
            if not found:
                raise _TemplateFailedError
            pieces += [Piece(before, False), Piece(message["content"].strip(), True)]
        if key in rest:
            raise _TemplateFailedError
        return [piece for piece in [*pieces, Piece(rest, False)] if piece.text]

    def _text(self, messages: list[dict[str, str]]) -> str:
        parts: list[str] = []
        length = 0
        self._environment.begin()
        try:
            for part in self._template.generate(messages=messages, **self._names):
                parts.append(part)
                length += len(part)
                if length > MAX_OUTPUT:
                    raise _TemplateFailedError
        except (jinja2.TemplateError, *_FAILURES):
            raise _TemplateFailedError from None
        return "".join(parts)


class _TemplateFailedError(Exception):
    """One rendering did not work out."""


def _without_system(messages: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Put the system text in front of the first message that is not one."""
    system = [message["content"] for message in messages if message["role"] == "system"]
    others = [message for message in messages if message["role"] != "system"]
    if not system or not others:
        raise _TemplateFailedError
    first = {
        "role": others[0]["role"],
        "content": "\n\n".join([*system, others[0]["content"]]),
    }
    return [first, *others[1:]]


def _raise(_message: Any = None) -> NoReturn:
    raise _TemplateFailedError


def _refused(what: str) -> ArtifactError:
    return ArtifactError(
        f"the model's chat template {what}",
        code="model.template",
        hint="use another GGUF file, one with the template of an instruction-tuned model",
    )
