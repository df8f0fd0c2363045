"""Secrets in HTTP headers, web addresses, command lines and settings of tools."""

from __future__ import annotations

import base64
import re
from typing import Final

from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.secret_scan import VALUE, Secret
from secure_rag.redaction.recognizers.secret_values import (
    WORDS_ALLOWED,
    is_random,
    is_structured,
    is_template,
    is_uuid,
    word_share,
)

_I: Final = re.IGNORECASE
_WORD: Final = re.compile(r"[A-Za-z]+(?:[-_ ][A-Za-z]+)*")


def _is_header_value(match: re.Match[str]) -> bool:
    """Accept whatever a header carries, but for templates and single words."""
    value = match[VALUE]
    if is_template(value) or (_WORD.fullmatch(value) and word_share(value) > 0.3):
        return False
    return is_uuid(value) or any(map(str.isdigit, value)) or _is_base64(value)


def _is_named_header_value(match: re.Match[str]) -> bool:
    value = match[VALUE]
    is_made = not is_structured(value) and word_share(value) <= WORDS_ALLOWED
    return _is_header_value(match) and (is_made or is_uuid(value))


def _is_base64(value: str) -> bool:
    return value.endswith("=") and len(value) >= 8


_NO_CREDENTIAL: Final = re.compile(r"(?:[cx]srf|page|next|sync)[_-]?$", _I)


def _is_credential(match: re.Match[str]) -> bool:
    if _NO_CREDENTIAL.search(match.string, max(0, match.start() - 8), match.start()):
        return False
    return is_random(match[VALUE]) or is_uuid(match[VALUE])


def _is_argument(match: re.Match[str]) -> bool:
    value = match[VALUE].strip("\"'")
    return len(value) >= 4 and not (
        is_template(value) or value[0] in "$%@-" or (is_structured(value) and "." in value)
    )


def _is_mixed_argument(match: re.Match[str]) -> bool:
    value = match[VALUE].strip("\"'")
    return _is_argument(match) and any(not c.isalpha() and c not in "-_." for c in value)


def _is_no_template(match: re.Match[str]) -> bool:
    return not is_template(match[VALUE])


def _is_encoded_pair(match: re.Match[str]) -> bool:
    """Accept base64 of `user:password`, and what looks generated."""
    try:
        return b":" in base64.b64decode(match[VALUE], validate=True) or is_random(match[VALUE])
    except ValueError:
        return is_random(match[VALUE])


_HEADER_VALUE: Final = r"(?P<value>[^\s\"'`,;<>\\{}]{8,4000}+)"

PATTERNS: Final = (
    Secret(
        "authorization_header",
        "SECRET_TOKEN",
        ("authorization",),
        LazyRegex(
            r"authorization[\"']?\]?\s?[:=,]\s{0,3}[\"'`]?"
            r"(?:(?:bearer|basic|token|api-?key|api-?token|apikey|ssws|digest|negotiate|key|aws|"
            r"splunk|genie-?key|bot|oauth)[\s=]\s{0,3})?" + _HEADER_VALUE,
            _I,
        ),
        0.7,
        check=_is_header_value,
        source="RFC 9110",
    ),
    Secret(
        "token_header",
        "SECRET_TOKEN",
        ("x-", "api-", "apikey", "private-token", "job-token", "deploy-token", "token:",
         "auth-token", "circle-token"),
        LazyRegex(
            r"(?:(?<=['\"\s\n])|(?<![\s\S]))(?:x-[\w-]{0,24}(?:api-?key|key|token|secret"
            r"|auth)|api-?(?:key|token)|"
            r"(?:private|job|deploy|auth|circle)-token|token):\s{0,3}" + _HEADER_VALUE,
            _I,
        ),
        0.7,
        check=_is_named_header_value,
    ),
    Secret(
        "bearer_token",
        "SECRET_TOKEN",
        ("bearer", "basic", "token"),
        LazyRegex(
            r"\b(?:bearer|basic|token)\s{1,3}(?P<value>[A-Za-z0-9_.~+/-]{16,4000}+={0,2})(?![\w(])",
            _I,
        ),
        0.7,
        check=_is_credential,
        source="RFC 6750, RFC 7617",
    ),
    Secret(
        "session_cookie",
        "SECRET_TOKEN",
        ("sess", "sid=", "auth", "remember"),
        LazyRegex(
            r"(?:sess(?:ion)?(?:[_-]?id|[_-]?token)?|sid|auth(?:[_-]token)?|"
            r"remember_\w{2,24})=(?P<value>[A-Za-z0-9%_.~+/-]{16,2000}+={0,2})",
            _I,
        ),
        0.6,
        check=_is_credential,
        source="RFC 6265",
    ),
    Secret(
        "query_token",
        "SECRET_TOKEN",
        ("key=", "token=", "secret=", "sig=", "signature=", "credential=", "code="),
        LazyRegex(
            r"(?:(?:key|token|secret)|(?<=[?&])(?:sig|code)|(?<=[?&-])(?:signature|credential))="
            r"(?P<value>[A-Za-z0-9%_.~+/-]{12,2000}+={0,2})",
            _I,
        ),
        0.6,
        check=_is_credential,
    ),
    Secret(
        "user_argument",  # curl -u user:secret, wget, http
        "SECRET_PASSWORD",
        (" -u", " --user ", " --user=", " --proxy-user"),
        LazyRegex(
            r"\s(?:-u\s?|--(?:proxy-)?user[\s=])(?:\"[^\"\s:]{1,80}:|'[^'\s:]{1,80}:"
            r"|[^\s\"':]{1,80}:)"
            r"(?P<value>[^\s\"']{4,200})",
            _I,
        ),
        0.7,
        check=_is_argument,
        source="curl(1)",
    ),
    Secret(
        "password_argument",
        "SECRET_PASSWORD",
        ("--pass", "--http-pass", "--ftp-pass", "sshpass -p", "-asplaintext", "-password ",
         "docker login",
         "requirepass ", "--admin-pass"),
        LazyRegex(
            r"(?:--?(?:[a-z]{2,10}-)?pass(?:word|wd|phrase)?[\s=]|sshpass\s-p\s?|requirepass\s|"
            r"docker\slogin\s[^\n]{0,120}?-p\s)\s{0,3}"
            r"(?P<value>\"[^\"\n]{4,128}\"|'[^'\n]{4,128}'|[^\s\"'<>\[\]|;&]{4,128})",
            _I,
        ),
        0.6,
        check=_is_mixed_argument,
    ),
    Secret(
        "secure_string",
        "SECRET_PASSWORD",
        ("convertto-securestring",),
        LazyRegex(
            r"ConvertTo-SecureString\s(?:-String\s|-AsPlainText\s|-Force\s){0,3}"
            r"(?P<value>\"[^\"\n]{4,128}\"|'[^'\n]{4,128}')",
            _I,
        ),
        0.8,
        check=_is_argument,
        source="PowerShell",
    ),
    Secret(
        "mysql_argument",
        "SECRET_PASSWORD",
        ("mysql", "mariadb"),
        LazyRegex(
            r"(?:mysql|mariadb)(?:dump|admin)?\s[^\n|;]{0,120}?\s-p(?P<value>[^\s\"'|;]{4,80})", _I
        ),
        0.6,
        check=_is_mixed_argument,
    ),
    Secret(
        "token_argument",
        "SECRET_TOKEN",
        ("token ", "key ", "secret ", "_secret_key "),
        LazyRegex(
            r"(?<=[-_])(?:token|key|secret)\s{1,2}[\"']?(?P<value>[A-Za-z0-9_.~+/=-]{16,600}+)", _I
        ),
        0.6,
        check=_is_credential,
    ),
    Secret(
        "npm_auth",
        "SECRET_TOKEN",
        ("_auth", "_password"),
        LazyRegex(
            r"(?:(?<=[:\n])|(?<![\s\S]))(?:_authtoken|_auth|_password)\s?=\s?[\"']?"
            r"(?P<value>[A-Za-z0-9+/_.-]{8,4000}+={0,2})",
            _I,
        ),
        0.8,
        check=_is_no_template,
        source="npmrc(5)",
    ),
    Secret(
        "docker_auth",
        "SECRET_TOKEN",
        ('"auth"', '"identitytoken"'),
        LazyRegex(
            r"\"(?:auth|identitytoken)\"\s?:\s{0,3}\"(?P<value>[A-Za-z0-9+/_.-]{8,4000}+={0,2})\"",
            _I,
        ),
        0.8,
        check=_is_encoded_pair,
        source="docker config.json",
    ),
    Secret(
        "one_time_secret",
        "SECRET_KEY",
        ("otpauth://",),
        LazyRegex(r"otpauth://[ht]otp/[^\s\"'<>]{1,300}"),
        0.95,
        check=lambda match: "secret=" in match.group().lower(),
        source="Key URI format",
    ),
)  # fmt: skip
