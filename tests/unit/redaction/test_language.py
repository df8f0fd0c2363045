"""Only what clearly is another language is refused."""

from __future__ import annotations

import pytest

from secure_rag.errors import DocumentError
from secure_rag.redaction.language import check_language

GERMAN = (
    "Der Vertrag wird zwischen den Parteien geschlossen und ist nicht übertragbar. Die "
    "Kündigung ist mit einer Frist von drei Monaten zum Ende des Jahres möglich, wenn sie in "
    "Textform erklärt wird. Für die Zahlung der Miete haften die Mieter als Gesamtschuldner, "
    "auch wenn einer von ihnen die Wohnung nicht bezogen hat. "
)
FRENCH = (
    "Le contrat est conclu entre les parties pour une durée de trois ans et ne peut être "
    "résilié avant la fin de la première année. Les frais sont à la charge du locataire, qui en "
    "est informé par le bailleur dans un délai de deux mois, sauf si les parties en ont convenu "
    "autrement. "
)
POLISH = (
    "Umowa zostaje zawarta na czas określony i nie może być wypowiedziana przed upływem roku, "
    "chyba że strony postanowią inaczej. Najemca jest zobowiązany do zapłaty czynszu do dnia "
    "dziesiątego, a po tym terminie wynajmujący może żądać odsetek za każdy dzień, w którym nie "
    "zapłacono. "
)
RUSSIAN = (
    "Договор заключён между сторонами сроком на три года и вступает в силу с даты подписания. " * 3
)
ENGLISH = (
    "The contract is made between the parties for three years and may not be ended before the "
    "first of them is over. Costs are borne by the tenant, who is told of them by the landlord "
    "in two months. "
)
NAMES = "Müller Schröder García López Kowalski Øster Ångström Novák Çelik Brânză " * 8
TABLE = "Datum;Betrag;Name\n" + "2024-01-01;12,50;Müller\n" * 60
SHORT = "Sehr geehrte Damen und Herren, anbei die Rechnung."


@pytest.mark.parametrize(
    "text", [GERMAN, FRENCH, POLISH, RUSSIAN], ids=["german", "french", "polish", "russian"]
)
def test_check_language_clearly_another_is_refused(text: str) -> None:
    with pytest.raises(DocumentError) as refused:
        check_language(text * 2)
    assert refused.value.code == "document.language"
    assert text[:10] not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [ENGLISH, NAMES, TABLE, SHORT, "", "12 34 " * 500, ENGLISH * 2 + GERMAN, ENGLISH * 2000],
    ids=["english", "names", "table", "short", "empty", "numbers", "mixed", "long"],
)
def test_check_language_in_doubt_it_is_english(text: str) -> None:
    check_language(text)
