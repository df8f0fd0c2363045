"""Mail: nothing that only one of several alternatives has is lost; mail boxes are parted aright."""

from __future__ import annotations

import time
from email.message import EmailMessage

import pytest

from secure_rag.documents.loading import load
from secure_rag.errors import DocumentError

_PLAIN = "Please see the report below."
_INVITATION = "BEGIN:VCALENDAR\nLOCATION:Room 7\nEND:VCALENDAR\n"


def alternatives(*parts: EmailMessage) -> bytes:
    """Return a mail whose parts are alternatives of each other."""
    message = EmailMessage()
    message["From"] = "a@example.org"
    message["Subject"] = "Report"
    message.make_alternative()
    for part in parts:
        message.attach(part)
    return message.as_bytes()


def leaf(content: str, subtype: str = "plain") -> EmailMessage:
    part = EmailMessage()
    part.set_content(content, subtype=subtype)
    return part


def mixed(data: bytes, name: str) -> EmailMessage:
    """Return HTML with a file between its halves, as Apple Mail writes it."""
    part = EmailMessage()
    part.make_mixed()
    part.attach(leaf("<p>Please see the report below.</p>", "html"))
    part.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    part.attach(leaf("<p>Best</p>", "html"))
    return part


def test_load_mail_attachment_inside_an_alternative_is_read() -> None:
    document = load(alternatives(leaf(_PLAIN), mixed(b"a,b\n1,Row7\n", "report.csv")), "a.eml")
    assert "Row7" in document.text
    assert document.text.count(_PLAIN) == 1
    assert "attachments" in document.flags


def test_load_mail_broken_attachment_inside_an_alternative_refuses_the_mail() -> None:
    data = alternatives(leaf(_PLAIN), mixed(b"PK\x03\x04 broken", "contract.docx"))
    with pytest.raises(DocumentError) as refused:
        load(data, "a.eml")
    assert refused.value.code in ("document.unreadable", "document.wrong_type")


@pytest.mark.parametrize("first", [leaf(_PLAIN), leaf("<p>You are invited.</p>", "html")])
def test_load_mail_invitation_beside_text_is_read_with_it(first: EmailMessage) -> None:
    document = load(alternatives(first, leaf(_INVITATION, "calendar")), "a.eml")
    assert "LOCATION:Room 7" in document.text
    assert _PLAIN in document.text or "You are invited." in document.text


def test_load_mail_html_that_says_more_than_the_text_is_read_too() -> None:
    html = leaf("<p>Your invoice 4711 of Jane Miller is due on 3 May 2024.</p>", "html")
    document = load(alternatives(leaf("This mail is in HTML."), html), "a.eml")
    assert "invoice 4711 of Jane Miller" in document.text
    assert "This mail is in HTML." in document.text


def test_load_mail_html_that_says_a_little_more_is_flagged() -> None:
    page = f"<p>{_PLAIN}</p><p>Unsubscribe</p><a href='https://x.example/a/b/c/d'></a>"
    html = leaf(page, "html")
    document = load(alternatives(leaf(_PLAIN), html), "a.eml")
    assert "Unsubscribe" not in document.text
    assert "alternative_left_out" in document.flags


def test_load_mail_html_that_says_the_same_is_left_out() -> None:
    document = load(alternatives(leaf(_PLAIN), leaf(f"<b>{_PLAIN.upper()}</b>", "html")), "a.eml")
    assert document.text.upper().count(_PLAIN.upper()) == 1
    assert document.flags == ()


_DIVIDER = "From a@example.org Mon Mar 23 07:58:01 2026\n"
_FIRST = "Subject: First\n\nWe met.\n\nFrom March 2018 to May 2019\nhe worked.\nFrom 1 May 2020\n"
_BOX = f"{_DIVIDER}{_FIRST}\n{_DIVIDER}Subject: Second\n\nBye\n"


@pytest.mark.parametrize("before", ["", "\n", "\n\n"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_load_mail_box_is_parted_at_its_dividers_only(before: str, ending: str) -> None:
    document = load((before + _BOX).replace("\n", ending).encode(), "a.mbox")
    titles = [document.text[b.start : b.end] for b in document.blocks if b.field == "title"]
    assert titles == ["First", "Second"]
    assert "From March 2018 to May 2019" in document.text


def test_load_mail_box_of_many_mails_takes_linear_time() -> None:
    mail = f"{_DIVIDER}Subject: x\n\n{'From here 2019' * 3}\n{'y' * 2000}\n\n"
    start = time.process_time()
    load((mail * 3000).encode(), "a.mbox")
    assert time.process_time() - start < 10.0
