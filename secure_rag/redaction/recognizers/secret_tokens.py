"""Keys and tokens that tell by their own form what they are."""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.recognizers.pattern import Pattern

_END: Final = r"(?![A-Za-z0-9_])"
_PLACES: Final = re.compile(r"[xX*.]{8}|(.)\1{11}")


def is_filled_in(value: str) -> bool:
    """Say whether a token is more than a template such as `ghp_xxxxxxxxxxxx`."""
    return _PLACES.search(value) is None


_ROWS: Final = (
    # name, entity, pattern, letters of which some must be there (lower case)
    ("aws_access_key", "SECRET_KEY", r"\b(?:A3T[A-Z0-9]|A[BKS]IA|ACCA)[A-Z2-7]{16}\b",
     ("akia", "asia", "abia", "acca", "a3t")),
    ("aws_bedrock_key", "SECRET_KEY", r"\bABSK[A-Za-z0-9+/]{60,200}={0,2}", ("absk",)),
    ("github_token", "SECRET_TOKEN", rf"\bgh[pousr]_[A-Za-z0-9]{{36,255}}{_END}", ("gh",)),
    ("github_pat", "SECRET_TOKEN", rf"\bgithub_pat_\w{{40,255}}{_END}", ("github_pat_",)),
    ("gitlab_token", "SECRET_TOKEN",
     r"\bgl(?:pat|ptt|dt|rt|cbt|ft|imt|agent|soat)-[\w=.-]{20,300}", ("gl",)),
    ("slack_token", "SECRET_TOKEN", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,250}", ("xox",)),
    ("slack_app_token", "SECRET_TOKEN", r"\bxapp-\d-[A-Za-z0-9-]{10,200}", ("xapp-",)),
    ("slack_hook", "SECRET_TOKEN",
     r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{30,90}", ("hooks.slack",)),
    ("stripe_key", "SECRET_KEY", r"\b[rsw]k_(?:live|test|prod)_[A-Za-z0-9]{10,250}", ("k_",)),
    ("google_key", "SECRET_KEY", rf"\bAIza[\w-]{{35}}{_END}", ("aiza",)),
    ("google_oauth", "SECRET_TOKEN", r"\bya29\.[\w-]{20,300}", ("ya29",)),
    ("google_client", "SECRET_KEY", r"\bGOCSPX-[\w-]{28}", ("gocspx",)),
    ("sk_key", "SECRET_KEY", r"\bsk-(?:[a-z]{3,8}\d{0,2}-){0,2}[\w-]{20,250}", ("sk-",)),
    ("sendgrid_key", "SECRET_KEY", r"\bSG\.[\w-]{16,32}\.[\w-]{32,64}", ("sg.",)),
    ("npm_token", "SECRET_TOKEN", rf"\bnpm_[A-Za-z0-9]{{36}}{_END}", ("npm_",)),
    ("pypi_token", "SECRET_TOKEN", r"\bpypi-[\w-]{50,1000}", ("pypi-",)),
    ("model_hub_token", "SECRET_TOKEN", rf"\b(?:hf|api_org)_[A-Za-z]{{34}}{_END}", ("hf_", "org_")),
    ("digitalocean", "SECRET_TOKEN", r"\bdo[oprt]_v1_[a-f0-9]{64}\b", ("_v1_",)),
    ("shopify", "SECRET_TOKEN", r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b", ("shp",)),
    ("square", "SECRET_TOKEN", r"\b(?:EAAA|sq0[a-z]{3}-)[\w-]{22,60}", ("eaaa", "sq0")),
    ("facebook_page", "SECRET_TOKEN", r"\bEAA[CM][A-Za-z0-9]{20,400}", ("eaac", "eaam")),
    ("facebook_app", "SECRET_TOKEN", r"\b\d{15,16}\|[\w-]{27,40}", ("|",)),
    ("twilio", "SECRET_KEY", r"\bSK[0-9a-fA-F]{32}\b", ("sk",)),
    ("mailgun", "SECRET_KEY", r"\bkey-[a-f0-9]{32}\b", ("key-",)),
    ("vault_token", "SECRET_TOKEN", r"\bhv[sbr]\.[\w-]{24,300}", ("hvs.", "hvb.", "hvr.")),
    ("azure_secret", "SECRET_KEY", r"(?<![\w~.-])[\w~.]{3}\dQ~[\w~.-]{31,34}(?![\w~-])", ("q~",)),
    ("age_key", "SECRET_PRIVATE_KEY", r"\bAGE-SECRET-KEY-1[A-Z0-9]{58}\b", ("age-secret",)),
    ("jwt", "SECRET_TOKEN",
     r"\bey[\w-]{10,2000}\.ey[\w-]{10,3000}(?:\.[\w/-]{8,1000})?={0,2}", ("ey",)),
    ("jwt_encoded", "SECRET_TOKEN", r"\bZXlK[A-Za-z0-9+/_-]{60,3000}={0,2}", ("zxlk",)),
    ("onepassword_token", "SECRET_TOKEN", r"\bops_ey[\w+/=-]{100,1500}", ("ops_ey",)),
    ("onepassword_key", "SECRET_KEY", r"\bA3-[A-Z0-9]{6}-(?:[A-Z0-9]{5,11}-){2,5}[A-Z0-9]{5}\b",
     ("a3-",)),
    ("databricks", "SECRET_TOKEN", r"\bdapi[a-f0-9]{32}(?:-\d)?\b", ("dapi",)),
    ("linear", "SECRET_TOKEN", r"\blin_(?:api|oauth)_[A-Za-z0-9]{30,60}", ("lin_",)),
    ("figma", "SECRET_TOKEN", r"\bfigd_[\w-]{30,60}", ("figd_",)),
    ("notion", "SECRET_TOKEN", r"\bntn_\d{11}[A-Za-z0-9]{32,36}", ("ntn_",)),
    ("sourcegraph", "SECRET_TOKEN",
     r"\bsgp_(?:(?:local|[a-fA-F0-9]{16})_)?[a-fA-F0-9]{40}\b|\bsgp_\w{16}_\w{40}\b", ("sgp_",)),
    ("hubspot", "SECRET_TOKEN", r"\bpat-[a-z]{2}\d-[a-f0-9-]{36}", ("pat-",)),
    ("heroku", "SECRET_KEY", r"\bHRKU-[\w-]{40,80}", ("hrku-",)),
    ("doppler", "SECRET_TOKEN", r"\bdp\.(?:pt|st|ct)\.[A-Za-z0-9]{40,60}", ("dp.",)),
    ("dynatrace", "SECRET_TOKEN", r"\bdt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64}", ("dt0c01",)),
    ("easypost", "SECRET_TOKEN", r"\bEZ[AT]K[A-Za-z0-9]{54}\b", ("ezak", "eztk")),
    ("rubygems", "SECRET_TOKEN", r"\brubygems_[a-f0-9]{48}\b", ("rubygems_",)),
    ("pulumi", "SECRET_TOKEN", r"\bpul-[a-f0-9]{40}\b", ("pul-",)),
    ("postman", "SECRET_KEY", r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b", ("pmak-",)),
    ("sentry", "SECRET_TOKEN", r"\bsntry[su]_[\w+/=-]{60,300}", ("sntry",)),
    ("grafana", "SECRET_TOKEN",
     r"\bgl(?:c_[A-Za-z0-9+/]{32,400}={0,2}|sa_\w{40,50})", ("glc_", "glsa")),
    ("brevo", "SECRET_TOKEN", r"\bxkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}\b", ("xkeysib",)),
    ("new_relic", "SECRET_KEY", r"\bNR(?:AK-[A-Z0-9]{27}|JS-[a-f0-9]{19})\b", ("nrak-", "nrjs-")),
    ("typeform", "SECRET_TOKEN", r"\btfp_[\w.=-]{40,60}", ("tfp_",)),
    ("atlassian", "SECRET_TOKEN", r"\bATATT3[\w=-]{180,200}", ("atatt3",)),
    ("alibaba", "SECRET_KEY", r"\bLTAI[A-Za-z0-9]{20}\b", ("ltai",)),
    ("artifactory", "SECRET_TOKEN", r"\b(?:AKCp|cmVmd)[A-Za-z0-9]{50,80}\b", ("akcp", "cmvmd")),
    ("intra42", "SECRET_KEY", r"\bs-s4t2(?:ud|af)-[a-f0-9]{64}\b", ("s-s4t2",)),
    ("bundle_source", "SECRET_PASSWORD",
     r"\bBUNDLE_\w{2,40}__COM\s?[:=]\s?[\"']?(?P<value>[^\s\"':;]{4,80}:[^\s\"';]{4,80})",
     ("bundle_",)),
)  # fmt: skip

PATTERNS: Final = tuple(
    Pattern(name, entity, re.compile(regex), 0.9, check=is_filled_in, digits=False, needs=needs)
    for name, entity, regex, needs in _ROWS
)
