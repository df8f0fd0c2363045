"""Keys and tokens by the name they are assigned to, in code, settings, forms and mails."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.secret_scan import VALUE, Secret
from secure_rag.redaction.recognizers.secret_values import entropy, is_random, is_uuid, word_share

_I: Final = re.IGNORECASE

_JUDGED: Final = 120
"""Characters of a value that are looked at to judge it."""
NAME_END: Final = r"[\w-]{0,24}(?:\\?[\"'`])?\]?"
"""The rest of a name after its key word, its quote, its bracket."""
TYPE: Final = r"(?:\s?:\s?(?:[A-Za-z&*][\w.<>&*?]{0,20})(?=\s?=))?"
ASSIGN: Final = (
    r"(?:\s{0,8}(?:=>|->|:{0,3}=|\?=|\|\|=|={1,3}|!={1,2}|:(?!:))\s{0,8}"
    # <add key="ApiKey" value="…"/>, name: API_KEY ⏎ value: …, getenv("API_KEY", "…")
    r"|\s{1,3}(?:value|content|default)\s?=\s?|\s{0,3}\r?\n\s{0,24}\"?value\"?\s?:\s?"
    r"|(?<=[\"'`])\s?,\s{0,3}(?=[bru]?[\"'`]))"
)
OPEN: Final = r"(?:[bru]{0,2}\\?[\"'`])?"

_VALUE: Final = (
    r"(?P<value>(?:[^\s\"'`<>,;(){}\[\]\\&=]|=(?!\w)|&(?![A-Za-z_]{1,24}=)){8,600}+)"
    r"(?!\s{0,6}[(\[{])"
)
_IS: Final = r"\s(?:is|was|equals|of)\s?:?\s{1,2}"
# The second argument of a call: getenv("API_KEY", "…"), not the next word of a list.
_CALL: Final = re.compile(
    r"(?:get|set|put|env|prop|default|header|append)\w{0,12}\(\s{0,3}[bru]?[\"'`][\w.-]{0,60}$", _I
)
_NAME_BEFORE: Final = re.compile(r"[\w.$-]{0,60}$")

# Names of what is public, or no value at all.
_NO_KEY: Final = re.compile(
    r"public|pub_?key|primary|foreign|cache|sort_?key|partition|routing|index_?key|map_?key|"
    r"object_?key|key_?(?:names?|code|word|id|type|path|file|space|size|len|length|alias|board|"
    r"stroke|frame|map|hash|down|up|press|event|err|set|usage|pair|points?|vault|store|dates?|"
    r"version|binding|val|field|prefix|suffix|format|fn|func|derivation|lock|chain)|keys?et|"
    r"monkey|turkey|donkey|hockey|jockey|whiskey|keying|"
    r"translation|i18n|locale|label|hot_?key|short_?cut|"
    r"secrets?_?(?:ids?$|name|ref|type|path|version|manager|length|arn|url)|secretar|"
    r"finger_?print|check_?sum|digest|thumb_?print|signature_?alg|sha_?(?:1|256|512)|md5|e_?tag",
    _I,
)
_NO_TOKEN: Final = re.compile(
    r"token_?(?:type|iz|name|count|len|limit|usage|ur[il]|endpoint|expir|life|ttl|index|kind|pos|"
    r"class|address|symbol|decimals|param|format|prefix|field|start|end|lower|upper|s?_per)|"
    r"max_?token|tokens$|author(?!iz)|auth_?(?:ur[il]|type|method|mode|scheme|flow|endpoint|host|"
    r"server|provider|domain|port|path|plugin|state|date|time)|authenticated|authentication_|"
    r"credential_?(?:type|process|source|provider|path|file|ur[il])|credentials?_?(?:ids?"
    r"|path|file)|"
    r"[cx]srf|anti_?-?forgery|next_?(?:page_?)?token|page_?token|continuation_?token",
    _I,
)
# Names under which a UUID is a credential; a bare `key` numbers things.
_UUID_NAME: Final = re.compile(
    r"token|secret|api|auth|access|client|license|service|private|account|app_?key|"
    r"[a-z0-9]_key$|[a-z]Key$",
    _I,
)
# Makers whose client ids are UUIDs and count as half of a credential (gitleaks).
_UUID_MAKERS: Final = re.compile(r"messagebird|message_bird", _I)
_MADE: Final = re.compile(r"[A-Z0-9]")
_ONLY_HEX: Final = re.compile(r"[0-9a-f]+", _I)


def name_before(match: re.Match[str]) -> str:
    """Return the whole name that a key word stands in, up to the sign of assignment."""
    start = match.start()
    found = _NAME_BEFORE.search(match.string, max(0, start - 60), start)
    before = found.group() if found else ""
    name_end = re.compile(r"[\w-]*").match(match.string, start)
    return before + (name_end.group() if name_end else "")


def is_listed(match: re.Match[str]) -> bool:
    """Say whether name and value are neighbours in a list of words."""
    if "," not in match.string[match.start() : match.start(VALUE)]:
        return False
    return not _CALL.search(match.string, max(0, match.start() - 90), match.start())


def _is_key(match: re.Match[str]) -> bool:
    if not _MADE.search(match[VALUE]):
        return False
    name = name_before(match)
    if is_listed(match) or (_NO_KEY.search(name) and "private" not in name.lower()):
        return False
    return _is_value(name, match[VALUE])


def _is_token(match: re.Match[str]) -> bool:
    if not _MADE.search(match[VALUE]):
        return False
    name = name_before(match)
    if is_listed(match) or _NO_TOKEN.search(name) or _NO_KEY.search(name):
        return False
    return _is_value(name, match[VALUE])


def _names_uuid(name: str) -> bool:
    """Say whether a UUID under this name is a credential and does not only number something."""
    if name.lower().rstrip("\"' ").endswith("id"):
        return _UUID_MAKERS.search(name) is not None
    return _UUID_NAME.search(name) is not None


def _is_value(name: str, value: str) -> bool:
    if value[:_JUDGED].endswith("..."):
        return False  # cut short
    value = value[:_JUDGED].rstrip(".:!?*|")
    if is_uuid(value):
        return _names_uuid(name) and entropy(value) > 2.5
    if not is_random(value):
        return False
    is_bare = name.lower().rstrip("s") in ("key", "auth", "id")
    # Bare, they are the numbers of records, commits and caches.
    return not is_bare or not (
        _ONLY_HEX.fullmatch(value) or len(value) < 16 or word_share(value) > 0.3
    )


def _named(name: str, entity: str, anchors: tuple[str, ...], words: str, check: object) -> Secret:
    assert callable(check)
    return Secret(
        name,
        entity,
        anchors,
        LazyRegex(
            rf"(?:{words})(?:{NAME_END}{TYPE}{ASSIGN}{OPEN}|[\w-]{{0,12}}{_IS}{OPEN}){_VALUE}", _I
        ),
        0.6,
        check=check,
    )


_MAKERS: Final = (
    "adobe", "algolia", "asana", "bittrex", "clickhouse", "cloudflare", "codecov", "cohere",
    "coinbase", "confluent", "contentful", "datadog", "discord", "dropbox", "etsy", "fastly",
    "finicity", "finnhub", "flickr", "freshbooks", "gitter", "gocardless", "heroku", "intercom",
    "jfrog", "kraken", "kucoin", "linkedin", "looker", "mailchimp", "mailgun", "mapbox",
    "mattermost", "meraki", "messagebird", "netlify", "newrelic", "okta", "plaid", "plivo",
    "rapidapi", "sendbird", "snyk", "sourcegraph", "squarespace", "sumologic", "trello", "twilio",
    "twitch", "zendesk",
)  # fmt: skip


def _is_maker_key(match: re.Match[str]) -> bool:
    value = match[VALUE]
    is_hash = _ONLY_HEX.fullmatch(value) and value == value.lower() and len(value) in (40, 64)
    return len(value) >= 20 and not is_hash and not is_listed(match) and is_random(value)


_KEY_WORDS: Final = ("key", "secret", "access_id", "accessid", "access-id", "client_id", "clientid",
                     "client-id")  # fmt: skip
_TOKEN_WORDS: Final = ("token", "auth", "credential", "cred", "jwt", "session_id", "sessionid")

PATTERNS: Final = (
    _named("key_assignment", "SECRET_KEY", _KEY_WORDS,
           "key|secret|access[_-]?id|client[_-]?id", _is_key),
    _named("token_assignment", "SECRET_TOKEN", _TOKEN_WORDS,
           "token|auth|cred(?:ential)?|jwt|session_?id", _is_token),
    Secret(
        "maker_assignment",
        "SECRET_KEY",
        _MAKERS,
        LazyRegex(rf"(?<![a-z])(?:{'|'.join(_MAKERS)})[\"'`]?{ASSIGN}{OPEN}{_VALUE}", _I),
        0.6,
        check=_is_maker_key,
        source="gitleaks",
    ),
    Secret(
        "key_element",
        "SECRET_KEY",
        ("key", "secret", "token"),
        LazyRegex(
            r"(?:key|secret|token)[\w-]{0,20}(?:\s[^<>\n]{0,80})?>\s{0,3}"
            r"(?P<value>[^\s<>\"'`]{10,600})\s{0,3}</",
            _I,
        ),
        0.6,
        check=_is_token,
    ),
)  # fmt: skip
