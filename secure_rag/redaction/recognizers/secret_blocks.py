"""Key blocks, stored passwords, seed phrases, recovery codes: secrets with a shape of their own."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.secret_scan import VALUE, Secret
from secure_rag.redaction.recognizers.secret_values import is_filled_in, is_template

_I: Final = re.IGNORECASE
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_CRYPT: Final = "[./A-Za-z0-9]"
_B64: Final = "[A-Za-z0-9+/]"
_BODY: Final = re.compile(
    r"-----[\s\\nr\"'+>]{1,12}(?:[^-\n]{1,80}\n){0,8}\s{0,8}[A-Za-z0-9+/=]{16}"
)
# Words that stand in sentences and not in the list of BIP 39.
_NO_SEED: Final = frozenset(
    "the and for not are was has but from with your please words never into were been their they "
    "them would could which who its our his her than".split()
)


def _is_wallet_key(match: re.Match[str]) -> bool:
    """Check the double SHA-256 of a key in wallet import format."""
    number = 0
    for letter in match.group():
        number = number * 58 + _BASE58.index(letter)
    raw = number.to_bytes(40, "big").lstrip(b"\0")
    if len(raw) not in (37, 38):
        return False
    return hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()[:4] == raw[-4:]


def _has_body(match: re.Match[str]) -> bool:
    return _BODY.search(match.group()) is not None


def _is_seed(match: re.Match[str]) -> bool:
    words = re.findall(r"[a-z]+", match[VALUE])
    return len(words) in (12, 15, 18, 21, 24) and not _NO_SEED.intersection(words)


def _has_digits(match: re.Match[str]) -> bool:
    """Accept codes most of which hold a digit."""
    codes = re.findall(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*", match[VALUE])
    return 2 * sum(any(map(str.isdigit, code)) for code in codes) > len(codes)


def _is_wireguard(match: re.Match[str]) -> bool:
    return is_filled_in(match[VALUE])


_CODE: Final = (
    r"(?:[A-Za-z0-9]{4,6}(?:-[A-Za-z0-9]{4,6}){1,3}|(?=[a-z]{0,9}\d)[a-z0-9]{8,12}|\d{6,8})"
)
_GAP: Final = r"[\s,;|*•]{1,6}(?:\d{1,2}[.)]\s{1,2})?"

_ENTRY: Final = r"\"?[\w.-]{1,80}\"?:\s?(?:[|>]-?\s{1,12})?[^\s{}][^\n{},]{0,4000}"

PATTERNS: Final = (
    Secret(
        "private_key_block",
        "SECRET_PRIVATE_KEY",
        ("-----begin",),
        LazyRegex(
            r"-----BEGIN[ A-Z0-9_-]{0,60}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:(?:[^-]|-(?!----)){0,20000}+"
            r"-----END[ A-Z0-9_-]{0,60}PRIVATE KEY(?: BLOCK)?-----"
            # cut off: what still looks like its lines
            r"|(?:[\s\\nr]{1,4}[A-Za-z0-9+/=]{24,})*+)"
        ),
        1.0,
        check=_has_body,
        source="RFC 7468, RFC 4880",
    ),
    Secret(
        "putty_key",
        "SECRET_PRIVATE_KEY",
        ("private-lines:",),
        LazyRegex(r"Private-Lines:\s?\d{1,4}\s{1,2}"
            r"(?P<value>[A-Za-z0-9+/=]{20,64}"
            r"(?:\r?\n[A-Za-z0-9+/=]{1,64}(?![\w+/=:-])){0,200})", _I),
        1.0,
        source="PuTTY, appendix C",
    ),
    Secret(
        "wireguard_key",
        "SECRET_PRIVATE_KEY",
        ("privatekey", "presharedkey", "private key"),
        LazyRegex(rf"(?:private\s?key"
        rf"|presharedkey)\s?[:=]\s?(?P<value>{_B64}{{43}}=)(?![\w=])", _I),
        0.95,
        check=_is_wireguard,
        source="wg(8)",
    ),
    Secret(
        "raw_private_key",
        "SECRET_PRIVATE_KEY",
        ("private", "priv_key", "privkey"),
        LazyRegex(
            r"priv(?:ate)?[\s_-]?key[\w-]{0,12}[\"'`]?\s?(?:is\s)?[:=]?\s{0,3}[\"'`]?"
            r"(?P<value>(?:0x)?[a-f0-9]{64})(?![a-f0-9])",
            _I,
        ),
        0.9,
        check=_is_wireguard,
    ),
    Secret(
        "wallet_key",
        "SECRET_PRIVATE_KEY",
        ("5h", "5j", "5k", "k", "l"),
        LazyRegex(r"(?<![A-Za-z0-9])(?:5[HJK][1-9A-HJ-NP-Za-km-z]{49}"
        r"|[KL][1-9A-HJ-NP-Za-km-z]{51})"
                   r"(?![A-Za-z0-9])"),
        0.95,
        check=_is_wallet_key,
        source="Bitcoin, wallet import format",
    ),
    Secret(
        "crypt_hash",
        "SECRET_PASSWORD",
        ("$2", "$1$", "$5$", "$6$", "$y$", "$7$", "$apr1$", "$argon2", "$scrypt$", "$pbkdf2", "$p$",
         "$h$",
         "$gy$"),
        LazyRegex(
            rf"\$2[abxy]?\$\d\d\${_CRYPT}{{53}}|\$(?:1|apr1)\${_CRYPT}{{1,8}}\${_CRYPT}{{22}}"
            rf"|\$5\$(?:rounds=\d{{1,9}}\$)?{_CRYPT}{{1,16}}\${_CRYPT}{{43}}"
            rf"|\$6\$(?:rounds=\d{{1,9}}\$)?{_CRYPT}{{1,16}}\${_CRYPT}{{86}}"
            rf"|\$g?y\${_CRYPT}{{1,40}}\${_CRYPT}{{1,86}}\${_CRYPT}{{43}}|\$7\${_CRYPT}{{20,120}}"
            rf"|\$argon2(?:id|i"
            rf"|d)\$(?:v=\d{{1,3}}\$)?[a-z]=[\w=,]{{1,60}}\${_B64}{{8,90}}\${_B64}{{16,200}}"
            rf"|\$scrypt\$[\w=,]{{1,60}}\${_B64}{{8,90}}={{0,2}}\${_B64}{{20,200}}={{0,2}}"
            rf"|\$pbkdf2(?:-\w{{2,10}})?\$(?:[a-z]=)?\d{{1,9}}"
            rf"(?:,\w=\d{{1,9}})?\${_CRYPT}{{8,90}}\${_CRYPT}{{20,200}}"
            rf"|\$[PH]\${_CRYPT}{{31}}"
        ),
        0.95,
        source="crypt(5)",
    ),
    Secret(
        "framework_hash",
        "SECRET_PASSWORD",
        ("pbkdf2_sha", "pbkdf2:sha", "scrypt:", "bcrypt_sha256$", "argon2$argon2", "{ssha", "{sha}",
         "{crypt}"),
        LazyRegex(
            r"pbkdf2_sha(?:1|256|512)\$\d{3,8}\$[\w+/=.-]{4,64}\$[A-Za-z0-9+/]{20,120}={0,2}"
            r"|pbkdf2:sha(?:1|256|512)(?::\d{3,8})?\$[\w+/=.-]{4,64}\$[a-f0-9]{32,128}"
            r"|scrypt:\d{1,9}:\d{1,3}:\d{1,3}\$[\w+/=.-]{4,64}\$[a-f0-9]{32,128}"
            r"|\{(?:SSHA(?:256|512)?|SHA)\}[A-Za-z0-9+/]{27,140}={0,2}",
            _I,
        ),
        0.95,
        source="Django, Werkzeug, RFC 2307",
    ),
    Secret(
        "windows_hash",
        "SECRET_PASSWORD",
        (":aad3b435b51404ee", ":::"),
        LazyRegex(r":[a-f0-9]{32}:[a-f0-9]{32}(?=:::)|:::", _I),
        0.9,
        check=lambda match: len(match.group()) > 3,
        source="pwdump",
    ),
    Secret(
        "seed_phrase",
        "SECRET_PRIVATE_KEY",
        ("seed", "mnemonic", "recovery phrase", "secret phrase", "backup phrase", "wallet words"),
        LazyRegex(
            r"(?<![a-z])(?:seed(?:\s?(?:phrase|words))?|mnemonic(?:\s?(?:phrase|words))?|"
            r"(?:recovery|secret|backup)\sphrase|wallet\swords)[\"'`]?(?:\s\([^()\n]{1,40}\))?"
            r"(?:\s(?:is|are|was)\s?:?\s|\s?[:=]\s{0,3}|\s?\n\s{0,3})[\"'`]?"
            r"(?P<value>(?:\d{1,2}[.)]\s?)?(?-i:[a-z]{3,8})(?:[\s,]{1,3}"
            r"(?:\d{1,2}[.)]\s?)?(?-i:[a-z]{3,8})){11,23})"
            r"(?![a-z])",
            _I,
        ),
        0.9,
        check=_is_seed,
        source="BIP 39",
    ),
    Secret(
        "recovery_codes",
        "SECRET_PASSWORD",
        ("recovery code", "backup code", "scratch code", "emergency code", "recovery key"),
        LazyRegex(
            r"(?:recovery|backup|scratch|emergency)\s(?:codes?|key)(?:\sfor\s[^\n:]{1,60})?"
            r"(?:\s(?:is|are))?\s?:?\s{1,4}(?:[-*•]\s)?(?:\d{1,2}[.)]\s)?"
            rf"(?P<value>{_CODE}(?:(?:{_GAP}"
            rf"|\s{{0,3}}\n\s{{0,4}}[-*•]?\s?){_CODE}){{0,19}})(?![\w-])",
            _I,
        ),
        0.8,
        check=_has_digits,
    ),
    Secret(
        "kubernetes_secret",
        "SECRET_PASSWORD",
        ("kind: secret", 'kind": "secret"', 'kind":"secret"'),
        LazyRegex(
            r"kind\"?:\s?\"?Secret\b[^\x00]{0,1500}?(?<![A-Za-z])(?:stringData|data)\"?:\s{0,3}"
            rf"(?:\n[ \t]{{1,12}}|\{{\s{{0,12}})(?P<value>{_ENTRY}(?:(?:\n[ \t]{{1,12}}"
            rf"|,\s?){_ENTRY}){{0,40}})",
            _I,
        ),
        0.8,
        check=lambda match: not is_template(match[VALUE]),
        source="Kubernetes API",
    ),
)  # fmt: skip
