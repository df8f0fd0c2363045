"""Write pairs of stiff business text and the same in our house voice.

    python letters.py --count 1000 --seed 3 > letters.jsonl

No text comes from anywhere else: words and phrases are the lists of `words.py` and
`phrases.py`, chosen at random.
Numbers, dates, names and references are the same in both texts; a number in words becomes digits.
Rows that share six words in a row with a case of examples/compare are left out.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import phrases
import words
from apart import rows_apart, write_rows
from fence import fenced

from secure_rag.answering.plain import NOT_FOUND

Pair = tuple[str, str]
T = TypeVar("T")


class Draw:
    """One row's values, drawn when they are asked for; `fill` puts them in."""

    def __init__(self, source: random.Random) -> None:
        self.source = source
        count = source.randint(2, 40)
        first = source.randint(1, 17)
        month = source.choice(words.MONTHS)
        hour = source.randint(6, 16)
        weekday = source.choice(words.WEEKDAYS)
        self.values = {
            "count": str(count),
            "words": in_words(count),
            "number": source.choice((str(source.randint(5, 990)), f"{source.randint(2, 60)}.50",
                                     f"{source.randint(1, 9)},{source.randint(1, 9)}00")),
            "money": source.choice(words.CURRENCIES),
            "month": month,
            "a": ordinal(first),
            "b": ordinal(first + source.randint(2, 11)),
            "weekday": weekday,
            "day": source.choice((f"{weekday} {first} {month}", f"{first} {month}", weekday)),
            "first": weekday,
            "last": source.choice(words.WEEKDAYS),
            "later_day": f"{first + 9} {month}",
            "hour": f"{hour}:{source.choice(('00', '15', '30', '45'))}",
            "later": f"{hour + 5}:{source.choice(('00', '30'))}",
            "room": str(source.randint(1, 30)),
            "clause": f"{source.randint(2, 14)}.{source.randint(1, 6)}",
            "id": source.choice((str(source.randint(1000, 99999)),
                                 f"{source.choice('BDHKPT')}-{source.randint(100, 9999)}")),
            "item": source.choice(words.ITEMS),
            "system": source.choice(words.SYSTEMS),
            "office": source.choice(words.OFFICES),
        }  # fmt: skip

    def one(self, of: tuple[T, ...]) -> T:
        """Return one of a list."""
        return self.source.choice(of)

    def chance(self, share: float) -> bool:
        """Say yes in this share of the cases."""
        return self.source.random() < share

    def fill(self, text: str, **more: str) -> str:
        """Put values in; `{name_}` has a capital letter, or a small one if it had that."""
        values = {**self.values, **more}
        capital = {f"{key}_": _turned(value) for key, value in more.items()}
        return text.format(**values, **capital)


def _turned(text: str) -> str:
    turned = text[:1].upper() if text[:1].islower() else text[:1].lower()
    return turned + text[1:]


def upper(text: str) -> str:
    """Begin a sentence."""
    return text[:1].upper() + text[1:]


def in_words(number: int) -> str:
    """Return a number under a hundred as a stiff letter writes it."""
    if number < 20:
        return words.ONES[number]
    tens, one = words.TENS[number // 10 - 2], number % 10
    return f"{tens}-{words.ONES[one]}" if one else tens


def ordinal(number: int) -> str:
    """Return 1st, 2nd, 3rd, 4th …"""
    last = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{last}"


def padded(draw: Draw, text: str) -> str:
    """Put phrases around a stiff sentence that say nothing."""
    if draw.chance(0.3):
        small = text if text[:2] == "I " else text[:1].lower() + text[1:]
        text = draw.one(words.PADS) + small
    return text + draw.one(words.FILLERS) if draw.chance(0.35) else text


def late(draw: Draw) -> Pair:
    thing, stiff, plain = draw.one(words.LATE)
    name = draw.fill(f"{thing} {{id}}") if draw.chance(0.6) else thing
    text = f"your {name} has been delayed {draw.one(words.CAUSES)} and will be {stiff} on {{day}}."
    fault = draw.one(("That is our fault.", "The fault is ours.", "We are to blame for that."))
    lead = draw.one((f"Your {name} is late.", f"Your {name} comes later than we said."))
    return padded(draw, upper(draw.fill(text))), draw.fill(f"{lead} {fault} {plain} on {{day}}.")


def active(draw: Draw) -> Pair:
    verbs, objects = draw.one(((words.TECHNICAL, words.MACHINES), (words.CLERICAL, words.PAPERS)))
    nominal, plural, singular, past, doing = draw.one(verbs)
    thing = draw.one(objects)
    many = draw.chance(0.5)
    who = draw.one(words.CREWS if many else words.OFFICES)
    subject = draw.one(("the {n} of the {t}", "{n} of the {t}")).format(n=nominal, t=thing)
    verb = plural if many else singular
    kind = draw.source.randint(0, 2)
    if kind == 0:
        stiff = f"{subject} will {draw.one(words.DOING)} by {who} on {{day}}."
        plain = f"{who} {verb} the {thing} on {{day}}."
    elif kind == 1:
        stiff = f"{subject} {draw.one(words.DONE)} by {who} on {{day}}."
        plain = f"{who} {past} the {thing} on {{day}}."
    else:
        stiff = f"{subject} {draw.one(words.NOW)} by {who}."
        plain = f"{who} {'are' if many else 'is'} {doing} the {thing}."
    stiff, plain = padded(draw, upper(stiff)), upper(plain)
    if draw.chance(0.35):
        more = draw.one(words.NOTICES)
        stiff, plain = f"{stiff} {more[0]}", f"{plain} {more[1]}"
    return draw.fill(stiff), draw.fill(plain)


def amount(draw: Draw) -> Pair:
    what, (stiff_unit, unit) = draw.one(words.COSTS), draw.one(words.UNITS)
    text = draw.fill(
        draw.one(words.CHARGES), about=draw.one(words.ABOUT), what=what, per=stiff_unit
    )
    return padded(draw, upper(text)), upper(draw.fill(f"{what} costs {{count}} {{money}}{unit}."))


def change(draw: Draw) -> Pair:
    what, (stiff_unit, unit) = draw.one(words.COSTS), draw.one(words.UNITS)
    text = draw.fill(draw.one(words.CHANGES), what=what, per=stiff_unit)
    lead = draw.one(words.LEADS).format(nice=draw.one(words.NICE)) if draw.chance(0.7) else ""
    plain = f"From {{month}} on {what} costs {{number}} {{money}}{unit}."
    return upper(f"{lead}{text}."), draw.fill(plain)


def denial(draw: Draw) -> Pair:
    nominal, verb = draw.one(words.REFUSED)
    why, reason = draw.one(words.REASONS)
    stiff = draw.fill(draw.one(words.DENIALS), reason=draw.fill(why), what=draw.fill(nominal))
    plain = draw.fill(f"We cannot {verb}. {reason}")
    if draw.chance(0.7):
        more = draw.one(words.INSTEAD)
        stiff, plain = f"{stiff} {draw.fill(more[0])}", f"{plain} {draw.fill(more[1])}"
    return stiff, plain


def jargon(draw: Draw) -> Pair:
    stiff, plain = draw.one(words.JARGON)
    return padded(draw, draw.fill(stiff)), draw.fill(plain)


def step(draw: Draw) -> Pair:
    doc = draw.one(words.DOCUMENTS)
    stiff, plain = draw.one(words.STEPS)
    lead = "Here are {doc}." if doc.endswith("rules of the club") else "Here is {doc}."
    return (
        draw.fill(f"{draw.one(words.ENCLOSED)} {stiff}", doc=doc),
        draw.fill(f"{lead} {plain}", doc=doc),
    )


def thanks(draw: Draw) -> Pair:
    what = draw.one(words.RECEIVED)
    stiff, plain = draw.one(words.NEXT)
    text = f"{draw.one(words.RECEIPT)} {stiff} {draw.one(words.THANKS)}"
    return draw.fill(text, what=what), draw.fill(f"Thank you for {what}. {plain}")


def deadline(draw: Draw) -> Pair:
    what = draw.one(words.ASKED)
    text = draw.fill(draw.one(words.DEADLINES), what=what, soon=draw.one(words.SOON))
    return padded(draw, text), draw.fill(f"Please send us {what} by {{day}}.")


def sorry(draw: Draw) -> Pair:
    stiff, plain = draw.one(phrases.FAULTS)
    text = draw.one(phrases.REGRETS).format(fault=stiff)
    plain = f"{plain} We are sorry."
    if draw.chance(0.75):
        more = draw.one(phrases.MEASURES)
        text, plain = f"{text} {more[0]}", f"{plain} {more[1]}"
    return draw.fill(text), draw.fill(plain)


def long(draw: Draw) -> Pair:
    a, b = draw.source.sample(phrases.CONDITIONS, 2)
    goal = draw.one(phrases.GOALS)
    text = draw.fill(
        draw.one(phrases.GOALS_STIFF).replace("{a}", a[0]).replace("{b}", b[0]),
        goal=draw.fill(goal),
    )
    return text, draw.fill(f"Please {a[1]}. Please also {b[1]}. Then we can {goal}.")


def duty(draw: Draw) -> Pair:
    stiff, plain = draw.one(phrases.DUTIES)
    if draw.chance(0.5):
        text = draw.one(phrases.REQUESTED).replace("{do}", stiff)
        text = text.replace("{role}", draw.one(phrases.ROLES)).replace("themselves", "himself")
    else:
        who = draw.one(phrases.GROUPS)
        text = draw.one(phrases.MUST).replace("{do}", stiff)
        text = text.replace("{who_}", who[:1].lower() + who[1:]).replace("{who}", who)
    return padded(draw, draw.fill(text)), draw.fill(f"Please {plain}.")


def thing(draw: Draw) -> Pair:
    grand, name, plain, stiff = draw.one(phrases.PROMISES)
    return draw.fill(f"{grand} {stiff}."), draw.fill(f"{name} {plain}.")


def praise(draw: Draw) -> Pair:
    deed = draw.one(phrases.DEEDS)
    return draw.fill(f"{draw.one(phrases.PRAISE)} we {deed}."), draw.fill(f"We {deed}.")


def period(draw: Draw) -> Pair:
    place = draw.one(phrases.PLACES)
    text = draw.fill(draw.one(phrases.CLOSED), works=draw.one(phrases.WORKS),
                     place=place[:1].lower() + place[1:])  # fmt: skip
    return padded(draw, text), draw.fill(f"In {{month}}, {place[:1].lower()}{place[1:]} is closed "
                                         "from the {a} to the {b}.")  # fmt: skip


def because(draw: Draw) -> Pair:
    cause, result = draw.one(phrases.CIRCUMSTANCES), draw.one(phrases.RESULTS)
    text = draw.one(phrases.BECAUSE).format(cause=cause[0], result=result[0])
    return draw.fill(text), draw.fill(f"{result[1]}, because {cause[1]}.")


def warning(draw: Draw) -> Pair:
    why, what, do, reason = draw.one(phrases.WARNINGS)
    text = draw.one(phrases.SINCE).format(why=why, what=what)
    return draw.fill(text), draw.fill(f"{do} {reason}")


def closing(draw: Draw) -> Pair:
    name, number = draw.one(phrases.FIRST), draw.source.randint(101, 899)
    note = draw.one(("(Handled by {n}, extension {x})", "(Your contact: {n}, extension {x})",
                     "Clerk in charge: {n}, extension {x}")).format(n=name, x=number)  # fmt: skip
    parts = [
        draw.one(phrases.GREETINGS),
        f"{draw.one(phrases.DEPARTMENTS)}.",
        draw.one(phrases.SLOGANS),
    ]
    return " ".join([*parts, note]), f"{name}, extension {number}"


def confirmation(draw: Draw) -> Pair:
    kind, begin_stiff, begin, end_stiff, end = draw.one(phrases.STAYS)
    extra_stiff, extra = draw.one(phrases.EXTRAS)
    parts = [begin_stiff, end_stiff, extra_stiff]
    draw.source.shuffle(parts)
    lead = draw.one(("We are pleased to confirm the reservation of a {k} for {w} persons",
                     "The {k} for {w} persons is herewith confirmed"))  # fmt: skip
    count = draw.source.randint(2, 19)  # larger ones look like an age
    draw.values |= {"count": str(count), "words": in_words(count)}
    text = lead.format(k=kind, w=draw.values["words"]) + "; " + ", ".join(parts) + "."
    plain = f"The {kind} is booked for {{count}} people. {upper(begin)}. {upper(extra)}."
    return draw.fill(text), draw.fill(f"{plain} {upper(end)}.")


def product(draw: Draw) -> Pair:
    name = draw.one(phrases.PRODUCTS)
    stiff, plain = draw.one(phrases.PRODUCT_PAIRS)
    return draw.fill(stiff, name=name), draw.fill(plain, name=name)


FAMILIES: tuple[Callable[[Draw], Pair], ...] = (
    late, active, active, amount, change, denial, denial, jargon, step, thanks, deadline, sorry,
    long, duty, duty, thing, praise, period, because, warning, closing, confirmation, product,
)  # fmt: skip
ENDING = (closing, step)
"""They close a letter: nothing follows them."""

REQUESTS = (
    "Put this into our house voice: '{}'", "Put this into our house voice: '{}'",
    "Put this into our house voice: '{}'", "Say this in our house voice: '{}'",
    "Write this as we write: '{}'", "Our house voice, please: '{}'",
)  # fmt: skip


def pair(source: random.Random) -> Pair:
    """Return a stiff text and the same in our voice, of one matter or two."""
    family = source.choice(FAMILIES)
    stiff, plain = family(Draw(source))
    if family not in ENDING and source.random() < 0.2:
        more = source.choice([one for one in FAMILIES if one is not family])(Draw(source))
        stiff, plain = f"{stiff} {more[0]}", f"{plain} {more[1]}"
    return stiff, plain


def absent(source: random.Random) -> Pair:
    """Return a request whose text is not there."""
    what, gone = source.choice(phrases.ABSENT), source.choice(phrases.GONE)
    lead = source.choice(("Put the {} into our house voice.", "Put the text of the {} into our "
                          "house voice.", "Rewrite the {} in our house voice."))  # fmt: skip
    return f"{lead.format(what)} {gone}", NOT_FOUND


def row(source: random.Random) -> dict[str, str]:
    """Return one row of the data."""
    if source.random() < 0.06:
        asked, said = absent(source)
    else:
        stiff, said = pair(source)
        asked = source.choice(REQUESTS).format(stiff)
    # more often alone: so it is asked where no rules are at hand
    if source.random() < 0.2:
        asked = fenced(source.sample(phrases.RULES, source.randint(1, 3)), asked, source)
    return {"input": asked, "output": said}


def rows(count: int, seed: int) -> Iterator[dict[str, str]]:
    """Yield so many different rows, the same for the same seed."""
    return rows_apart(row, count, seed)


if __name__ == "__main__":
    write_rows(rows, __doc__ or "", count=1000, seed=3)
