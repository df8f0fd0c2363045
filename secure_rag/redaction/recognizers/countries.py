"""Countries with their other names and what their people are called.

Written down from general knowledge. A question mark marks a name that is as often something
else (`Jordan`, `Turkey`): it is a country where a text says so, never by itself.
"""

from __future__ import annotations

from typing import Final

_ROWS: Final = """
Afghanistan|Afghan / Albania|Albanian / Algeria|Algerian / Andorra|Andorran / Angola|Angolan
Antigua and Barbuda|Antiguan / Argentina|Argentine,Argentinian,Argentinean / Armenia|Armenian
Australia|Australian,Aussie / Austria|Austrian / Azerbaijan|Azerbaijani,Azeri
Bahamas;The Bahamas|Bahamian / Bahrain|Bahraini / Bangladesh|Bangladeshi / Barbados|Barbadian
Belarus|Belarusian,Belarussian,Byelorussian / Belgium|Belgian / Belize|Belizean,Belizian
Benin|Beninese / Bermuda|Bermudian / Bhutan|Bhutanese / Bolivia|Bolivian
Bosnia and Herzegovina;Bosnia;Bosnia-Herzegovina|Bosnian,Herzegovinian
Botswana|Motswana,Batswana / Brazil|Brazilian / Brunei|Bruneian / Bulgaria|Bulgarian
Burkina Faso|Burkinabe / Burundi|Burundian / Cambodia|Cambodian,Khmer / Cameroon|Cameroonian
Canada|Canadian / Cape Verde|Cape Verdean / Central African Republic|Central African
Chad?|Chadian / Chile|Chilean / China;People's Republic of China;PRC|Chinese / Colombia|Colombian
Comoros|Comorian / Congo;Democratic Republic of the Congo;Republic of the Congo;DRC|Congolese
Costa Rica|Costa Rican / Croatia|Croatian,Croat / Cuba|Cuban / Cyprus|Cypriot
Czech Republic;Czechia;Czechoslovakia|Czech,Czechoslovak / Denmark|Danish,Dane
Djibouti|Djiboutian / Dominica|Dominican / Dominican Republic|Dominican
East Timor;Timor-Leste|Timorese / Ecuador|Ecuadorian,Ecuadorean / Egypt|Egyptian
El Salvador|Salvadoran,Salvadorean,Salvadorian / Equatorial Guinea|Equatoguinean
Eritrea|Eritrean / Estonia|Estonian / Eswatini;Swaziland|Swazi / Ethiopia|Ethiopian / Fiji|Fijian
Finland|Finnish,Finn / France|French,Frenchman,Frenchwoman / Gabon|Gabonese
Gambia;The Gambia|Gambian / Georgia?|Georgian
Germany;Federal Republic of Germany;West Germany;East Germany|German / Ghana|Ghanaian
Gibraltar|Gibraltarian / Greece|Greek,Hellenic / Greenland|Greenlander,Greenlandic
Grenada|Grenadian / Guatemala|Guatemalan / Guinea?|Guinean / Guinea-Bissau|Bissau-Guinean
Guyana|Guyanese / Haiti|Haitian / Honduras|Honduran / Hong Kong|Hongkonger
Hungary|Hungarian,Magyar / Iceland|Icelandic,Icelander / India|Indian / Indonesia|Indonesian
Iran|Iranian,Persian / Iraq|Iraqi / Ireland;Republic of Ireland|Irish,Irishman,Irishwoman
Israel|Israeli / Italy|Italian / Ivory Coast;Côte d'Ivoire|Ivorian / Jamaica|Jamaican
Japan|Japanese / Jordan?|Jordanian / Kazakhstan|Kazakh,Kazakhstani / Kenya|Kenyan / Kiribati|
Kosovo|Kosovar,Kosovan / Kuwait|Kuwaiti / Kyrgyzstan|Kyrgyz / Laos|Laotian,Lao / Latvia|Latvian
Lebanon?|Lebanese / Lesotho|Basotho,Mosotho / Liberia|Liberian / Libya|Libyan
Liechtenstein|Liechtensteiner / Lithuania|Lithuanian / Luxembourg|Luxembourgish,Luxembourger
Macau;Macao|Macanese / Madagascar|Malagasy,Madagascan / Malawi|Malawian / Malaysia|Malaysian
Maldives|Maldivian / Mali|Malian / Malta|Maltese / Mauritania|Mauritanian / Mauritius|Mauritian
Mexico|Mexican / Micronesia|Micronesian / Moldova;Republic of Moldova|Moldovan / Monaco|Monegasque
Mongolia|Mongolian / Montenegro|Montenegrin / Morocco|Moroccan / Mozambique|Mozambican
Myanmar;Burma|Burmese / Namibia|Namibian / Nauru|Nauruan / Nepal|Nepalese,Nepali
Netherlands;The Netherlands;Holland|Dutch,Dutchman,Dutchwoman / New Zealand|New Zealander,Kiwi
Nicaragua|Nicaraguan / Niger?|Nigerien / Nigeria|Nigerian / North Korea|North Korean
North Macedonia;Macedonia|Macedonian / Norway|Norwegian / Oman|Omani / Pakistan|Pakistani
Palestine|Palestinian / Panama|Panamanian / Papua New Guinea|Papuan / Paraguay|Paraguayan
Peru|Peruvian / Philippines;The Philippines|Filipino,Filipina,Philippine / Poland|Polish,Pole
Portugal|Portuguese / Puerto Rico|Puerto Rican / Qatar|Qatari / Romania|Romanian
Russia;Russian Federation;Soviet Union;USSR|Russian,Soviet / Rwanda|Rwandan / Samoa|Samoan
San Marino|Sammarinese / Saudi Arabia|Saudi,Saudi Arabian / Senegal|Senegalese
Serbia;Yugoslavia|Serbian,Serb,Yugoslav / Seychelles|Seychellois / Sierra Leone|Sierra Leonean
Singapore|Singaporean / Slovakia;Slovak Republic|Slovak,Slovakian / Slovenia|Slovenian,Slovene
Solomon Islands| / Somalia|Somali,Somalian / South Africa|South African
South Korea;Republic of Korea;Korea|South Korean,Korean / South Sudan|South Sudanese
Spain|Spanish,Spaniard / Sri Lanka|Sri Lankan / Sudan|Sudanese / Suriname|Surinamese
Sweden|Swedish,Swede / Switzerland|Swiss / Syria|Syrian / Taiwan|Taiwanese / Tajikistan|Tajik
Tanzania|Tanzanian / Thailand|Thai / Togo|Togolese / Tonga|Tongan
Trinidad and Tobago;Trinidad|Trinidadian,Tobagonian / Tunisia|Tunisian
Turkey?;Türkiye;Turkiye|Turkish,Turk / Turkmenistan|Turkmen / Uganda|Ugandan / Ukraine|Ukrainian
United Arab Emirates;UAE|Emirati / United Kingdom;UK;U.K.;Great Britain;Britain|British,Briton
United Kingdom;England|English,Englishman,Englishwoman
United Kingdom;Scotland|Scottish,Scot,Scotsman / United Kingdom;Wales|Welsh,Welshman,Welshwoman
United Kingdom;Northern Ireland|Northern Irish
United States;United States of America;USA;U.S.A.;U.S.|American / Uruguay|Uruguayan
Uzbekistan|Uzbek / Vanuatu|Vanuatuan / Vatican City| / Venezuela|Venezuelan / Vietnam|Vietnamese
Yemen|Yemeni / Zambia|Zambian / Zimbabwe|Zimbabwean
"""


def _read() -> tuple[dict[str, str], dict[str, str], frozenset[str]]:
    names: dict[str, str] = {}
    people: dict[str, str] = {}
    unsure: set[str] = set()
    for row in _ROWS.replace("\n", " / ").split(" / "):
        if not row.strip():
            continue
        called, _, demonyms = row.strip().partition("|")
        spellings = called.split(";")
        country = spellings[0].rstrip("?")
        for spelling in spellings:
            names[spelling.rstrip("?").casefold()] = country
            if spelling.endswith("?"):
                unsure.add(spelling.rstrip("?").casefold())
        people.update((word.casefold(), country) for word in demonyms.split(",") if word)
    return names, people, frozenset(unsure)


COUNTRIES, DEMONYMS, UNSURE = _read()
DEMONYM_PLURALS: Final = frozenset(
    word + "s" for word in DEMONYMS if not word.endswith(("s", "h", "man", "ese", "z", "ench"))
)
"""Small-letter name -> country; small-letter demonym -> country; names of other things too."""
