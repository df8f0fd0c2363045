"""Religions, ethnic and political groups, public bodies, and what is only called after them."""

from __future__ import annotations

from typing import Final


def _phrases(text: str) -> frozenset[str]:
    return frozenset(word.replace("_", " ") for word in text.split())


GROUPS: Final = _phrases(
    """
    christian christians catholic catholics roman_catholic roman_catholics protestant protestants
    orthodox_christian greek_orthodox russian_orthodox anglican anglicans episcopalian
    episcopalians lutheran lutherans calvinist calvinists methodist methodists baptist baptists
    presbyterian presbyterians pentecostal pentecostals evangelical_christian adventist
    adventists seventh-day_adventist mormon mormons quaker quakers jehovah's_witness
    jehovah's_witnesses jew jews jewish muslim muslims moslem moslems islamic sunni sunnis shia
    shi'a shiite shiites alevi alevis alawite alawites ahmadi ahmadis ismaili ismailis sufi sufis
    wahhabi salafi salafist salafists hindu hindus sikh sikhs buddhist buddhists jain jains taoist
    taoists confucian shinto zoroastrian zoroastrians parsi parsis druze yazidi yazidis bahá'í
    baha'i rastafarian rastafarians scientologist scientologists atheist atheists agnostic
    agnostics wiccan maronite maronites copt copts coptic hasidic amish hutterite mennonite
    mennonites unitarian
    kurd kurds kurdish arab arabs arabic roma_origin romani gypsy gypsies sinti traveller_community
    irish_traveller irish_travellers berber berbers tuareg basque basques catalan catalans galician
    breton bretons corsican corsicans flemish walloon walloons frisian sami saami inuit eskimo
    chechen chechens ingush dagestani ossetian ossetians abkhaz abkhazian tatar tatars crimean_tatar
    bashkir circassian circassians meskhetian_turk avar chuvash buryat yakut
    hispanic hispanics latino latinos latina latinas chicano african african-american
    african-americans african_american african_americans afro-caribbean afro-american caribbean
    native_american native_americans american_indian first_nations aboriginal aboriginals
    torres_strait_islander maori māori pacific_islander polynesian hawaiian
    caucasian asian asians south_asian east_asian european europeans eurasian scandinavian
    scandinavians nordic balkan slav slavs slavic latin_american north_african west_african
    east_african sub-saharan middle_eastern tibetan tibetans uyghur uyghurs uighur uighurs
    han_chinese hui rohingya karen_people tamil tamils sinhalese punjabi punjabis bengali bengalis
    gujarati gujaratis pashtun pashtuns hazara hazaras baloch balochi sindhi kashmiri
    kashmiris marathi telugu malayali kannada pathan pathans
    zulu zulus xhosa afrikaner afrikaners hausa yoruba igbo ibo fulani ashanti kikuyu luo maasai
    masai oromo amhara tigrayan hutu hutus tutsi tutsis shona ndebele swahili bantu
    navajo cherokee sioux apache lakota cree
    ashkenazi sephardi sephardic mizrahi
    bavarian prussian sicilian sardinian neapolitan tuscan andalusian castilian parisian londoner
    londoners new_yorker new_yorkers texan texans californian berliner viennese muscovite
    transylvanian moravian bohemian silesian saxon macedonians
    communist communists socialist socialists social_democrat social_democrats christian_democrat
    christian_democrats liberal_democrat liberal_democrats lib_dem lib_dems tory tories republican
    republicans democrat democrats marxist marxists leninist maoist maoists trotskyist stalinist
    anarchist anarchists fascist fascists neo-nazi neo-nazis nazi nazis neo-fascist monarchist
    monarchists royalist royalists nationalist nationalists unionist unionists loyalist loyalists
    separatist separatists islamist islamists jihadist jihadists zionist zionists feminist feminists
    peronist baathist ba'athist jacobite bolshevik bolsheviks menshevik whig whigs brexiteer
    homosexual homosexuals gay lesbian lesbians bisexual bisexuals transgender transsexual
    heterosexual heterosexuals non-binary
    """
)
"""Small letters; each is found with a capital or in small letters."""

CAPITAL_ONLY: Final = _phrases(
    """
    polish pole poles swede swedes dane danes finn finns turk turks scot scots kiwi dutch thai lao
    dominican central_african motswana batswana basotho mosotho briton britons croat serb greek
    republican republicans democrat democrats unionist unionists loyalist loyalists nationalist
    nationalists liberal karen_people hui avar cree sioux apache luo han_chinese latin caribbean
    quaker baptist adventist orthodox bantu caucasian saxon bohemian prussian sami jain gay
    orthodox_christian unitarian royalist royalists berliner aussie
    """
)
"""Something else in small letters: `polish the table`, `a republican form of government`."""

THINGS: Final = frozenset(
    tuple(pair.split("_", 1))
    for pair in """
    danish_pastry danish_pastrie french_window french_door french_frie french_fry french_toast
    french_press french_bean french_bread french_horn french_bulldog french_open french_kis
    turkish_bath turkish_delight turkish_coffee brazilian_nut swedish_massage swedish_meatball
    german_shepherd german_measle english_breakfast english_muffin irish_coffee irish_stew
    irish_setter scottish_terrier welsh_dresser welsh_rarebit belgian_chocolate belgian_waffle
    swiss_army swiss_cheese swiss_roll swiss_chard greek_yogurt greek_yoghurt greek_salad
    chinese_takeaway chinese_wall chinese_whisper chinese_cabbage indian_ink indian_takeaway
    indian_summer indian_ocean thai_green thai_curry mexican_wave mexican_standoff
    russian_roulette russian_doll russian_salad persian_rug persian_cat persian_gulf
    afghan_hound spanish_omelette canadian_bacon american_express american_airline american_cheese
    american_football australian_open italian_sausage italian_dressing dutch_oven dutch_auction
    portuguese_tart japanese_maple japanese_knotweed arabic_numeral arabic_gum arabian_night
    british_airway british_gas british_telecom british_summer british_council
    english_channel english_heritage english_language scottish_power scottish_widow
    roman_numeral roman_candle latin_quarter peruvian_lily cuban_heel cuban_cigar vietnamese_pho
    korean_barbecue polish_remover bohemian_rhapsody brazilian_wax hungarian_goulash
    lebanese_restaurant egyptian_cotton moroccan_oil norwegian_wood siberian_husky
    maltese_falcon maltese_cros african_violet african_union european_union european_commission
    european_parliament european_court european_convention european_council european_central
    european_economic asian_development caribbean_sea nordic_walking saxon_era democrat_part
    mormon_tabernacle quaker_oat catholic_church islamic_republic
    """.split()
)
"""Things and bodies called after a people: no group that somebody belongs to."""

SPEECH: Final = frozenset("translation version text edition subtitles dictionary keyboard".split())
"""Behind a language that a text is in."""

PUBLIC_BODIES: Final = _phrases(
    """
    HMRC NHS DVLA DWP IRS FBI CIA NSA DEA USCIS FDA SEC FTC FCC EPA OSHA ICO FCA Ofcom Ofsted ACAS
    UNICEF UNESCO UNHCR NATO OECD OSCE IMF ECB ECHR FEMA TSA NASA NYPD LAPD BBC CNN
    Interpol Europol Eurojust Bundestag Bundesrat Bundeswehr Finanzamt Riksdag Knesset Duma Sejm
    Home_Office Foreign_Office Cabinet_Office Crown_Prosecution_Service Companies_House
    Internal_Revenue_Service Federal_Bureau_of_Investigation Social_Security_Administration
    Securities_and_Exchange_Commission Federal_Trade_Commission Federal_Reserve
    HM_Revenue_&_Customs HM_Revenue_and_Customs Land_Registry Environment_Agency
    European_Commission European_Parliament European_Union European_Court_of_Human_Rights
    European_Court_of_Justice European_Central_Bank Council_of_Europe United_Nations
    World_Health_Organization World_Bank International_Monetary_Fund World_Trade_Organization
    Red_Cross Amnesty_International Human_Rights_Watch Médecins_Sans_Frontières
    Bank_of_England House_of_Commons House_of_Lords Supreme_Court High_Court Court_of_Appeal
    Court_of_Cassation Constitutional_Court Conseil_d'Etat Supreme_Administrative_Court
    Metropolitan_Police Scotland_Yard White_House Pentagon Kremlin
    """
)

NAMED_AFTER: Final = frozenset(
    """
    bank university government court republic kingdom ministry embassy people state college
    church union confederation federation commonwealth parliament council archdiocese diocese
    institute academy museum library bishop archbishop duke prince princess queen king earl
    """.split()
)
"""`Bank of England`: with these before `of`, the place is part of a name."""

FIRM_WORDS: Final = frozenset(
    """
    Ltd Limited LLC Inc Inc. GmbH AG plc PLC SA Bank Airlines Airways Telecom Insurance Group Today
    Post Times Office Council University Police Open Cup
    """.split()
)
AFTER_PLACE: Final = frozenset(
    """
    I He She They We It The A An In On At But And Or Mr Mrs Ms Dr Monday Tuesday Wednesday Thursday
    Friday Saturday Sunday January February March April May June July August September October
    November December UK USA US U.S. CA NY TX DC
    """.split()
)
BEFORE_PLACE: Final = frozenset(
    """
    in from at to near the and or for of on by via with between into around central greater
    downtown north south east west northern southern eastern western mayor city town our when
    while if leaving visiting outside inside across within toward towards inner old
    """.split()
)
