"""Build documents of every format in memory, one given value planted per field.

`FIELDS[kind]` names the values that `build(kind, values)` plants, and the field
of `secure_rag.values.Block` each must come out in. A value that is not given is empty.
"""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from email.policy import SMTP
from html import escape

from tests.assets import office, open_documents, portable

_HTML_FIELDS = {
    "title": "title",
    "author": "author",
    "description": "metadata",
    "body": "body",
    "heading": "body",
    "list_item": "body",
    "cell": "body",
    "code": "body",
    "link": "link",
    "image_link": "link",
    "alt": "body",
    "tooltip": "body",
    "comment": "comment",
    "head_comment": "comment",
    "hidden": "hidden",
    "hidden_attribute": "hidden",
    "hidden_input": "hidden",
    "template": "hidden",
}
_MARKDOWN_FIELDS = {
    "title": "title",
    "author": "author",
    "front_matter": "metadata",
    "body": "body",
    "heading": "body",
    "list_item": "body",
    "cell": "body",
    "code": "body",
    "link": "link",
    "image_link": "link",
    "alt": "body",
    "unused_link": "link",
    "comment": "comment",
    "inline_comment": "comment",
    "html": "body",
}
_MAIL_FIELDS = {
    "title": "title",
    "author": "author",
    "to": "header",
    "cc": "header",
    "bcc": "header",
    "reply_to": "header",
    "message_id": "metadata",
    "custom_header": "metadata",
    "body": "body",
    "attachment_name": "file_name",
    "attachment": "body",
    "inner_title": "title",
    "inner_body": "body",
    "image_name": "file_name",
}
FIELDS: dict[str, dict[str, str]] = {
    "pdf": portable.PDF_FIELDS,
    "docx": office.DOCX_FIELDS,
    "pptx": office.PPTX_FIELDS,
    "xlsx": office.XLSX_FIELDS,
    "odt": open_documents.ODT_FIELDS,
    "ods": open_documents.ODS_FIELDS,
    "odp": open_documents.ODP_FIELDS,
    "rtf": portable.RTF_FIELDS,
    "html": _HTML_FIELDS,
    "markdown": _MARKDOWN_FIELDS,
    "plain": {"body": "body", "second": "body"},
    "csv": {"body": "body", "column": "body", "cell": "body"},
    "tsv": {"body": "body", "column": "body", "cell": "body"},
    "json": {"body": "body", "key": "body", "cell": "body", "duplicate": "body"},
    "jsonl": {"body": "body", "key": "body", "cell": "body"},
    "eml": _MAIL_FIELDS,
    "mbox": {**_MAIL_FIELDS, "second": "body"},
}
"""Format to the values it has, each with the field it must come out in."""

SUFFIX = {"markdown": ".md", "plain": ".txt"}
"""Suffixes that are not the format's name."""


def build(kind: str, values: Mapping[str, str]) -> bytes:
    """Return a document of a format with each value in the field it is named after."""
    unknown = set(values) - set(FIELDS[kind])
    assert not unknown, f"{kind} has no {sorted(unknown)}"
    return _BUILDERS[kind]({name: values.get(name, "") for name in FIELDS[kind]})


def file_name(kind: str, stem: str = "sample") -> str:
    """Return a name with the suffix of a format."""
    return stem + SUFFIX.get(kind, f".{kind}")


def _html(values: Mapping[str, str]) -> bytes:
    v = {name: escape(value) for name, value in values.items()}
    page = f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>{v["title"]}</title>
<meta name="author" content="{v["author"]}"><meta name="description" content="{v["description"]}">
<!-- {v["head_comment"]} --><style>p {{ color: red }}</style></head><body>
<script>var secret = 1;</script><h1>{v["heading"]}</h1>
<p>Text <b>before</b> {v["body"]} <a href="{v["link"]}" title="{v["tooltip"]}">after</a>.</p>
<ul><li>{v["list_item"]}</li></ul>
<table><tr><th>Item</th><th>Contact</th></tr><tr><td>Lamp</td><td>{v["cell"]}</td></tr></table>
<pre>{v["code"]}</pre><img src="{v["image_link"]}" alt="{v["alt"]}">
<!-- {v["comment"]} --><div style="display: none"><p>{v["hidden"]}</p></div>
<p hidden>{v["hidden_attribute"]}</p><input type="hidden" value="{v["hidden_input"]}">
<template><p>{v["template"]}</p></template></body></html>"""
    return page.encode()


def _markdown(v: Mapping[str, str]) -> bytes:
    return f"""---
title: {v["title"]}
author: {v["author"]}
client: {v["front_matter"]}
---

# {v["heading"]}

Text **before** {v["body"]} and [a page](<{v["link"]}>) <!-- {v["inline_comment"]} --> after.

- {v["list_item"]}

| Item | Contact |
|------|---------|
| Lamp | {v["cell"]} |

```text
{v["code"]}
```

![{v["alt"]}](<{v["image_link"]}>)

<!-- {v["comment"]} -->

<div>{v["html"]}</div>

[unused]: <{v["unused_link"]}>
""".encode()


def _plain(values: Mapping[str, str]) -> bytes:
    return f"Minutes\n\n{values['body']}\n\nNext: {values['second']}\n".encode()


def _delimited(delimiter: str) -> Callable[[Mapping[str, str]], bytes]:
    def build_rows(values: Mapping[str, str]) -> bytes:
        buffer = io.StringIO()
        writer = csv.writer(buffer, delimiter=delimiter)
        writer.writerow(["Item", values["column"] or "Contact", "Note"])
        writer.writerow(["Lamp", values["cell"], "first; row, quoted"])
        writer.writerow(["Table", "none", values["body"]])
        return buffer.getvalue().encode()

    return build_rows


def _json(values: Mapping[str, str]) -> bytes:
    pairs = json.dumps(
        {"body": values["body"], "people": [{"contact": values["cell"]}], values["key"] or "k": 1}
    )
    return (pairs[:-1] + f', "same": {json.dumps(values["duplicate"])}, "same": "last"}}').encode()


def _jsonl(values: Mapping[str, str]) -> bytes:
    rows = [{"body": values["body"]}, {values["key"] or "k": {"contact": values["cell"]}}]
    return "\n".join(json.dumps(row) for row in rows).encode()


def _message(values: Mapping[str, str]) -> EmailMessage:
    inner = EmailMessage()
    inner["Subject"] = values["inner_title"]
    inner["From"] = "desk@example.com"
    inner.set_content(values["inner_body"])
    message = EmailMessage()
    message["Subject"] = values["title"]
    for header, name in (("From", "author"), ("To", "to"), ("Cc", "cc"), ("Bcc", "bcc")):
        message[header] = values[name] or "desk@example.com"
    message["Reply-To"] = values["reply_to"] or "desk@example.com"
    message["Message-ID"] = f"<{values['message_id'] or '1'}@example.com>"
    message["X-Customer"] = values["custom_header"]
    message.set_content(f"Dear team,\n\n{values['body']}\n")
    message.add_alternative(f"<p>{escape(values['body'])}</p>", subtype="html")
    name = f"{values['attachment_name'] or 'a'}.csv"
    message.add_attachment(
        f"Item,Contact\nLamp,{values['attachment']}\n".encode(),
        maintype="text",
        subtype="csv",
        filename=name,
    )
    message.add_attachment(inner)
    picture = base64.b64decode("R0lGODlhAQABAAAAACw=")
    picture_name = f"{values['image_name'] or 'p'}.gif"
    message.add_attachment(picture, maintype="image", subtype="gif", filename=picture_name)
    return message


def _eml(values: Mapping[str, str]) -> bytes:
    return _message(values).as_bytes(policy=SMTP)


def _mbox(values: Mapping[str, str]) -> bytes:
    second = EmailMessage()
    second["Subject"] = "Second"
    second["From"] = "desk@example.com"
    second.set_content(f"From here on\n\n{values['second']}\n")
    divider = b"From desk@example.com Mon Mar 23 07:58:01 2026\n"
    pieces = []
    for message in (_message(values), second):
        data = message.as_bytes().replace(b"\nFrom ", b"\n>From ")
        pieces.append(divider + data + b"\n")
    return b"".join(pieces)


_BUILDERS: dict[str, Callable[[Mapping[str, str]], bytes]] = {
    "pdf": portable.pdf,
    "docx": office.docx,
    "pptx": office.pptx,
    "xlsx": office.xlsx,
    "odt": open_documents.odt,
    "ods": open_documents.ods,
    "odp": open_documents.odp,
    "rtf": portable.rtf,
    "html": _html,
    "markdown": _markdown,
    "plain": _plain,
    "csv": _delimited(","),
    "tsv": _delimited("\t"),
    "json": _json,
    "jsonl": _jsonl,
    "eml": _eml,
    "mbox": _mbox,
}
