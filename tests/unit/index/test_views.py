"""The views of a stored text."""

from __future__ import annotations

from secure_rag.index.views import fulltext_view, index_word, placeholders, plain_view

MAIL = "<EMAIL_ADDRESS_0123456789>"
TEXT = f"Write to {MAIL} or {MAIL} and <PERSON_12>."


def test_plain_view_of_placeholders_is_their_type() -> None:
    assert plain_view(TEXT) == "Write to email address or email address and person."


def test_fulltext_view_of_an_issued_placeholder_is_one_word_of_letters_and_digits() -> None:
    word = index_word(MAIL)
    assert word.isalnum() and word[-1].isdigit()
    assert fulltext_view(TEXT).split().count(word) == 2


def test_placeholders_are_listed_once() -> None:
    assert placeholders(TEXT) == (MAIL,)
