"""Draw firms, hospitals, schools and streets."""

from __future__ import annotations

from itertools import accumulate

from people import Draw

_LETTERS = "ABCDEFGHIKLMNOPRSTVW"
_LAWYERS = ("LLP", "Ltd", "Solicitors", "Partners", "Associates")
_UNIONS = ("Group", "Trust", "Foundation", "Partnership", "Collective", "Fund", "Project")
_SHOPS = ("Bakery", "Garage", "Kitchen", "Pharmacy", "Cleaning", "Plumbing", "Books", "Bar", "Gym")
_FIRMS = (
    (9, "{stem} {trade} {suffix}", "{stem}"),
    (9, "{stem} {trade} {suffix}", "{stem} {trade}"),
    (16, "{stem} {suffix}", "{stem}"),
    (8, "{stem} {trade}", "{stem}"),
    (12, "{stem}", "{stem}"),
    (8, "{brand}", "{brand}"),
    (5, "{one} & {two} {lawyers}", "{one} & {two}"),
    (3, "{one}, {two} & Co", "{one}, {two}"),
    (3, "{one} {trade} {suffix}", "{one}"),
    (2, "{one} Brothers {suffix}", "{one} Brothers"),
    (2, "{one} and Sons", "{one} and Sons"),
    (3, "{city} {trade} {suffix}", "{city} {trade}"),
    (1, "Bank of {city}", "Bank of {city}"),
    (2, "{letters} {trade}", "{letters}"),
    (3, "{letters} {suffix}", "{letters}"),
    (3, "{letters}", "{letters}"),
    (2, "The {stem} {union}", "the {stem}"),
    (3, "{one}'s {shop}", "{one}'s"),
    (14, "{known}", "{known}"),
    (8, "{foreign}", "{foreign}"),
    (6, "{institution}", "{institution}"),
)
"""Weight, full name and short form."""
_SUMS = tuple(accumulate(weight for weight, _, _ in _FIRMS))


def brand(draw: Draw) -> str:
    """Invent a name of one word, written as brands are."""
    word = draw.invented()
    forms = (word, word, word.upper(), word + draw.pick(("ly", "ify", "io", "hub", "Pay", "Go")))
    return draw.pick(forms)


def letters(draw: Draw) -> str:
    return "".join(draw.pick(_LETTERS) for _ in range(2 + int(draw.random.random() * 3)))


def firm(draw: Draw) -> tuple[str, str]:
    """Return a firm's full name and the short form that later mentions may use."""
    _, full, short = draw.random.choices(_FIRMS, cum_weights=_SUMS)[0]
    words: dict[str, str] = {}
    for name in ("stem", "trade", "suffix", "known", "foreign", "institution", "city"):
        if f"{{{name}}}" in full:
            words[name] = _piece(draw, name)
    if "{one}" in full:
        words.update(one=draw.plain_surname(), two=draw.plain_surname())
        words.update(lawyers=draw.pick(_LAWYERS), shop=draw.pick(_SHOPS))
    if "{brand}" in full:
        words["brand"] = brand(draw)
    if "{letters}" in full:
        words["letters"] = letters(draw)
    if "{union}" in full:
        words["union"] = draw.pick(_UNIONS)
    return full.format(**words), short.format(**words)


def _piece(draw: Draw, name: str) -> str:
    if name == "city":
        return draw.word("places", "city")
    if name == "stem":
        return draw.invented() if draw.chance(0.3) else draw.word("organisations", "stem")
    if name in {"foreign", "institution"}:
        owners = (draw.plain_surname(), draw.word("places", "city"), _piece(draw, "stem"))
        return draw.word("organisations", name).format(draw.pick(owners))
    return draw.word("organisations", name)


def street(draw: Draw) -> str:
    """Return a street without a number."""
    share = draw.random.random()
    if share < 0.2:
        return draw.word("places", "street_foreign")
    kind = draw.word("places", "street_kind")
    if share < 0.4:
        return f"{draw.plain_surname()} {kind}"
    return f"{draw.word('places', 'street_name')} {kind}"


def hospital(draw: Draw) -> str:
    kind = draw.word("organisations", "hospital")
    if draw.chance(0.4):
        saint = draw.word("organisations", "saint")
        return f"{draw.pick(('St', 'St.', 'Saint'))} {saint} {draw.pick(('Hospital', kind))}"
    owner = draw.word("places", "city") if draw.chance(0.6) else draw.plain_surname()
    return f"{owner} {kind}"


def university(draw: Draw) -> str:
    city = draw.word("places", "city" if draw.chance(0.7) else "region").removeprefix("the ")
    forms = (
        f"University of {city}",
        f"{city} University",
        f"{city} Business School",
        f"{draw.plain_surname()} College",
        f"Technical University of {city}",
        f"{city} Institute of Technology",
        f"{draw.plain_surname()} University",
        f"University of Applied Sciences {city}",
    )
    return draw.pick(forms)


def school(draw: Draw) -> str:
    saint = "St " + draw.word("organisations", "saint")
    owner = draw.pick((draw.word("places", "city"), draw.plain_surname(), saint))
    return f"{owner} {draw.word('organisations', 'school')}"


def institution(draw: Draw) -> str:
    """Return a public body or a well-known firm."""
    if draw.chance(0.3):
        place = draw.word("places", "city" if draw.chance(0.6) else "region").removeprefix("the ")
        return draw.word("organisations", "institution").format(place)
    return draw.word("organisations", "known" if draw.chance(0.4) else "public")


def team(draw: Draw) -> str:
    return f"{draw.word('places', 'city')} {draw.word('organisations', 'team')}"


def lawyers(draw: Draw) -> str:
    one, two, three = (draw.plain_surname() for _ in range(3))
    return draw.pick((f"{one} {two} LLP", f"{one}, {two} and {three}", f"{one}-{two} & {three}"))
