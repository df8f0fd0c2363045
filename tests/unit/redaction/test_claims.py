"""Claims of the names model beside the words around them."""

import pytest

from secure_rag.redaction.claims import corrected
from secure_rag.redaction.spans import Span

KEPT = [
    ("on ⟦2 May 2023⟧ at noon", "DATE_TIME", "DATE_TIME", "2 May 2023"),
    ("with ⟦three months⟧ of notice", "DATE_TIME", "DURATION", "three months"),
    ("on site within ⟦45⟧ minutes of", "DATE_TIME", "DURATION", "45 minutes"),
    ("since ⟦ten⟧ working days", "DATE_TIME", "DURATION", "ten working days"),
    ("Session ⟦1, 10 February 2026⟧", "DATE_TIME", "DATE_TIME", "10 February 2026"),
    ("on ⟦9, 10 February 2026⟧ we", "DATE_TIME", "DATE_TIME", "9, 10 February 2026"),
    ("the year ⟦of 2021⟧ was", "DATE_TIME", "DATE_TIME", "2021"),
    ("left ⟦two weeks ago⟧ and", "DATE_TIME", "DATE_TIME", "two weeks ago"),
    ("aged ⟦59⟧ he", "AGE", "AGE", "59"),
    ("in ⟦the Hague⟧ and", "LOCATION", "LOCATION", "the Hague"),
    ("by the band ⟦The Who⟧ on", "PERSON", "PERSON", "The Who"),
    ("order ⟦NA-771904⟧ of", "ID_NUMBER", "ID_NUMBER", "NA-771904"),
    ("despite the error, customer ⟦C-204417⟧ has", "ID_NUMBER", "ID_NUMBER", "C-204417"),
]
DROPPED = [
    ("810 pounds a ⟦month⟧ and", "DATE_TIME"),
    ("approved ⟦this morning⟧ by", "DATE_TIME"),
    ("before ⟦noon⟧", "DATE_TIME"),
    ("after ⟦what year⟧ did", "DATE_TIME"),
    ("Session ⟦3⟧, held", "DATE_TIME"),
    ("to ⟦the⟧ city of", "LOCATION"),
    ("from ⟦whom⟧ did", "PERSON"),
    ("the house at number ⟦16⟧, on", "AGE"),
    ("the error code ⟦EXP-1108⟧ is", "ID_NUMBER"),
    ("the error on the screen is ⟦EXP-1108⟧.", "ID_NUMBER"),
    ("our oven ⟦OV 310⟧ goes", "ID_NUMBER"),
    ("since version ⟦5.3.118⟧ it", "ID_NUMBER"),
]


def _claim(marked: str, entity: str) -> tuple[str, Span]:
    before, _, rest = marked.partition("⟦")
    value, _, after = rest.partition("⟧")
    return before + value + after, Span(len(before), len(before) + len(value), entity, 0.5, "ner")


@pytest.mark.parametrize(("marked", "entity", "becomes", "value"), KEPT, ids=range(len(KEPT)))
def test_corrected_claim_that_holds_keeps_its_words(
    marked: str, entity: str, becomes: str, value: str
) -> None:
    text, span = _claim(marked, entity)
    found = corrected(text, span)
    assert found is not None
    assert (found.entity, text[found.start : found.end]) == (becomes, value)


@pytest.mark.parametrize(("marked", "entity"), DROPPED, ids=range(len(DROPPED)))
def test_corrected_words_that_are_nobodys_drops_the_claim(marked: str, entity: str) -> None:
    assert corrected(*_claim(marked, entity)) is None
