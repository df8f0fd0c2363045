"""Numbers by check digits, by shape and by the words beside them; phones, plates, networks."""

from __future__ import annotations

import pytest

from secure_rag.redaction.recognizers.catalogue import own_detectors
from tests.unit.redaction.marked import check

FOUND = [
    ("Customer number: ⟦C-204417⟧", "ID_NUMBER"),
    ("employee ID ⟦E48812⟧ left", "ID_NUMBER"),
    ("MRN: ⟦00123456⟧", "ID_NUMBER"),
    ("case no. ⟦12345/2020⟧ was", "ID_NUMBER"),
    ("contract ref. ⟦HC/2023/0098⟧ of", "ID_NUMBER"),
    ("medical record number is ⟦448812-A⟧", "ID_NUMBER"),
    ("application no. ⟦36244/06⟧ lodged", "ID_NUMBER"),
    ("applications nos. 36244/06 and ⟦1543/12⟧ lodged", "ID_NUMBER"),
    ("Case ⟦C-131/12⟧ of", "ID_NUMBER"),
    ("file ⟦II K 123/05⟧ of", "ID_NUMBER"),
    ("your ref: ⟦AB/7781/x⟧ of", "ID_NUMBER"),
    ("see ⟦[2019] EWCA Civ 1234⟧ and", "ID_NUMBER"),
    ("IMEI ⟦490154203237518⟧ of", "ID_NUMBER"),
    ("VIN: ⟦1M8GDM9AXKP042788⟧", "ID_NUMBER"),
    ("BIC: ⟦DEUTDEFF500⟧", "BIC_CODE"),
    ("username: ⟦anovak7⟧", "USERNAME"),
    ("sshd[2213]: Accepted publickey for ⟦kwame⟧ from 192.0.2.7", "USERNAME"),
    ("sshd[1]: Failed password for invalid user ⟦hlarsen⟧ from 192.0.2.7", "USERNAME"),
    ("session opened for user ⟦kwame⟧(uid=1000) by", "USERNAME"),
    ('192.0.2.7 - ⟦hlarsen⟧ [12/Jan/2025:08:15:30 +0000] "GET', "USERNAME"),
    ("sort ⟦12-34-56⟧ acct", "US_BANK_NUMBER"),
    ("path /home/⟦anovak⟧/x", "USERNAME"),
    ("ask @⟦anovak_7⟧ now", "USERNAME"),
    ("card ⟦4111.1111.1111.1111⟧ was", "CREDIT_CARD"),
    ("card ⟦4111 1111\n1111 1111⟧ was", "CREDIT_CARD"),
    ("card ⟦4111 1111 1111 1112⟧ is mistyped", "CREDIT_CARD"),
    ("iban ⟦de89 3704 0044 0532 0130 00⟧", "IBAN_CODE"),
    ("iban ⟦GB82 WEST 1234\n5698 7654 32⟧", "IBAN_CODE"),
    ("card ⟦4111 11l1 1111 1111⟧ scanned", "CREDIT_CARD"),
    ("card ⟦4111-1111-1111-I111⟧ scanned", "CREDIT_CARD"),
    ("IBAN ⟦DE89 37O4 0044 O532 O130 00⟧ scanned", "IBAN_CODE"),
    ("ssn ⟦2l9-O9-9999⟧ scanned", "US_SSN"),
    ("at ⟦+44 77OO 9OO 123⟧ scanned", "PHONE_NUMBER"),
    ("at ⟦+44 20 7946 0958⟧ now", "PHONE_NUMBER"),
    ("at ⟦0044 20 7946 0958⟧ now", "PHONE_NUMBER"),
    ("Tel.: ⟦020 7946 0958⟧", "PHONE_NUMBER"),
    ("call me on ⟦01632960123⟧", "PHONE_NUMBER"),
    ("at ⟦(212) 555-0142⟧ now", "PHONE_NUMBER"),
    ("at ⟦01 99 00 12 34⟧ now", "PHONE_NUMBER"),
    ("at ⟦030 23125 123⟧ now", "PHONE_NUMBER"),
    ("at ⟦(02) 5550 1234⟧ now", "PHONE_NUMBER"),
    ("at ⟦98765 43210⟧ now", "PHONE_NUMBER"),
    ("at ⟦+91 98765 43210⟧ now", "PHONE_NUMBER"),
    ("at ⟦+1 (212) 555-0142 ext. 12⟧ now", "PHONE_NUMBER"),
    ("not answering at ⟦699 956 915⟧.", "PHONE_NUMBER"),
    ("fax ⟦212-555-0142 ext. 12⟧", "PHONE_NUMBER"),
    ("at ⟦212-555-\n0142⟧ now", "PHONE_NUMBER"),
    ("SSN: ⟦987654321⟧", "US_SSN"),
    ("no ⟦078-05-\n1120⟧ was", "US_SSN"),
    ("nhs_number: ⟦987 654 4321⟧;", "UK_NHS"),
    ("NI ⟦ab 12 34 56 c⟧ of", "UK_NINO"),
    ("account number: ⟦12345678⟧", "US_BANK_NUMBER"),
    ("sort code ⟦20-00-00⟧", "US_BANK_NUMBER"),
    ("routing ⟦021000021⟧", "US_BANK_NUMBER"),
    ("NIE ⟦X9613851N⟧ de", "NATIONAL_ID"),
    ("hetu ⟦131052-308T⟧ on", "NATIONAL_ID"),
    ("ABN ⟦51 824 753 556⟧ of", "NATIONAL_ID"),
    ("code ⟦RSSMRA85T10A562S⟧ of", "NATIONAL_ID"),
    ("VAT ⟦DE136695976⟧ of", "NATIONAL_ID"),
    ("passport ⟦C01X00T47⟧ of", "NATIONAL_ID"),
    ("NRIC ⟦S2740116C⟧ of", "NATIONAL_ID"),
    ("my car ⟦AB51 ABC⟧ is", "LICENSE_PLATE"),
    ("car ⟦HH AB 1234⟧ is", "LICENSE_PLATE"),
    ("car ⟦AB-123-CD⟧ is", "LICENSE_PLATE"),
    ("license plate: ⟦7ABC123⟧", "LICENSE_PLATE"),
    ("at ⟦51.5074, -0.1278⟧ there", "GEO_COORDINATES"),
    ("at ⟦51°30'26\"N 0°7'39\"W⟧ there", "GEO_COORDINATES"),
    ("lat: ⟦51.5074⟧", "GEO_COORDINATES"),
    ("serial ⟦7342198450⟧ of", "LONG_NUMBER"),
    ("label ⟦XK4471209B⟧ of", "LONG_NUMBER"),
    ("on ⟦build.corp.internal⟧ now", "URL"),
    ("to ⟦0x52908400098527886E0F7030069857D2E4169EE7⟧ now", "CRYPTO"),
    ("from ⟦192.0.2.44:8080⟧ now", "IP_ADDRESS"),
]
LEFT = [
    ("Order 20 crates of type B, page 3 of 12, clause 7", "!"),
    ("the contract is 12 pages", "!"),
    ("in case of number 3", "!"),
    ("boxes 699 956 915 were", "!PHONE_NUMBER"),
    ("The price is 12,500.00 euros for 3 units", "!"),
    ("1000000000 is a round number", "!"),
    ("sales of 1 234 567 890 units", "!"),
    ("a distance of 20000km and 1080p video", "!"),
    ("version 10.0.19041 and 3.11.4", "!"),
    ("the years were long, 3-4 times as long", "!"),
    ("section 12(3)(a) and paragraphs 14-16", "!"),
    ("ISO 9001 and RFC 2616 and MP3", "!"),
    ("a growth of 3.47 to 5.12 percent", "!"),
    ("user: the person who uses it", "!USERNAME"),
    ("temperatures of 12.5, 13.25", "!GEO_COORDINATES"),
    ("the FIFA World Cup", "!LICENSE_PLATE"),
    ("lines\n12\n34\n56\n78\n90\n", "!"),
    ("qty\n1200\n3400\n5600\n", "!"),
]


@pytest.mark.parametrize(("marked", "entity"), FOUND, ids=range(len(FOUND)))
def test_numbers_marked_value_is_found_whole(marked: str, entity: str) -> None:
    check(own_detectors(), marked, entity)


@pytest.mark.parametrize(("text", "entity"), LEFT, ids=range(len(LEFT)))
def test_numbers_other_numbers_are_left_alone(text: str, entity: str) -> None:
    check(own_detectors(), text, entity)


def test_numbers_phone_ends_where_the_paragraph_does() -> None:
    text = "cell 415.555.0134)\n\n62 y/o"
    ends = {span.end for one in own_detectors() for span in one.find(text) if span.start == 5}
    assert ends == {text.index(")")}
