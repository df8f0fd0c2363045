"""Words that stand in for real ones: common names, small towns, invented firms."""

from __future__ import annotations

from typing import Final

GIVEN_NAMES: Final = tuple(
    "Ada Ben Eva Ian Ivo Lea Max Mia Noa Tom Zoe Amir Anya Clara David Dilip Elena Emeka Erik "
    "Fatima Grace Hanna Helen Ingrid Irene Jonas Julia Karim Laura Leila Lucas Maria Martin "
    "Nadia Naomi Oscar Paula Peter Rahul Rosa Samuel Sofia Tariq Ursula Victor Wanda Yusuf "
    "Benjamin Caroline Charlotte Dorothea Ferdinand Frederick Genevieve Gwendolyn Katarina "
    "Leopold Margaret Nathaniel Octavia Rosalind Sebastian Theodore Valentina Veronica".split()
)
SURNAMES: Final = tuple(
    "Bell Cole Diaz Ford Gray Hale Khan Lund Nash Okoye Page Reed Shah Vega Wolf Baker Becker "
    "Bianchi Carter Costa Dubois Fischer Garcia Hansen Ivanov Jansen Keller Kowalski Larsen "
    "Lopez Mahmoud Martens Meyer Moreau Murphy Nilsson Novotny Oduya Osei Patel Petrov Quinn "
    "Romano Rossi Santos Silva Sorensen Tanaka Turner Wagner Walsh Weber Winter Yilmaz Zeman "
    "Abernathy Achterberg Blackwood Castellano Davenport Fitzgerald Greenfield Hathaway "
    "Kaufmann Lindqvist Montgomery Overgaard Papadakis Rasmussen Silverman Thornton "
    "Vandermeer Whitfield Wojciechowski".split()
)
PLACES: Final = tuple(
    "Bath Graz Lund Nice Oslo Pisa York Arles Basel Delft Ghent Leeds Porto Siena Turku Aarhus "
    "Bremen Exeter Gdansk Krakow Lisbon Malaga Tartu Verona Bergen Antwerp Coimbra Utrecht "
    "Bristol Chester Durham Gothenburg Innsbruck Salzburg Valencia Winchester".split()
)
FIRMS: Final = tuple(
    "Alder Birch Cedar Elm Hazel Juniper Larch Maple Oak Poplar Rowan Spruce Willow Amber Basalt "
    "Cobalt Copper Flint Garnet Granite Indigo Jasper Marble Opal Quartz Silver Topaz".split()
)
TRADES: Final = tuple("Bank Care Foods Group House Labs Mills Ports Rail Tools Works Yards".split())
STREETS: Final = tuple(
    "Alder Beech Bridge Castle Church Garden Harbour Hazel Hill Laurel Mill Orchard Park River "
    "Rose Station Tower Valley Well Willow".split()
)
STREET_TYPES: Final = ("Road", "Lane", "Way", "Close", "Court", "Place", "Row")
POST_WORDS: Final = frozenset(
    "accountant administrator adviser advisor analyst architect assistant associate attorney "
    "auditor barrister board carer chair chairman chairperson chairwoman chancellor chief clerk "
    "commander commissioner company constable consultant controller coroner councillor counsel "
    "dean dentist deputy designer detective developer director driver editor engineer executive "
    "farmer finance financial founder governor head human inspector intern joint journalist "
    "lawyer lead leader lecturer legal librarian magistrate manager managing mayor mechanic "
    "medical midwife minister notary nurses operations operating owner paramedic partner "
    "pharmacist physician pilot police practitioner president prime principal product "
    "programmer project receptionist rector regional registrar representative researcher "
    "resources sales scientist secretary senator senior junior shareholder social solicitor "
    "spokesman spokesperson spokeswoman state student superintendent supervisor surgeon "
    "surveyor teacher technical technician therapist trainee treasurer trustee tutor vice "
    "worker".split()
)
"""Words of occupations and posts: nobody's."""
POSTS: Final = (
    "Archivist",
    "Caretaker",
    "Quality Manager",
    "Head of Logistics",
    "Fleet Supervisor",
    "Night Porter",
    "Payroll Clerk",
)
GROUPS: Final = tuple(
    "Buddhist Catholic Hindu Jewish Lutheran Muslim Sikh Danish Dutch Finnish Greek Irish "
    "Italian Kenyan Maltese Norwegian Polish Spanish Swiss Turkish".split()
)
DOMAINS: Final = (
    "mail.test",
    "post.test",
    "firm.test",
    "desk.test",
    "acme.example",
    "corp.invalid",
)
"""Domains under endings that are reserved for tests (RFC 2606)."""
MONTHS: Final = (
    "January February March April May June July August September October November December".split()
)
LEGAL_FORMS: Final = {
    "limited": "Ltd",
    "incorporated": "Inc",
    "corporation": "Corp",
    "company": "Co",
    "partnership": "LLP",
    "aktiengesellschaft": "AG",
}
"""Long legal forms become short ones; short ones stay."""
SHORT_FORMS: Final = frozenset(
    "ltd inc corp co llp llc plc gmbh ag sa nv bv spa srl ab as oy".split()
)
PARTICLES: Final = frozenset("van von de der den da di du la le los al bin y e of the and".split())
OTHER_PARTICLES: Final = {
    "van": "de",
    "von": "di",
    "der": "la",
    "den": "la",
    "de": "van",
    "da": "du",
    "di": "von",
    "du": "da",
    "la": "den",
    "le": "la",
    "al": "bin",
    "bin": "al",
}
"""Small words inside names, and what stands in for them."""
