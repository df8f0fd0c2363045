"""Text as bytes: UTF-8, or refused."""

from __future__ import annotations

from secure_rag.errors import InputError


def decode_text(data: bytes) -> str:
    """Decode UTF-8 text as it stands; a byte order mark before it is no part of the text.

    Raises:
        InputError: if it is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise not_utf8() from None


def not_utf8() -> InputError:
    """Return the error of a text in another encoding."""
    return InputError(
        "the text is not UTF-8",
        code="input.encoding",
        hint="convert it first, for example with `iconv -t utf-8`",
    )
