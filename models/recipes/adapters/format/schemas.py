"""What the format adapter's training texts are about: kinds of object and their fields.

A field has the kind of its values, fragments of a note ("on {}") and whole sentences ("It is on
{}."). `{}` is the value as the text shows it. All of it is invented.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """One key of an object, and how a text says it."""

    key: str
    value: str
    """A kind of `values.py`, or a word list of `LISTS` or a table of `TABLES`."""
    fragments: tuple[str, ...]
    sentences: tuple[str, ...]
    rule: str = ""
    """What the evidence says of it; empty says nothing."""


@dataclass(frozen=True)
class Schema:
    """One kind of object."""

    name: str
    fields: tuple[Field, ...]
    source: tuple[str, ...]
    """What its texts are called: a mail, a note."""


LISTS = {
    "goods": ("kettle", "toaster", "desk lamp", "rain jacket", "garden hose", "bookshelf",
              "office chair", "bicycle pump", "phone case", "wool blanket", "tent", "suitcase",
              "water filter", "wall clock", "frying pan", "keyboard", "mattress", "lunch box",
              "yoga mat", "hedge trimmer", "sewing machine", "stepladder", "hand mixer"),
    "model": ("Corvo 12", "Alder S", "Tindra 40", "Pico Mini", "Rondo XL", "Velo 7", "Ferra Plus",
              "Nimbus 3", "Halda", "Kestrel Two", "Sorrel 90", "Ondo Pro", "Marsh 5", "Quill X"),
    "topic": ("budget", "new website", "summer party", "safety training", "price list",
              "fire drill", "canteen", "staff survey", "move to the new office", "yearly report",
              "parking rules", "test results", "trade fair", "holiday plan", "supplier contract"),
    "room": ("Birch", "Aspen", "Harbour", "Kestrel", "Copper", "Atlas", "Willow", "Orchard",
             "Comet", "Granite", "Falcon", "Meadow"),
    "role": ("clerk", "manager", "nurse", "lawyer", "engineer", "driver", "architect", "cook",
             "librarian", "teacher", "electrician", "porter", "buyer", "planner", "trainee"),
    "place": ("harbour hall", "north depot", "mill", "town library", "garden centre", "old station",
              "sports ground", "boat house", "east gate", "main kitchen", "school yard", "museum"),
    "colour": ("red", "green", "grey", "white", "black", "yellow", "brown", "orange", "violet"),
    "stuff": ("granite", "clay", "oak", "copper", "rye flour", "river sand", "wool", "limestone",
              "seawater", "peat", "rapeseed oil", "glass", "barley"),
    "illness": ("flu", "a cold", "a broken arm", "back pain", "a migraine", "an operation",
                "a sick child", "a dentist's visit"),
    "part": ("login page", "search", "printer driver", "calendar", "payment page", "backup",
             "mail form", "map view", "report page", "scanner", "sync", "photo upload"),
    "damage": ("front light broken", "seat torn", "left mirror cracked", "battery weak",
               "door scratched", "brakes worn", "horn silent", "rear bumper bent",
               "radio without sound", "one hubcap missing"),
    "praised": ("friendly staff", "clear instructions", "solid box", "fair price", "quiet room",
                "fresh bread", "nice colours", "good light", "warm welcome"),
    "blamed": ("long wait", "loud music", "cold soup", "small print", "thin walls", "slow reply",
               "dirty floor", "wrong bill", "broken zip"),
    "wanted": ("change of address", "copy of the bill", "date of the delivery", "lost key",
               "price of a repair", "new password", "place on the list", "size of the tent",
               "parking permit", "ticket for the tour"),
    "currency": ("EUR", "GBP", "SEK", "PLN", "DKK", "USD"),
    "unit": ("bar", "mm", "kWh", "lux", "km/h", "litres", "volts", "percent"),
    "language": ("Polish", "German", "French", "Dutch", "Spanish", "Danish", "Finnish"),
    "job": ("baker", "plumber", "night nurse", "bus driver", "web designer", "gardener", "welder",
            "receptionist", "carpenter", "lab assistant"),
    "animal": ("cat", "dog", "pony", "rabbit", "parrot", "goat", "hamster", "tortoise"),
    "dish": ("lentil soup", "apple pie", "rice salad", "fish stew", "potato bake", "bean curry"),
    "food": ("lentils", "carrots", "onions", "apples", "butter", "rice", "peas", "potatoes",
             "beans", "tomatoes", "flour", "salt"),
    "street": ("Mill Lane", "Ferry Road", "Chapel Street", "Quarry Hill", "Station Walk",
               "Orchard Close", "Bell Yard", "Weaver Street"),
    "crop": ("barley", "hops", "strawberries", "maize", "pumpkins", "flax", "onions"),
}  # fmt: skip

TABLES: dict[str, dict[str, tuple[str, ...]]] = {
    "wish": {
        "refund": ("I want my money back", "please refund the price", "kindly return my payment"),
        "replacement": ("please send me a new one", "I would like another one instead",
                        "could you exchange it"),
        "repair": ("can you repair it", "please have it mended", "I would like it to be fixed"),
    },
    "yes-no hurry": {
        "yes": ("this is urgent", "I need it tomorrow", "we cannot work without it"),
        "no": ("there is no rush", "take your time", "it is not urgent"),
    },
    "yes-no paid": {
        "yes": ("it is paid already", "the money has come in", "paid in full"),
        "no": ("it is still open", "nothing has been paid yet", "payment is missing"),
    },
    "yes-no note": {
        "yes": ("a doctor's note is attached", "I have a doctor's note"),
        "no": ("I have no doctor's note", "without a doctor's note"),
    },
    "yes-no repeat": {
        "yes": ("it happens every time", "we can make it happen again"),
        "no": ("it happened only once", "we could not make it happen again"),
    },
    "yes-no settled": {
        "yes": ("all is settled", "nothing is left to do"),
        "no": ("that is still to be done", "I have promised to look into it"),
    },
    "severity": {
        "high": ("nobody can use it at all", "the whole office stands still"),
        "medium": ("it is slow, but works", "half of us are affected"),
        "low": ("it is only a small thing", "one can live with it"),
    },
    "cause": {
        "fire": ("a candle set the curtain on fire", "the oven burnt"),
        "water": ("a pipe burst in the kitchen", "rain came in through the ceiling"),
        "storm": ("the wind took the tiles off", "a tree fell in the gale"),
        "theft": ("somebody stole it", "the thieves came at night"),
    },
    "level": {
        "beginner": ("no knowledge is needed", "for people who start from nothing"),
        "advanced": ("for people with long practice", "you should know the subject well"),
    },
}  # fmt: skip

_DAY = (("on {}",), ("It is on {}.", "The day is {}."))
_NOTES, _MAILS = ("note", "line", "message"), ("mail", "letter", "message")

SCHEMAS = (
    Schema("complaint", (
        Field("product", "goods|model", ("the {}", "my {}"), ("The {} does not work.",
              "My {} came broken.", "It is about the {}."), "product is the thing that failed"),
        Field("order", "code", ("order {}", "number {}"), ("My order is {}.", "Order {}."),
              "order is the number of the order"),
        Field("bought", "month", ("bought in {}",), ("I bought it in {}.",
              "It was ordered in {}.")),
        Field("wish", "wish", ("{}",), ("{}.",), "wish is refund, replacement or repair"),
        Field("urgent", "yes-no hurry", ("{}",), ("{}.",), "urgent is yes or no"),
    ), _MAILS),
    Schema("meeting", (
        Field("topic", "topic", ("talk about the {}", "{}"), ("We talk about the {}.",
              "The topic is the {}.")),
        Field("day", "date", *_DAY, rule="day is written as in the text"),
        Field("time", "time", ("at {}",), ("We begin at {}.", "It starts at {}.")),
        Field("room", "room", ("in room {}",), ("The room is {}.", "We meet in {}.")),
        Field("attendees", "roles", ("with the {}",), ("The {} are invited.", "Present: the {}."),
              "attendees is a list"),
    ), _NOTES),
    Schema("invoice", (
        Field("number", "code", ("invoice {}", "bill {}"), ("The invoice has the number {}.",
              "This is bill {}.")),
        Field("total", "amount", ("over {} {currency}",), ("It is over {} {currency}.",
              "The sum is {} {currency}."), "total is a number"),
        Field("currency", "currency", ("",), ("",)),
        Field("date", "date", ("of {}",), ("It was written on {}.", "Date: {}.")),
        Field("days", "count", ("payable in {} days",), ("Please pay within {} days.",),
              "days is the number of days to pay in"),
        Field("paid", "yes-no paid", ("{}",), ("{}.",), "paid is yes or no"),
    ), ("text", "letter", "bill")),
    Schema("absence note", (
        Field("reason", "illness", ("with {}", "because of {}"), ("I have {}.", "It is {}."),
              "reason is written as in the text"),
        Field("from", "date", ("from {}", "away from {}"), ("I stay at home from {}.",
              "I am away from {}.")),
        Field("until", "date", ("until {}",), ("I am back after {}.", "It lasts until {}.")),
        Field("certificate", "yes-no note", ("{}",), ("{}.",), "certificate is yes or no"),
    ), ("message", "mail", "note")),
    Schema("delivery", (
        Field("goods", "goods", ("the {}", "a {}"), ("We bring the {}.", "It is a {}.")),
        Field("pieces", "count", ("{} pieces", "{} of them"), ("There are {} pieces.",),
              "pieces is a number"),
        Field("street", "street", ("to {}",), ("The street is {}.", "Please take it to {}.")),
        Field("house", "small", ("house {}",), ("It is house {}.",), "house is a number"),
        Field("floor", "small", ("floor {}",), ("We live on floor {}.", "Floor {}, please."),
              "floor is a number or null"),
        Field("time", "time", ("at {}", "after {}"), ("Come after {}.", "Be there at {}.")),
    ), _NOTES),
    Schema("visit", (
        Field("site", "place", ("visit to the {}", "{}"), ("We go to the {}.",
              "The visit is at the {}.")),
        Field("day", "date", *_DAY),
        Field("people", "count", ("{} people",), ("We are {} people.", "{} of us come.")),
        Field("guide", "role", ("led by the {}",), ("The {} shows us round.",)),
        Field("languages", "languages", ("in {}",), ("The tour is in {}.",),
              "languages is a list"),
    ), _NOTES),
    Schema("reading", (
        Field("device", "code", ("meter {}", "device {}"), ("The device is {}.",)),
        Field("value", "amount", ("showed {} {unit}", "{} {unit}"), ("It showed {} {unit}.",
              "We read {} {unit}."), "value is a number without the unit"),
        Field("unit", "unit", ("",), ("",)),
        Field("round", "small", ("round {}",), ("That was round {}.",)),
        Field("time", "time", ("at {}",), ("We read it at {}.",)),
    ), _NOTES),
    Schema("fault report", (
        Field("part", "part", ("the {} fails", "{} broken"), ("The {} does nothing.",
              "There is a fault in the {}.")),
        Field("release", "version", ("since {}", "in {}"), ("We use {}.", "It began with {}.")),
        Field("severity", "severity", ("{}",), ("{}.",), "severity is low, medium or high"),
        Field("repeatable", "yes-no repeat", ("{}",), ("{}.",), "repeatable is yes or no"),
        Field("users", "count", ("{} users",), ("It hits {} users.",), "users is a number"),
    ), _MAILS),
    Schema("sample", (
        Field("code", "code", ("{}", "jar {}"), ("The jar is {}.",)),
        Field("stuff", "stuff", ("{}",), ("It holds {}.", "There is {} in it.")),
        Field("grams", "amount", ("{} g",), ("It weighs {} g.",), "grams is a number"),
        Field("taken", "date", ("taken on {}",), ("It was taken on {}.",)),
    ), ("label", "line", "note")),
    Schema("phone note", (
        Field("about", "wanted", ("asked about the {}", "{}"), ("She asks about the {}.",
              "It is about the {}."), "about is written as in the text"),
        Field("call_at", "time", ("call back at {}",), ("Please call again at {}.",),
              "call_at is a time or null"),
        Field("settled", "yes-no settled", ("{}",), ("{}.",), "settled is yes or no"),
        Field("extension", "number", ("extension {}",), ("The extension is {}.",)),
    ), _NOTES),
    Schema("hire car", (
        Field("model", "model", ("{}", "the {}"), ("The car is a {}.", "You took the {}.")),
        Field("km", "number", ("{} km",), ("It has run {} km.",), "km is a number"),
        Field("defects", "damages", ("{}",), ("We found: {}.",), "defects is a list"),
        Field("day", "date", ("back on {}",), ("It came back on {}.",)),
    ), ("note", "report", "line")),
    Schema("ballot", (
        Field("item", "small", ("item {}", "point {}"), ("This is point {}.",)),
        Field("for", "count", ("{} for",), ("{} were for it.", "{} hands went up for it.")),
        Field("against", "count", ("{} against",), ("{} were against it.",)),
        Field("blank", "count", ("{} blank",), ("{} papers were blank.",)),
    ), ("minutes", "note", "report")),
    Schema("shop order", (
        Field("article", "code", ("article {}",), ("The article is {}.",)),
        Field("goods", "goods", ("{}", "the {}"), ("We take the {}.",)),
        Field("pieces", "count", ("{} pieces",), ("We need {} of them.",), "pieces is a number"),
        Field("colour", "colour", ("in {}",), ("The colour is {}.", "We want it in {}.")),
    ), _MAILS),
    Schema("duty", (
        Field("post", "small", ("post {}",), ("I am at post {}.",), "post is a number"),
        Field("start", "time", ("from {}",), ("I start at {}.",)),
        Field("end", "time", ("to {}", "until {}"), ("I stop at {}.",)),
        Field("with", "role", ("with the {}",), ("The {} is with me.",), "with is a role or null"),
    ), _NOTES),
    Schema("damage claim", (
        Field("policy", "code", ("policy {}",), ("My policy is {}.",)),
        Field("cause", "cause", ("{}",), ("{}.",), "cause is fire, water, storm or theft"),
        Field("day", "date", *_DAY),
        Field("estimate", "amount", ("about {} euros",), ("It will cost {} euros.",),
              "estimate is a number, or null where nobody has named one"),
    ), _MAILS),
    Schema("opinion", (
        Field("points", "small", ("{} points", "{} of ten"), ("I give {} points.",),
              "points is a number"),
        Field("good", "praised", ("{}",), ("I liked this: {}.",), "good is null if nothing was"),
        Field("bad", "blamed", ("{}",), ("I did not like this: {}.",),
              "bad is null if nothing was"),
    ), ("card", "review", "text")),
    Schema("job", (
        Field("title", "job", ("{}", "{} wanted"), ("We look for a {}.",)),
        Field("hours", "count", ("{} hours a week",), ("It is {} hours a week.",)),
        Field("wage", "amount", ("{} euros an hour",), ("We pay {} euros an hour.",),
              "wage is a number"),
        Field("start", "month", ("from {}",), ("You begin in {}.",)),
        Field("languages", "languages", ("speaks {}",), ("You speak {}.",), "languages is a list"),
    ), ("advert", "text", "note")),
    Schema("pet", (
        Field("animal", "animal", ("{}", "our {}"), ("It is a {}.", "We have a {}.")),
        Field("age", "small", ("{} years",), ("It is {} years old.",)),
        Field("colour", "colour", ("{}",), ("It is {}.",)),
        Field("chip", "code", ("chip {}",), ("The chip is {}.",), "chip is null without one"),
    ), ("card", "note", "text")),
    Schema("recipe", (
        Field("dish", "dish", ("{}",), ("We cook {}.",)),
        Field("servings", "small", ("for {}",), ("It feeds {} people.",)),
        Field("minutes", "count", ("{} minutes",), ("It takes {} minutes.",)),
        Field("ingredients", "foods", ("with {}",), ("You need {}.",), "ingredients is a list"),
    ), ("text", "card", "note")),
    Schema("field", (
        Field("name", "place", ("field at the {}",), ("The field lies at the {}.",)),
        Field("crop", "crop", ("{}",), ("We grow {} there.",)),
        Field("hectares", "amount", ("{} hectares",), ("It has {} hectares.",)),
        Field("sown", "month", ("sown in {}",), ("We sowed in {}.",)),
    ), ("note", "line", "report")),
    Schema("course", (
        Field("language", "language", ("{} course",), ("We learn {}.",)),
        Field("level", "level", ("{}",), ("{}.",), "level is beginner or advanced"),
        Field("weeks", "count", ("{} weeks",), ("It runs for {} weeks.",)),
        Field("price", "amount", ("{} euros",), ("It costs {} euros.",), "price is a number"),
        Field("room", "room", ("room {}",), ("We meet in {}.",)),
    ), ("advert", "text", "note")),
)  # fmt: skip

CHATTER = ("I have been here for years.", "The weather was fine.", "I kept the box.",
           "We tried to call twice.", "Sorry for the late reply.", "More next week.",
           "Please do not print this.", "It was a long day.")  # fmt: skip
OPENINGS = ("Hello,", "Dear team,", "Good morning,", "Hi,", "To whom it may concern,")
CLOSINGS = ("Regards, Person A", "Thank you, Person A", "Person A", "Best wishes, Person A", "Bye!")
GONE = ("It is blank.", "It could not be opened.", "The scan shows nothing.", "It is missing.",
        "Nobody has attached it.", "The page is torn off.", "The file is damaged.",
        "There is no text in it.")  # fmt: skip
