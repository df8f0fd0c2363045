"""Write fictional complaint mails and the JSON that says the same in fixed fields.

    python complaints.py --count 900 --seed 5 > complaints.jsonl

No text comes from anywhere else: products, faults and phrases are the lists below. Persons
are placeholders from the start, as redaction would leave them.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator

FIELDS = ("product", "problem", "order", "bought", "wish", "urgent")
PRODUCTS = (
    "kettle", "toaster", "desk lamp", "rain jacket", "hiking boots", "garden hose", "bookshelf",
    "office chair", "bicycle pump", "coffee grinder", "phone case", "wool blanket", "tent",
    "electric drill", "water filter", "wall clock", "frying pan", "suitcase", "headphones",
    "keyboard", "mattress", "hair dryer", "lunch box", "dog bed", "yoga mat",
)  # fmt: skip
PROBLEMS = {
    "broken": ("arrived broken", "came with a crack in it", "was in pieces when I opened the box",
               "is damaged on one side"),
    "missing part": ("came without the screws", "has a part missing", "lacks the lid",
                     "was packed without its cable"),
    "late": ("has not arrived yet", "came three weeks late", "is still on its way",
             "was promised for last Monday and is not here"),
    "wrong item": ("is not the one I ordered", "is in the wrong colour", "came in the wrong size",
                   "is another model than on the picture"),
    "stopped working": ("stopped working after a week", "does not switch on any more",
                        "worked twice and then never again", "makes a noise and then goes off"),
    "charged twice": ("was charged twice", "appears two times on my bill",
                      "was paid for twice by mistake"),
}  # fmt: skip
WISHES = {
    "refund": ("I want my money back.", "Please refund the price.", "Kindly return my payment."),
    "replacement": ("Please send me a new one.", "I would like a replacement.",
                    "Could you exchange it?"),
    "repair": ("Can you repair it?", "Please have it repaired.", "I would like it mended."),
    "information": ("Please tell me what happens next.", "When will I hear from you?",
                    "Could you let me know where it is?"),
}  # fmt: skip
URGENT = ("This is urgent.", "I need it by Friday.", "Please answer today.", "I cannot wait.")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August",
          "September", "October", "November", "December")  # fmt: skip
OPENINGS = ("Hello,", "Dear team,", "To whom it may concern,", "Good morning,", "Hi,")
CLOSINGS = ("Regards, Person A", "Thank you, Person A", "Person A", "Best wishes, Person A")
CHATTER = (
    "I have been a customer for years.", "The weather was fine when it came.",
    "My neighbour has the same one.", "Your shop was recommended to me.",
    "I kept the box.", "The driver was friendly.", "I tried to call twice.",
    "I like the colour, though.",
)  # fmt: skip


def mail(draw: random.Random) -> dict[str, str]:
    """Return one mail with what should be read out of it."""
    product = draw.choice(PRODUCTS)
    problem = draw.choice(list(PROBLEMS))
    wish = draw.choice([*WISHES, None])
    order = f"{draw.choice('ABKRT')}{draw.randint(1000, 99999)}" if draw.random() < 0.7 else None
    bought = draw.choice(MONTHS) if draw.random() < 0.6 else None
    urgent = draw.random() < 0.3
    parts = [draw.choice((f"The {product} {{}}.", f"My {product} {{}}.", f"The {product} that I "
             "ordered from you {}.")).format(draw.choice(PROBLEMS[problem]))]  # fmt: skip
    if order:
        parts.append(draw.choice(("My order is {}.", "The order number is {}.", "It is order {}.",
                                  "Order {}.")).format(order))  # fmt: skip
    if bought:
        parts.append(draw.choice(("I bought it in {}.", "It was ordered in {}.",
                                  "The purchase was in {}.")).format(bought))  # fmt: skip
    if wish:
        parts.append(draw.choice(WISHES[wish]))
    if urgent:
        parts.append(draw.choice(URGENT))
    parts += draw.sample(CHATTER, draw.randint(0, 2))
    first, rest = parts[0], parts[1:]
    draw.shuffle(rest)
    body = " ".join([first, *rest] if draw.random() < 0.7 else [*rest[:1], first, *rest[1:]])
    text = "\n".join([draw.choice(OPENINGS), body, draw.choice(CLOSINGS)])
    fields = dict(zip(FIELDS, (product, problem, order, bought, wish, urgent), strict=True))
    return {"input": text, "output": json.dumps(fields)}


def mails(count: int, seed: int) -> Iterator[dict[str, str]]:
    """Yield so many mails, the same for the same seed."""
    draw = random.Random(seed)
    for _ in range(count):
        yield mail(draw)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=900)
    parser.add_argument("--seed", type=int, default=5)
    given = parser.parse_args()
    for one in mails(given.count, given.seed):
        sys.stdout.write(json.dumps(one) + "\n")
