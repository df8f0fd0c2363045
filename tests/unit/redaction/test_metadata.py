"""Names found in one field of the example documents are gone from every other field."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from secure_rag.documents.loading import load
from secure_rag.redaction.engine import Redactor
from secure_rag.redaction.names import fold
from secure_rag.redaction.pseudonyms import LookupPseudonyms

DOCUMENTS = Path(__file__).parents[3] / "examples" / "documents"
NAMED = [
    ("contracts/lease-novak.docx", "Anna Novak", "novak"),
    ("clinic/discharge-tanaka.docx", "Tanaka", "tanaka"),
    ("hr/offer-letter-okafor.docx", "Adaeze Okafor", "okafor"),
    ("hr/parental-leave-lindqvist.txt", "Lindqvist", "lindqvist"),
    ("hr/reference-adeleke.pdf", "Adeleke", "adeleke"),
]


@pytest.mark.parametrize(("path", "name", "part"), NAMED, ids=range(len(NAMED)))
def test_metadata_name_of_the_body_is_gone_from_every_field(
    redactor: Callable[..., Redactor], path: str, name: str, part: str
) -> None:
    raw = load((DOCUMENTS / path).read_bytes(), Path(path).name)
    assert part in fold(raw.text)
    redacted = redactor({name: "PERSON", part.title(): "PERSON"}).redact_document(
        raw, document_id="7Q2F9KX3M4", pseudonyms=LookupPseudonyms(None)
    )
    left = [
        block.field
        for block in redacted.blocks
        if re.search(rf"(?<![a-z]){part}", fold(redacted.text[block.start : block.end]))
    ]
    assert left == []
    assert part not in fold(redacted.path)
