"""Keys and tokens that tell by their own form what they are: what makers publish of them.

Sources: `maker` is the maker's own documentation of the format, `github` the list of
patterns that GitHub's secret scanning supports, `gitleaks` the rules of gitleaks (MIT).
Only lengths, alphabets and prefixes are taken over.
"""

from __future__ import annotations

import re
from typing import Final

from secure_rag.redaction.recognizers.lazy_regex import LazyRegex
from secure_rag.redaction.recognizers.secret_scan import Secret
from secure_rag.redaction.recognizers.secret_values import WORDS_ALLOWED, is_filled_in, word_share

# At the start of a word, or after an escape of JSON or of a URL.
_START: Final = r"(?:(?<![A-Za-z0-9_])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"
_END: Final = r"(?![A-Za-z0-9_])"
_HEX: Final = "[a-fA-F0-9]"
_AN: Final = "[A-Za-z0-9]"
_UUID: Final = r"[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}"

_KEYS: Final = (
    # name, anchors, form, source
    ("aws_access_key", "akia asia abia acca", r"A(?:[BKS]IA|CCA)[A-Z2-7]{16}", "maker"),
    ("aws_access_key_old", "a3t", r"A3T[A-Z0-9][A-Z2-7]{16}", "gitleaks"),
    ("aws_bedrock_key", "absk", r"ABSK[A-Za-z0-9+/]{109,269}={0,2}(?![A-Za-z0-9+/=])", "gitleaks"),
    ("stripe_key", "sk_ rk_ wk_", rf"[rsw]k_(?:live|test|prod)_{_AN}{{10,250}}", "maker"),
    ("stripe_hook_key", "whsec_", r"whsec_[A-Za-z0-9+/]{32,64}={0,2}", "maker"),
    ("google_key", "aizasy", r"AIzaSy[\w-]{33}", "github"),
    ("google_client_secret", "gocspx-", r"GOCSPX-[\w-]{28}", "github"),
    ("anthropic_key", "sk-ant-", r"sk-ant-[a-z]{3,8}\d{2}-[\w-]{93}AA", "github"),
    ("openai_key", "sk-", r"sk-(?:(?:proj|svcacct|admin|None)-)?[\w-]{16,140}T3BlbkFJ[\w-]{16,140}",
     "gitleaks"),
    ("sk_key", "sk-",
     r"sk-(?!ant-)(?:[a-z]{2,10}\d{0,2}-){0,2}(?=[A-Za-z_-]{0,30}\d)[\w-]{20,250}", "github"),
    ("openrouter_key", "sk-or-", r"sk-or-v1-[a-f0-9]{64}", "maker"),
    ("groq_key", "gsk_", rf"gsk_{_AN}{{50,60}}", "github"),
    ("perplexity_key", "pplx-", rf"pplx-{_AN}{{48}}", "gitleaks"),
    ("xai_key", "xai-", rf"xai-{_AN}{{70,90}}", "github"),
    ("nvidia_key", "nvapi-", r"nvapi-[\w-]{60,70}", "github"),
    ("sendgrid_key", "sg.", r"SG\.[\w-]{16,32}\.[\w-]{32,64}", "github"),
    ("twilio_key", "sk", rf"SK{_HEX}{{32}}", "maker"),
    ("mailgun_key", "key-", r"(?:pub)?key-[a-f0-9]{32}", "gitleaks"),
    ("azure_ad_secret", "q~", r"Q~[\w~.-]{31,34}(?![\w~-])", "gitleaks"),
    ("azure_devops_key", "jqqj99", rf"JQQJ99{_AN}{{15,30}}AZ[A-Z]{{2}}{_AN}{{4}}", "maker"),
    ("onepassword_key", "a3-", r"A3-[A-Z0-9]{6}-(?:[A-Z0-9]{5,11}-){2,5}[A-Z0-9]{5}", "gitleaks"),
    ("heroku_key", "hrku-", r"HRKU-[\w-]{36,80}", "gitleaks"),
    ("postman_key", "pmak-", rf"PMAK-{_HEX}{{24}}-{_HEX}{{34}}", "gitleaks"),
    ("new_relic_key", "nrak- nrii- nrjs- nrra-",
     r"NR(?:AK-[A-Z0-9]{27}|(?:II|RA)-[\w-]{32,42}|JS-[a-f0-9]{19})", "gitleaks"),
    ("alibaba_key", "ltai", rf"LTAI{_AN}{{12,24}}", "gitleaks"),
    ("intra42_key", "s-s4t2", r"s-s4t2(?:ud|af)-[a-f0-9]{64}", "gitleaks"),
    ("octopus_key", "api-", r"API-[A-Z0-9]{26}", "gitleaks"),
    ("launchdarkly_key", "api- sdk-", rf"(?:api|sdk)-{_UUID}", "maker"),
    ("planetscale_key", "pscale_", r"pscale_(?:tkn|oauth|pw)_[\w.=-]{32,64}", "gitleaks"),
    ("flutterwave_key", "flwseck", r"FLWSECK(?:_TEST)?-[a-h0-9]{32}-X", "gitleaks"),
    ("clickhouse_key", "4b1d", rf"4b1d{_AN}{{38}}", "gitleaks"),
    ("adobe_key", "p8e-", r"p8e-[A-Za-z0-9]{32}", "gitleaks"),
    ("adafruit_key", "aio_", rf"aio_{_AN}{{28}}", "gitleaks"),
    ("fastly_like_cloud_key", "v1.0-", r"v1\.0-[a-f0-9]{24}-[a-f0-9]{100,160}", "gitleaks"),
    ("mailchimp_key", "-us", r"-us\d{1,2}", "maker"),
    ("maxmind_key", "_mmk", r"_mmk", "gitleaks"),
    ("nuget_key", "oy2", r"oy2[a-z0-9]{43}", "github"),
    ("infracost_key", "ico-", rf"ico-{_AN}{{32}}", "gitleaks"),
    ("yandex_key", "aqvn yc",
     r"(?:AQVN[\w-]{35,38}|YC[\w-]{38})(?![\w-])", "gitleaks"),
    ("supabase_key", "sb_secret_", r"sb_secret_[\w-]{20,60}", "maker"),
    ("langsmith_key", "lsv2_", r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}", "github"),
    ("resend_key", "re_", r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}", "github"),
)  # fmt: skip

_TOKENS: Final = (
    ("github_token", "ghp_ gho_ ghu_ ghs_ ghr_", rf"gh[pousr]_{_AN}{{36,255}}", "maker"),
    ("github_pat", "github_pat_", r"github_pat_\w{40,255}", "maker"),
    ("gitlab_token",
     "glpat- glptt- gldt- glrt- glcbt- glft- glffct- glimt- glagent- glsoat- glrtr-",
     r"gl(?:pat|ptt|dt|rt|rtr|cbt|ft|ffct|imt|agent|soat)-[\w=.-]{20,300}", "maker"),
    ("gitlab_runner", "gr1348941", r"GR1348941[\w-]{20}", "maker"),
    ("slack_token", "xox",
     r"xox[a-z]-(?:(?:\d{8,14}-){1,3}[A-Za-z0-9]{14,64}|\d-[A-Za-z0-9]{80,250})(?![\w-])", "maker"),
    ("slack_workspace_token", "xoxa- xoxr-",
     r"xox[ar]-(?:\d-)?(?=[A-Za-z-]{0,40}\d)[0-9A-Za-z]{8,48}(?![\w-])", "gitleaks"),
    ("slack_config_token", "xoxe.xox", r"xoxe\.xox[bp]-\d-[A-Za-z0-9]{100,250}", "gitleaks"),
    ("slack_app_token", "xapp-", r"xapp-\d-[A-Z0-9]{8,14}-\d{8,16}-[a-zA-Z0-9]{32,80}", "gitleaks"),
    ("google_oauth", "ya29.", r"ya29\.[\w-]{20,300}", "github"),
    ("google_refresh", "1//0", r"1//0[\w-]{40,140}", "github"),
    ("firebase_cloud_messaging", ":apa91b", r":APA91b[\w-]{130,160}", "maker"),
    ("npm_token", "npm_", rf"npm_{_AN}{{36}}", "maker"),
    ("pypi_token", "pypi-", r"pypi-AgE[\w-]{47,1000}", "maker"),
    ("model_hub_token", "hf_ api_org_", r"(?:hf|api_org)_[A-Za-z]{34}", "github"),
    ("replicate_token", "r8_", rf"r8_{_AN}{{37}}", "github"),
    ("digitalocean_token", "dop_v1_ doo_v1_ dor_v1_", r"do[opr]_v1_[a-f0-9]{64}", "github"),
    ("shopify_token", "shpat_ shpca_ shppa_ shpss_", rf"shp(?:at|ca|pa|ss)_{_HEX}{{32}}", "github"),
    ("square_token", "eaaa sq0", r"(?:EAAA|sq0[a-z]{3}-)[\w-]{22,60}(?![\w-])", "gitleaks"),
    ("facebook_page_token", "eaac eaam",
     rf"EAA[CM](?=[A-Za-z]{{0,30}}\d){_AN}{{60,400}}", "gitleaks"),
    ("vault_token", "hvs. hvb. hvr.", r"hv[sbr]\.[\w-]{24,400}", "maker"),
    ("terraform_token", ".atlasv1.", r"\.atlasv1\.[\w=-]{60,70}", "gitleaks"),
    ("jwt", "ey", r"(?<![\w.-])ey[A-Za-z0-9][\w-]{8,2000}\.ey[\w-]{10,8000}+"
     r"(?:\.[\w/+-]{8,2000}+)?={0,2}", "RFC 7519"),
    ("jwt_cut", "ey",
     r"(?<![\w.-])ey(?:J[hrt0][\w-]{15,2000}|JhbGci[\w-]{8,2000})\.(?:\.[\w-]{10,2000}){2,3}",
     "RFC 7516"),
    ("jwt_encoded", "zxlk", r"(?<![A-Za-z0-9+/_-])ZXlK[A-Za-z0-9+/_-]{60,8000}+={0,2}", "RFC 7519"),
    ("onepassword_token", "ops_ey", r"ops_ey[\w+/=-]{100,3000}+", "gitleaks"),
    ("databricks_token", "dapi", rf"dapi{_HEX}{{32}}(?:-\d)?", "github"),
    ("linear_token", "lin_", rf"lin_(?:api|oauth)_{_AN}{{30,70}}", "github"),
    ("figma_token", "figd_ figo_ figu_", r"fig[dou]_[\w-]{30,60}", "github"),
    ("notion_token", "ntn_", rf"ntn_\d{{11}}{_AN}{{32}}(?:{_AN}{{3}})?", "gitleaks"),
    ("notion_token_old", "secret_", rf"secret_(?=[A-Za-z]{{0,30}}\d){_AN}{{43}}", "github"),
    ("sourcegraph_token", "sgp_",
     rf"sgp_(?:(?:local|{_HEX}{{16}})_)?{_HEX}{{40}}|sgp_\w{{16}}_\w{{40}}", "gitleaks"),
    ("hubspot_token", "pat-", r"pat-(?:na|eu|ap)\d-[a-fA-F0-9-]{36}", "github"),
    ("doppler_token", "dp.", rf"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[\w-]{{2,35}}\.)?{_AN}{{40,44}}",
     "github"),
    ("dynatrace_token", "dt0", r"dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}", "maker"),
    ("easypost_token", "ezak eztk", rf"EZ[AT]K{_AN}{{54}}", "gitleaks"),
    ("rubygems_token", "rubygems_", r"rubygems_[a-f0-9]{48}", "github"),
    ("pulumi_token", "pul-", r"pul-[a-f0-9]{40}", "github"),
    ("sentry_token", "sntrys_ sntryu_", r"sntry[su]_[\w+/=-]{60,400}", "gitleaks"),
    ("grafana_cloud_token", "glc_", r"glc_(?=[A-Za-z+/]{0,60}\d)[A-Za-z0-9+/]{32,400}={0,3}",
     "gitleaks"),
    ("grafana_account_token", "glsa_", rf"glsa_{_AN}{{32}}_{_HEX}{{8}}", "gitleaks"),
    ("grafana_key", "eyjrijoi", rf"eyJrIjoi{_AN}{{70,400}}={{0,3}}", "gitleaks"),
    ("brevo_token", "xkeysib-", rf"xkeysib-[a-f0-9]{{64}}-{_AN}{{16}}", "gitleaks"),
    ("typeform_token", "tfp_", r"tfp_[\w.=-]{40,60}", "gitleaks"),
    ("atlassian_token", "atatt3 atctt3 atbb", r"(?:AT[AC]TT3[\w=-]{100,220}"
    r"|ATBB[A-Za-z0-9=]{28,40})",
     "gitleaks"),
    ("artifactory_token", "akcp cmvmd", rf"(?:AKCp|cmVmd){_AN}{{50,80}}", "gitleaks"),
    ("airtable_token", "pat", r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}", "gitleaks"),
    ("asana_token", "/", r"/\d{12,18}/\d{12,18}:[a-f0-9]{32}", "github"),
    ("contentful_token", "cfpat-", r"CFPAT-[\w-]{43}", "github"),
    ("clojars_token", "clojars_", r"CLOJARS_[a-f0-9]{60}", "github"),
    ("crates_token", "cio", rf"cio(?=[A-Za-z]{{0,20}}\d){_AN}{{32}}", "github"),
    ("discord_token", ".", r"\.[\w-]{6}\.[\w-]{27,38}(?![\w-])", "gitleaks"),
    ("docker_token", "dckr_pat_ dckr_oat_", r"dckr_(?:pat_[\w-]{27}|oat_[\w-]{32})", "github"),
    ("duffel_token", "duffel_", r"duffel_(?:test|live)_[\w=-]{43}", "gitleaks"),
    ("fly_token", "fo1_ fm1 fm2_ flyv1", r"(?:fo1_[\w-]{43}|fm(?:1[ar]|2)_[\w+/=,-]{80,600}+)",
     "gitleaks"),
    ("frameio_token", "fio-u-", r"fio-u-[\w=-]{64}", "gitleaks"),
    ("harness_token", "pat. sat.", rf"[ps]at\.[\w-]{{22}}\.{_HEX}{{24}}\.{_AN}{{20}}", "gitleaks"),
    ("lob_token", "live_ test_", r"(?:live|test)_(?:pub_)?[a-f0-9]{31,35}", "gitleaks"),
    ("mapbox_token", "sk.ey pk.ey tk.ey", r"[spt]k\.ey[\w-]{40,200}\.[\w-]{20,24}", "maker"),
    ("messenger_bot_token", ":aa", r":AA[\w-]{33}(?![\w-])", "maker"),
    ("netlify_token", "nfp_", rf"nfp_{_AN}{{36}}", "github"),
    ("openshift_token", "sha256~", r"sha256~[\w-]{43}", "gitleaks"),
    ("plaid_token", "access-", rf"access-(?:sandbox|development|production)-{_UUID}", "github"),
    ("prefect_token", "pnu_ pnb_", r"pn[ub]_[a-z0-9]{36}", "gitleaks"),
    ("readme_token", "rdme_", r"rdme_[a-z0-9]{70}", "gitleaks"),
    ("render_token", "rnd_", rf"rnd_(?=[A-Za-z]{{0,20}}\d){_AN}{{32}}", "github"),
    ("scalingo_token", "tk-us-", r"tk-us-[\w-]{48}", "gitleaks"),
    ("settlemint_token", "sm_", rf"sm_(?:pat|sat|aat)_{_AN}{{16}}", "gitleaks"),
    ("shippo_token", "shippo_", r"shippo_(?:live|test)_[a-f0-9]{40}", "github"),
    ("sonar_token", "squ_ sqp_ sqa_", r"sq[upa]_[a-f0-9]{40}", "maker"),
    ("supabase_token", "sbp_", r"sbp_[a-f0-9]{40}", "github"),
    ("tailscale_token", "tskey-",
     r"tskey-[a-z]{3,8}-[A-Za-z0-9]{8,24}-[A-Za-z0-9]{16,48}", "github"),
    ("thunderstore_token", "tss_", rf"tss_(?=[A-Za-z]{{0,20}}\d){_AN}{{30,50}}", "github"),
    ("twitter_bearer", "aaaaaaaaaaaaaaaaaaaaa", r"AAAAAAAAAAAAAAAAAAAAA[A-Za-z0-9%]{60,100}",
     "gitleaks"),
    ("authress_token", ".acc", r"\.acc[_-][a-z0-9-]{10,32}\.[A-Za-z0-9+/_=-]{30,120}", "gitleaks"),
    ("yandex_token", "t1.", r"t1\.[\w-]{1,200}={0,2}\.[\w-]{86}={0,2}", "gitleaks"),
    ("buildkite_token", "bkua_ bkaj_", r"bk(?:ua|aj)_[a-f0-9]{40}", "github"),
    ("circleci_token", "ccipat_ ccipra", r"CCIPAT_[A-Za-z0-9]{22}_[a-f0-9]{40}", "github"),
    ("okta_token", "ssws", r"SSWS\s00[\w-]{38,40}", "maker"),
    ("facebook_app_token", "|", r"\|(?=[A-Za-z_-]{0,20}\d)[\w-]{27,40}", "gitleaks"),
)  # fmt: skip

_PRIVATE_KEYS: Final = (
    ("age_key", "age-secret-key-1", r"AGE-SECRET-KEY-1[A-Z0-9]{58}", "maker"),
    ("nostr_key", "nsec1", r"nsec1[ac-hj-np-z02-9]{58}", "maker"),
    ("bip32_key", "prv", r"prv[1-9A-HJ-NP-Za-km-z]{100,112}", "maker"),
)
_HOOKS: Final = (
    ("slack_hook", "hooks.slack.com/",
     r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{30,90}", "maker"),
    ("discord_hook", "/api/webhooks/", r"/api/webhooks/\d{16,20}/[\w-]{50,90}", "maker"),
    ("teams_hook", "webhook.office.com/",
     rf"webhook\.office\.com/webhookb2/{_UUID}@{_UUID}/IncomingWebhook/{_HEX}{{32}}/{_UUID}",
     "maker"),
    ("zapier_hook", "hooks.zapier.com/",
     r"hooks\.zapier\.com/hooks/catch/\d{4,10}/\w{5,12}", "maker"),
)  # fmt: skip

# What stands before an anchor that is not the beginning.
_LEADS: Final = {
    "azure_ad_secret": (r"(?<![\w~.-])[\w~.]{3}\d$", 5),
    "azure_devops_key": (r"(?<![A-Za-z0-9])[A-Za-z0-9]{52}$", 53),
    "mailchimp_key": (r"(?<![A-Za-z0-9])[a-f0-9]{32}$", 33),
    "maxmind_key": (r"(?<![A-Za-z0-9])[A-Za-z0-9]{6}_[A-Za-z0-9]{29}$", 37),
    "bip32_key": (r"(?<![A-Za-z0-9])[xyzt]$", 2),
    "firebase_cloud_messaging": (r"(?<![\w-])[\w-]{11,22}$", 23),
    "terraform_token": (r"(?<![A-Za-z0-9])[A-Za-z0-9]{14}$", 15),
    "asana_token": (r"(?<!\d)[012]$", 2),
    "discord_token": (r"(?<![\w-])[MNO][\w-]{23,27}$", 29),
    "messenger_bot_token": (r"(?<![\w-])\d{8,16}$", 17),
    "authress_token": (r"(?<!\w)(?:sc|ext|scauth|authress)_[a-z0-9]{5,30}\.[a-z0-9]{4,6}$", 47),
    "facebook_app_token": (r"(?<!\d)\d{15,16}$", 17),
}
_OWN_BORDERS: Final = frozenset(
    {"jwt", "jwt_cut", "jwt_encoded", "discord_hook", "slack_hook", "teams_hook", "zapier_hook"}
)


def _is_filled_in(match: re.Match[str]) -> bool:
    return is_filled_in(match.group())


def _is_no_word(match: re.Match[str]) -> bool:
    """Accept a form so loose that words might have it only if it holds few."""
    return is_filled_in(match.group()) and word_share(match.group()) <= WORDS_ALLOWED


def _is_no_gap(match: re.Match[str]) -> bool:
    return "xxxxxxxx" not in match.group().lower()


_CHECKS: Final = {
    **dict.fromkeys(
        ("sk_key", "resend_key", "lob_token", "square_token", "crates_token"), _is_no_word
    ),
    **dict.fromkeys(("jwt", "jwt_cut", "jwt_encoded"), _is_no_gap),
}


def _secret(row: tuple[str, str, str, str], entity: str) -> Secret:
    name, anchors, form, source = row
    lead, length = _LEADS.get(name, ("", 0))
    if lead:
        form = rf"{lead.removesuffix('$')}(?:{form}){_END}"
    elif name in _OWN_BORDERS:
        form = rf"{form}(?![A-Za-z0-9])"
    else:
        form = rf"{_START}(?:{form}){_END}"
    return Secret(
        name,
        entity,
        tuple(anchors.split()),
        LazyRegex(form),
        0.9,
        check=_CHECKS.get(name, _is_filled_in),
        source=source,
        lead=LazyRegex(lead) if lead else None,
        lead_length=length,
    )


PATTERNS: Final = (
    *(_secret(row, "SECRET_KEY") for row in _KEYS),
    *(_secret(row, "SECRET_TOKEN") for row in _TOKENS),
    *(_secret(row, "SECRET_TOKEN") for row in _HOOKS),
    *(_secret(row, "SECRET_PRIVATE_KEY") for row in _PRIVATE_KEYS),
    Secret(
        "bundle_source",
        "SECRET_PASSWORD",
        ("bundle_",),
        LazyRegex(
            r"\bBUNDLE_\w{2,40}__COM\s?[:=]\s?[\"']?(?P<value>[^\s\"':;]{4,80}:[^\s\"';]{4,80})"
        ),
        0.9,
        source="maker",
    ),
)
