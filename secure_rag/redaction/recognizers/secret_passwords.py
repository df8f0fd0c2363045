"""Passwords, PINs and one-time codes beside a word that announces them."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.secret_assignments import ASSIGN, TYPE, is_listed, name_before
from secure_rag.redaction.recognizers.secret_scan import VALUE, Secret
from secure_rag.redaction.recognizers.secret_values import is_structured, is_template

_I: Final = re.IGNORECASE

# A default that asks to be changed is no secret; one that works is (`admin123`, `letmein`).
_NO_PASSWORDS: Final = frozenset(
    "password passwd passwort kennwort passphrase passcode pwd none null nil true false required "
    "optional reset change changed changeme changeit expired forgotten forgot protected protection "
    "manager policy policies secret redacted hidden your that this must will should been have "
    "which when with from never always stored sent string str text bytes char varchar varchar2 "
    "number integer boolean bool any object unknown undefined default empty missing invalid "
    "incorrect wrong correct mandatory same different known needed entered shown displayed "
    "encrypted hashed plain plaintext prompt input field label value values enabled disabled "
    "auto automatic random generated please then only also stdin self type name user username "
    "email login auth authentication hash hashes file files env environment function method class "
    "const char* basic digest kerberos certificate publickey yes okay sure fine good weak strong "
    "short long case-sensitive confidential private public set used new old valid available "
    "there here what where they them these those such between both".split()
)
_UI_WORDS: Final = re.compile(
    r"\b(?:your|the|is|are|must|enter|please|incorrect|invalid|wrong|forgot(?:ten)?|reset|to|for|"
    r"and|not|do|does|don't|cannot|can|of|here|again|confirm|new|old|current|at|with|required|"
    r"password|passwords|passphrase|characters?|choose|show|hide|type|account)\b",
    _I,
)
# What a name says that is not the password itself.
_NO_NAME: Final = re.compile(
    r"(?:pass(?:word|wd|phrase|code)?s?|pwd|pw|kennwort)_?-?(?:len|min|max|polic|expir|reset"
    r"|recover|"
    r"ur[il]|file|path|field|input|label|regex|pattern|type|change|update|age|rule|strength|valid|"
    r"error|message|msg|hint|prompt|placeholder|manager|id$|count|attempt|requir|enabl|disabl|ttl|"
    r"life|generat|encod|encrypt|hasher|algo|format|col|prop|param|title|text|desc|help"
    r"|confirm_label|"
    r"authentication|protect|less|holder|history|source|command|cmd|env|key_?name|kind|class|"
    r"based|name|auth$|set$|store$|db$|grant|flow)|"
    r"(?:no|is|has|use|show|hide|forgot|forgotten|invalid|wrong|missing|empty|require|allow|"
    r"enable|disable|without|check|verify|validate|reset|change)_?-?(?:pass|pwd)|bypass|compass|"
    r"surpass|trespass",
    _I,
)
_CODE: Final = re.compile(
    r"[A-Za-z_$][\w$]*(?:(?:\.|->|::)[A-Za-z_$][\w$]*)+[(\[]?.*"  # a.b.c, a->b(…)
    r"|[A-Za-z_$][\w$.]*[(\[].*"  # call(…), list[…]
    r"|[!&*@|>$%][A-Za-z_].*"  # tags, anchors, variables
    r"|[|>][-+]?|\\?[nt]|[({\[].*|.*[)}\]][,;]?"
)
_NAME_LIKE: Final = re.compile(
    r"[A-Za-z]*_?(?:pass(?:word|wd|phrase)?|pwd|pw|secret|credential)s?_?\w{0,8}", _I
)
_LETTERS: Final = re.compile(r"[A-Za-z_]+(?:-[a-z]+)*")
_ADJECTIVE: Final = re.compile(r"[a-z]+(?:ed|ing|ly|able|ible|ive|ous|ant|ent|ary|ful|less)")


def _is_password(match: re.Match[str]) -> bool:
    name = name_before(match)
    raw = match[VALUE]
    if _NO_NAME.search(name) or is_listed(match):
        return False
    if raw[0] in "\"'`" and raw[-1] == raw[0]:
        return _is_quoted_password(name, raw[1:-1])
    return _is_bare_password(match, raw.lstrip("\"'`").rstrip("\"'`,;"))


def _is_quoted_password(name: str, value: str) -> bool:
    core = value.strip()
    if (
        value[:1] in " ,;)+*|&?"
        or len(core) < 4
        or core.lower() in _NO_PASSWORDS
        or is_template(core)
    ):
        return False
    if " " in core:
        return not _UI_WORDS.search(core) and ("phrase" in name.lower() or not core.istitle())
    if core.startswith(("arn:", "http://", "https://")):
        return False
    if _LETTERS.fullmatch(core):
        # "userPassword", "db_password": a column, a label, a translation
        return not (_NAME_LIKE.fullmatch(core) or "_" in core)
    return not re.fullmatch(r"(?:[a-z]{2,}[._-]){2,}[a-z]{2,}|[a-z]\w*\.[a-z]\w*", core)


def _is_bare_password(match: re.Match[str], value: str) -> bool:
    core = value.rstrip(".")
    if len(core) < 4 or core.lower() in _NO_PASSWORDS or is_template(core):
        return False
    if _CODE.fullmatch(core) or re.fullmatch(r"https?://.*|/[\w/.-]+|\d{4}-\d\d-\d\d.*", core):
        return False
    if not _LETTERS.fullmatch(core):
        return not re.fullmatch(r"[A-Za-z_]*(?:pass(?:word|wd)?|pwd)\w?", core, _I)
    return _is_word_a_password(match, core)


def _is_word_a_password(match: re.Match[str], core: str) -> bool:
    """Decide about letters only: a value in a form or settings, a variable in code."""
    if _NAME_LIKE.fullmatch(core) or "_" in core or len(core) < 5:
        return False
    text, start, end = match.string, match.start(VALUE), match.end(VALUE)
    sign = text[match.start() : start]
    if text[end : end + 1] not in ("", "\n", "\r") and text[end : end + 2] not in (" \n", ".\n"):
        is_mixed = core not in (core.lower(), core.title(), core.upper())
        return is_mixed and ":" not in sign and "=" not in sign
    if ":" in sign:
        return not _ADJECTIVE.fullmatch(core) and '"' not in sign and "'" not in sign
    if "=" in sign:
        return not sign.endswith((" ", "\t"))  # KEY=value, not name = variable
    return not _ADJECTIVE.fullmatch(core)


_PASS_WORDS: Final = (
    r"(?:passwords?|passwd|passphrase|passcode|pwd|kennwort|passwort|mot\sde\spasse"
    r"|contrase(?:ñ|n)a|"
    r"(?:(?<![a-z])|(?-i:(?<=[a-z])(?=P)))(?:pass|pw)(?![a-z]))"
)
_BARE: Final = r"(?:(?![&,;][A-Za-z_]{1,30}\s?[=:])[^\s\"'`<>]){3,127}[^\s\"'`<>.,;:]"
_QUOTED: Final = r"\"[^\"\n]{3,128}\"|'[^'\n]{3,128}'|`[^`\n]{3,128}`"
_FOR_WHOM: Final = r"(?:\s(?:for|of|to|on)\s[^\n:=.]{1,50}?)?"
_IS: Final = (
    r"\s{1,2}(?:(?:(?:was|is|has\sbeen)\s)?(?:(?:re)?set|changed)\sto|is|was"
    r"|will\sbe)(?:\snow)?\s{0,2}[:=]?\s{1,3}"
)
_CODE_FOR: Final = (
    r"(?:verification|security|confirmation|authenti[a-z]{5}|authori[sz]ation|log-?in|sign-?in|"
    r"one-time|access|entry|door|gate|alarm|unlock|safe|sms|otp|2fa|mfa|tan)"
)


def _is_element(match: re.Match[str]) -> bool:
    return _is_quoted_password("", match[VALUE])


def _is_clause(match: re.Match[str]) -> bool:
    return _is_quoted_password("", match[VALUE][1:-1])


def _is_login(match: re.Match[str]) -> bool:
    return not is_template(match[VALUE]) and match[VALUE].lower() not in _NO_PASSWORDS


def _is_strong(match: re.Match[str]) -> bool:
    """Say whether a value mixes what words and numbers do not mix."""
    core = match[VALUE].rstrip(".,;:!?)")
    if len(core) < 6 or is_template(core) or is_structured(core) or _CODE.fullmatch(core):
        return False
    return any(map(str.isdigit, core)) and any(map(str.isalpha, core))


_PIN_OF: Final = r"(?:card|bank|phone|door|gate|sim|my|his|her|their)"

PATTERNS: Final = (
    Secret(
        "password_assignment",
        "SECRET_PASSWORD",
        ("pass", "pw", "kennwort", "mot de passe", "contrase"),
        LazyRegex(
            rf"{_PASS_WORDS}[\w-]{{0,24}}(?:\\?[\"'`])?\]?"
            rf"(?:{TYPE}{ASSIGN}|{_FOR_WHOM}(?:{_IS}|\s?:\s{{0,8}}))"
            rf"\\?(?P<value>{_QUOTED}|{_BARE})",
            _I,
        ),
        0.7,
        check=_is_password,
    ),
    Secret(
        "password_element",
        "SECRET_PASSWORD",
        ("passw", "pwd", "passphrase"),
        LazyRegex(
            r"(?:password|passwd|pwd|passphrase)(?:\s[^<>\n]{0,80})?>\s{0,3}"
            r"(?P<value>[^\s<>]{4,128})\s{0,3}</",
            _I,
        ),
        0.7,
        check=_is_element,
    ),
    Secret(
        "password_clause",
        "SECRET_PASSWORD",
        ("identified by", "password '", 'password "'),
        LazyRegex(
            r"(?:identified\sby(?:\spassword)?|(?<![\w'\"])password)\s{1,3}"
            r"(?P<value>'[^'\n]{4,128}'|\"[^\"\n]{4,128}\")",
            _I,
        ),
        0.7,
        check=_is_clause,
        source="SQL: CREATE USER, ALTER ROLE",
    ),
    Secret(
        "netrc_password",
        "SECRET_PASSWORD",
        ("login ", "login\t"),
        LazyRegex(r"login\s{1,4}\S{1,80}\s{1,8}password\s{1,4}(?P<value>\S{3,128})", _I),
        0.8,
        check=_is_login,
        source="netrc(5)",
    ),
    Secret(
        "credentials_pair",
        "SECRET_PASSWORD",
        ("cred", "login", "log in"),
        LazyRegex(
            r"(?<![a-z])(?:credentials|creds|login|log\sin(?:\sas)?)(?:\s(?:are|is|details|with))?"
            r"[ ]?[:=]?[ ]{1,3}[\w.@+-]{2,60}[ ]?[/:|][ ]?(?P<value>[^\s\"'`<>]{4,64})",
            _I,
        ),
        0.6,
        check=_is_strong,
    ),
    Secret(
        "pin_assignment",
        "SECRET_PASSWORD",
        ("pin", "cvv", "cvc"),
        LazyRegex(
            r"\b(?:PIN|CVV2?|CVC2?|cvv2?|cvc2?)(?:\s(?:code|number|no\.?))?\s?(?:is|:|=)?\s?"
            r"(?P<value>\d{3,8})\b"
        ),
        0.6,
    ),
    Secret(
        "pin_of_a_thing",
        "SECRET_PASSWORD",
        (" pin",),
        LazyRegex(
            rf"{_PIN_OF}\spin(?:\s(?:code|number|no\.?))?\s?(?:is|:|=)?\s?(?P<value>\d{{4,8}})\b",
            _I,
        ),
        0.6,
        lead=LazyRegex(rf"(?<![a-z]){_PIN_OF}$", _I),
        lead_length=8,
    ),
    Secret(
        "one_time_code",
        "SECRET_PASSWORD",
        (" code", " pin", " password", " passcode"),
        LazyRegex(
            rf"{_CODE_FOR}\s(?:code|pin|passcode|password)(?:\s(?:for|to)\s[^\n:=.]{{1,40}}?)?"
            r"(?:\s(?:is|was)|\s?[:=])\s{0,3}(?:[A-Z]-)?(?P<value>\d{3}[\s-]\d{3}|\d{4,8})\b"
            r"(?![.,/-]\d)",
            _I,
        ),
        0.6,
        lead=LazyRegex(rf"(?<![a-z]){_CODE_FOR}$", _I),
        lead_length=16,
    ),
    Secret(
        "one_time_password",
        "SECRET_PASSWORD",
        ("otp", "tan"),
        LazyRegex(
            r"\b(?:OTP|TOTP|TAN)(?:\s(?:is|code))?\s?[:=]?\s?(?P<value>\d{4,8})\b(?![.,/-]\d)"
        ),
        0.6,
    ),
)
