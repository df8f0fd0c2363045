"""Write fictional notes and mails with the JSON object that says the same in the keys asked for.

    python objects.py --count 650 --seed 5 > objects.jsonl

No text comes from anywhere else: kinds of object, values and phrases are the lists of `schemas.py`,
chosen at random. The keys of a row are some of its kind's, in any order; a value that the text does
not say is null. Persons are placeholders from the start, as redaction would leave them. Rows
that share six words in a row with a case of examples/compare are left out.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import schemas
from apart import rows_apart, write_rows
from fence import fenced
from schemas import Field, Schema

from secure_rag.answering.plain import NOT_FOUND, keys_told

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August",
          "September", "October", "November", "December")  # fmt: skip
PLURALS = {"roles": "role", "languages": "language", "damages": "damage", "foods": "food"}
Value = tuple[str, object]
"""A value as the text shows it, and as the object holds it."""


def value(kind: str, draw: random.Random) -> Value:
    """Draw a value of a field."""
    kind = draw.choice(kind.split("|"))
    if kind in schemas.LISTS:
        one = draw.choice(schemas.LISTS[kind])
        return one, one
    if kind in schemas.TABLES:
        name = draw.choice(list(schemas.TABLES[kind]))
        return draw.choice(schemas.TABLES[kind][name]), name
    if kind in PLURALS:
        every = draw.sample(schemas.LISTS[PLURALS[kind]], draw.randint(1, 3))
        return _joined(every, comma=kind == "damages", article=kind == "roles"), every
    return _drawn(kind, draw)


def _drawn(kind: str, draw: random.Random) -> Value:
    if kind in ("count", "small", "number"):
        low, high = {"count": (2, 60), "small": (1, 9), "number": (100, 99999)}[kind]
        number = draw.randint(low, high)
        return (f"{number:,}" if draw.random() < 0.5 else str(number)), number
    if kind == "amount":
        cents = draw.choice((0, 0, 5, 25, 50, 75))
        whole = draw.choice((draw.randint(1, 99), draw.randint(100, 9999)))
        amount: float = whole + cents / 100 if cents else whole
        return (f"{amount:,.2f}" if cents else f"{amount:,}"), amount
    texts = {
        "month": lambda: draw.choice(MONTHS),
        "date": lambda: f"{draw.randint(1, 28)} {draw.choice(MONTHS)}",
        "time": lambda: f"{draw.randint(6, 22)}:{draw.choice(('00', '15', '20', '30', '45'))}",
        "version": lambda: f"{draw.randint(1, 9)}.{draw.randint(0, 9)}.{draw.randint(0, 9)}",
        "code": lambda: draw.choice((
            f"{draw.choice('ACDEFGKLMNPQRUVWXZ')}-{draw.randint(100, 9999)}",
            f"{draw.choice('ABDEGKLMNPRTVX')}{draw.choice('ACEHKLNT')}-{draw.randint(1000, 99999)}",
            f"{draw.randint(1000, 9999)}-{draw.randint(10, 99)}",
        )),
    }  # fmt: skip
    text = texts[kind]()
    return text, text


def _joined(every: Sequence[str], *, comma: bool, article: bool) -> str:
    if comma or len(every) == 1:
        return ", ".join(every)
    the = "the " if article else ""
    return f"{f', {the}'.join(every[:-1])} and {the}{every[-1]}"


def note(fields: Sequence[Field], values: dict[str, Value], draw: random.Random) -> str:
    """Return a text that says the values, as a line of fragments or in sentences."""
    told = [one for one in fields if one.fragments != ("",)]
    beside = {key: shown for key, (shown, _) in values.items()}
    if draw.random() < 0.5:
        parts = [draw.choice(one.fragments).format(values[one.key][0], **beside) for one in told]
        return _upper(draw.choice((", ", " ", ", ")).join(parts)) + draw.choice((".", "", "."))
    parts = [draw.choice(one.sentences).format(values[one.key][0], **beside) for one in told]
    parts = [_upper(one) for one in parts]
    parts += draw.sample(schemas.CHATTER, draw.choice((0, 0, 0, 1, 2)))
    draw.shuffle(parts)
    if draw.random() < 0.3:
        parts = [draw.choice(schemas.OPENINGS), *parts, draw.choice(schemas.CLOSINGS)]
    return " ".join(parts)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def known(schema: Schema, draw: random.Random) -> list[Field]:
    """Return the fields that a text tells; what hangs together is told together."""
    if draw.random() < 0.4:
        fields = list(schema.fields)
    else:
        fields = draw.sample(schema.fields, draw.randint(2, len(schema.fields)))
    keys = {one.key for one in fields}
    pairs = {"total": "currency", "value": "unit"}
    wanted = keys | {pairs[key] for key in keys & pairs.keys()}
    wanted -= {other for key, other in pairs.items() if key not in keys}
    return [one for one in schema.fields if one.key in wanted]


def asked_keys(schema: Schema, told: Sequence[Field], draw: random.Random) -> list[str]:
    """Return the keys that are asked for: most of what is told, sometimes what is not."""
    keys = [one.key for one in told]
    if len(keys) > 2 and draw.random() < 0.3:
        keys = draw.sample(keys, len(keys) - 1)
    others = [one.key for one in schema.fields if one not in told]
    if others and draw.random() < 0.6:
        keys.append(draw.choice(others))
    if draw.random() < 0.4:
        draw.shuffle(keys)
    return keys


def request(schema: Schema, keys: Sequence[str], text: str, draw: random.Random) -> str:
    """Return what a user writes; the keys stand in it, at its end (`keys_told`) or both."""
    source = draw.choice(schema.source)
    named = f" ({', '.join(keys)})" if draw.random() < 0.3 else ""
    lead = draw.choice((
        f"Make {_a(schema.name)} object{named} of this {source}: '{text}'",
        f"Make {_a(schema.name)}{named} of this: '{text}'",
        f"Fill in the {schema.name} form{named} from this {source}: '{text}'",
        f"Read this {source} and write {_a(schema.name)} object{named}: '{text}'",
    ))  # fmt: skip
    return lead if named and draw.random() < 0.5 else keys_told(lead, keys)


def _a(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def evidence(schema: Schema, keys: Sequence[str], draw: random.Random) -> list[str]:
    """Return what a handbook says of such an object."""
    lines = [f"{_upper(_a(schema.name))} object has {', '.join(keys)}."]
    lines += [f"In it, {one.rule}." for one in schema.fields if one.rule and one.key in keys]
    return lines[:1] + draw.sample(lines[1:], min(2, len(lines) - 1))


def row(draw: random.Random) -> dict[str, str]:
    """Return one row of the data."""
    schema = draw.choice(schemas.SCHEMAS)
    told = known(schema, draw)
    keys = asked_keys(schema, told, draw)
    if draw.random() < 0.08:
        asked, said = absent(schema, draw), NOT_FOUND
        asked = keys_told(asked, keys) if draw.random() < 0.4 else asked
    else:
        values = {one.key: value(one.value, draw) for one in told}
        asked = request(schema, keys, note(told, values, draw), draw)
        said = json.dumps({key: values[key][1] if key in values else None for key in keys})
    if draw.random() < 0.25:
        asked = fenced(evidence(schema, keys, draw), asked, draw)
    return {"input": asked, "output": said}


def absent(schema: Schema, draw: random.Random) -> str:
    """Return a request whose text is not there."""
    source, gone = draw.choice(schema.source), draw.choice(schemas.GONE)
    return draw.choice((
        f"Make {_a(schema.name)} object of the attached {source}. {gone}",
        f"Fill in the {schema.name} form from the {source} of today. {gone}",
        f"Make {_a(schema.name)} of this {source}. {gone}",
    ))  # fmt: skip


def rows(count: int, seed: int) -> Iterator[dict[str, str]]:
    """Yield so many different rows, the same for the same seed."""
    return rows_apart(row, count, seed)


if __name__ == "__main__":
    write_rows(rows, __doc__ or "", count=650, seed=5)
