"""Words that make a street of a name, by the languages that use them, and units inside a house."""

from __future__ import annotations

from typing import Final

AFTER_NAME: Final = frozenset(
    """
    street st str road rd avenue ave av lane ln drive dr boulevard blvd court ct place pl square
    sq terrace ter terr close crescent cres gardens gdns grove grv hill way walk row mews park
    parade pde parkway pkwy highway hwy freeway fwy circle cir trail trl turnpike tpke quay wharf
    rise green loop alley plaza esplanade crossing xing expressway expy route causeway bypass vale
    yard path point pointe ridge run view vista broadway bend cove glen heights hollow junction
    knoll landing manor meadow meadows oval pass pike ramp spur strand track arcade corniche
    crossroad crossroads streets mall embankment approach chase croft drove fold garth gate lea
    link links orchard paddock promenade reach side wood woods marg nagar chowk salai halli
    """.split()
)
"""English and Indian: `12 Orchard Lane`."""

UNNUMBERED: Final = "Street|Road|Avenue|Lane|Boulevard|Drive|Crescent|Terrace|Mews|Close"
"""Those that name a street without a house number too."""

SUFFIXES: Final = tuple(
    """
    straße strasse str. gasse gässchen weg allee platz damm ring ufer steig stieg chaussee zeile
    markt berg hof graben brücke tor kai pfad siedlung
    straat laan plein kade gracht dreef singel steeg wal dijk lei baan dorp hoek
    gade vej vænget allé stræde boulevarden parken gatan gata vägen väg gränd torget backen stigen
    veien vegen veg vei gate gata gaten svingen bakken tunet lia terrasse
    vegur stræti braut hlíð holt brekka bakki tún teigur melur
    katu kuja polku raitti kaari tie ranta mäki ranno
    tee tänav mnt pst puiestee
    utca útja körút tér
    """.split()
)
"""Written together with the name, in front of the number: `Søndergade 52`."""

POSTFIXES: Final = frozenset(
    """
    u u. utca út útja tér tere körút krt krt. köz sor sétány fasor dűlő
    tee tn tn. tänav mnt mnt. pst pst. puiestee põik
    straße strasse str str. gasse weg allee platz damm ring ufer
    straat laan plein kade gracht weg dreef singel
    gade vej allé plads stræde gatan gata väg vägen gränd torg
    gate gata vei veien veg vegen plass terrasse allé tie katu kuja
    cesta ulica trg nabrežje náměstí nábřeží třída caddesi cad. cad sokak sok. sok bulvarı bulvar
    ulitsa prospekt pereulok shosse
    """.split()
)
"""A word of its own between name and number: `Kossuth Lajos utca 15`."""

BEFORE_NAME: Final = frozenset(
    """
    rue avenue av av. ave boulevard bd bd. blvd place pl chemin ch. allée allee quai impasse cours
    route sentier square passage faubourg ruelle chaussée villa
    via viale piazza piazzetta corso largo vicolo viottolo strada lungomare lungotevere salita
    contrada borgo calata piazzale
    calle c/ c. avenida avda avda. av. plaza pza. paseo pso. carrer carretera ctra. camino ronda
    travesía glorieta callejón rambla passeig carrera cra. cl. kr. transversal diagonal alameda
    rua r. r travessa praça largo estrada avenida rodovia alameda quinta beco ladeira rúa
    ul ul. ulica al al. aleja aleje pl. plac os os. osiedle rondo skwer
    nám nám. tř tř. třída náměstí nábř. nábřeží
    ulica ul. trg cesta bulevar bul. bulevardul strada str. str calea șoseaua aleea intrarea piața
    am an im auf zum zur unter alte alter neue
    λεωφόρος λεωφ. οδός πλατεία jalan jl jl. jln lorong gang
    """.split()
)
"""In front of the name, the number after it or before all: `12 rue de la Paix`, `Via Roma 5`."""

NUMBER_FIRST: Final = frozenset(
    """
    rue avenue av av. ave boulevard bd bd. blvd place pl chemin ch. allée allee quai impasse cours
    route sentier square passage faubourg ruelle chaussée villa calle camino via
    """.split()
)
"""Of these, what may follow a house number."""

LINKS: Final = frozenset(
    """
    of the la le les l' d' de des du del della delle dei degli di da do dos das el los las van der
    den het ten ter te von und and & y e i in en sur sous op aan zum zur am im af på
    """.split()
)
"""Small words inside the name of a street."""

UNITS: Final = (
    r"(?:Flat|Apt\.?|Apartment|Unit|Suite|Ste\.?|Room|Rm\.?|Floor|Building|Bldg\.?|Block|Tower|"
    r"Wing|"
    r"Level|Lot|Office|Stock|Wohnung|Whg\.?|Top|Appt\.?|Appartement|Bât\.?|Piso|Planta|Interno|"
    r"Int\.|"
    r"Scala|Lejl\.?|Lgh|Etage|m\.|byt|Villa|Plot|Door|Penthouse)"
)
"""Parts of a house, in front of their number or letter."""

HOUSES: Final = frozenset(
    """
    house court tower towers lodge hall cottage farm mill manor building buildings mansions
    apartments heights villa villas villas barn grange rectory vicarage centre center chambers
    plaza block
    """.split()
)
"""Last words of a building's name: `Kestrel House, 5 Orchard Lane`."""

CUES: Final = frozenset(
    """
    address addresses adresse lives live lived living resides residing reside resident located
    situated deliver delivered ship shipped send sent return mail post posted moved move office
    offices headquarters taxi meet corner drops stay stays staying home house property premises
    domiciled residence billing mailing delivery anschrift wohnhaft wohnt
    """.split()
)
"""Words before a place that make a name with a number an address."""
