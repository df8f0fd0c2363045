"""What a command is given, as an argument or on standard input: text in UTF-8, or refused."""

from __future__ import annotations

import sys
from typing import Any

import click
from click.types import StringParamType

from secure_rag.errors import InputError, UsageError
from secure_rag.plain_text import decode_text, not_utf8

_MAX_VALUE = 10_000
"""Longest value that is looked for, in characters: a name is shorter, a document longer."""


class _Text(StringParamType):
    """An argument that is text: bytes in another encoding would be looked for as other words."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text.

        Raises:
            InputError: it is not UTF-8.
        """
        text: str = super().convert(value, param, ctx)
        try:
            text.encode()
        except UnicodeEncodeError:
            raise not_utf8() from None
        return text


TEXT = _Text()


def read_stdin() -> str:
    """Return standard input as text.

    Raises:
        InputError: it is not UTF-8.
    """
    return decode_text(sys.stdin.buffer.read())


def read_value(argument: str) -> str:
    """Return a value to look for: the argument, or what stands on standard input for `-`.

    Raises:
        InputError: it is not UTF-8, or longer than any value.
        UsageError: there is a character in it that no name holds.
    """
    value = read_stdin() if argument == "-" else argument
    if len(value) > _MAX_VALUE:
        raise InputError(
            "the value is too long", code="input.too_large", hint="give one name or number"
        )
    if "\0" in value:
        raise UsageError("a NUL character is in the value", hint="give one name or number")
    return value


def read_one_value(argument: str) -> str:
    """Return a value as `read_value` does; a list of them would be found nowhere.

    Raises:
        UsageError: it has several lines.
    """
    value = read_value(argument)
    if len(value.strip().splitlines()) > 1:
        raise UsageError("the value has several lines", hint="call the command for each of them")
    return value
