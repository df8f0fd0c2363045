"""Texts with and without secrets, put together at run time.

`{an:36}` becomes 36 random letters and digits, `·` vanishes: nothing in this file, and
nobody's scanner, takes a line of it for a secret. ⟦ ⟧ stand around the value.
"""

from __future__ import annotations

import random
import re
import string

_ALPHABETS = {
    "an": string.ascii_letters + string.digits,
    "up": string.ascii_uppercase + "234567",
    "AN": string.ascii_uppercase + string.digits,
    "low": string.ascii_lowercase + string.digits,
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "let": string.ascii_letters,
    "num": string.digits,
    "b64": string.ascii_letters + string.digits + "+/",
    "url": string.ascii_letters + string.digits + "-_",
    "bech": "acdefghjklmnpqrstuvwxyz023456789",
    "b58": "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
}
_PART = re.compile(r"\{(\w+):(\d+)\}")


def fill(template: str, seed: int) -> str:
    """Put random characters where a template wants them; one seed, one text."""
    chance = random.Random(seed)

    def part(match: re.Match[str]) -> str:
        name, length = match[1], int(match[2])
        if name == "uuid":
            digits = "".join(chance.choices("0123456789abcdef", k=32))
            return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        letters = _ALPHABETS[name]
        body = "".join(chance.choices(letters, k=length))
        if name in ("an", "low", "hex", "AN", "HEX", "url", "b64") and length >= 6:
            body = body[:1] + "a7" + body[3:] if name != "AN" else body[:1] + "A7" + body[3:]
        return body

    return _PART.sub(part, template).replace("·", "")


def marked(template: str, seed: int) -> tuple[str, int, int]:
    """Return a text without its marks, and where the marked value is."""
    text = fill(template, seed)
    start, end = text.index("⟦"), text.index("⟧") - 1
    return text.replace("⟦", "").replace("⟧", ""), start, end


K, T, P, X, C = (
    "SECRET_KEY", "SECRET_TOKEN", "SECRET_PASSWORD", "SECRET_PRIVATE_KEY", "SECRET_CONNECTION",
)  # fmt: skip

POSITIVE = [
    # -- by their own form ---------------------------------------------------------------
    (K, "the id is ⟦AK·IA{up:16}⟧ of the deploy user"),
    (K, "temporary ⟦AS·IA{up:16}⟧."),
    (K, "aws_secret_access_key = ⟦{b64:40}⟧"),
    (K, '"SecretAccessKey": "⟦{b64:40}⟧"'),
    (T, "git clone with ⟦gh·p_{an:36}⟧ now"),
    (T, "token=⟦gh·s_{an:36}⟧&x=1"),
    (T, "⟦github_·pat_{an:22}_{an:59}⟧"),
    (T, "CI: ⟦gl·pat-{url:20}⟧\n"),
    (T, "runner ⟦gl·rt-{url:20}⟧\n"),
    (T, "bot ⟦xo·xb-{num:12}-{num:12}-{an:24}⟧"),
    (T, "user ⟦xo·xp-{num:12}-{num:12}-{num:12}-{hex:32}⟧"),
    (T, "app ⟦xa·pp-1-A{AN:10}-{num:13}-{hex:64}⟧"),
    (T, "https://⟦hooks.sl·ack.com/services/T{AN:9}/B{AN:10}/{an:24}⟧"),
    (K, "STRIPE ⟦sk_·live_{an:24}⟧"),
    (K, "restricted ⟦rk_·test_{an:40}⟧"),
    (K, "signing ⟦wh·sec_{an:32}⟧"),
    (K, "maps ⟦AI·zaSy{url:33}⟧"),
    (T, "oauth ⟦ya·29.{url:60}⟧"),
    (K, "client ⟦GOC·SPX-{url:28}⟧"),
    (K, "⟦sk-·ant-api03-{url:93}AA⟧"),
    (K, "⟦sk-·proj-{an:48}T3Blbk·FJ{an:48}⟧"),
    (K, "⟦sk-{low:32}⟧ is the key"),
    (K, "⟦gs·k_{an:52}⟧"),
    (K, "mail via ⟦S·G.{url:22}.{url:43}⟧"),
    (K, "⟦SK{hex:32}⟧ and the account"),
    (K, "mailgun ⟦ke·y-{hex:32}⟧"),
    (K, "list ⟦{hex:32}-u·s12⟧"),
    (T, "//registry.example.org/:_authToken=⟦np·m_{an:36}⟧"),
    (T, "upload ⟦py·pi-AgEIcHlwaS5vcmc{url:90}⟧"),
    (T, "model hub ⟦h·f_{let:34}⟧"),
    (T, "⟦dop·_v1_{hex:64}⟧"),
    (T, "shop ⟦shp·at_{hex:32}⟧"),
    (T, "⟦sq0·csp-{url:43}⟧"),
    (T, "vault ⟦hv·s.{url:90}⟧"),
    (K, "client secret {}⟦{an:3}8Q·~{url:34}⟧"),
    (X, "⟦AGE-SECRET-·KEY-1{AN:58}⟧"),
    (T, "⟦ey·J{url:30}.ey·J{url:60}.{url:43}⟧"),
    (T, "workspace ⟦da·pi{hex:32}⟧"),
    (T, "⟦lin·_api_{an:40}⟧"),
    (T, "⟦nt·n_{num:11}{an:35}⟧"),
    (T, "⟦pat-·na1-{uuid:1}⟧"),
    (T, "⟦dp.·pt.{an:43}⟧"),
    (T, "⟦dt0·c01.{AN:24}.{AN:64}⟧"),
    (T, "⟦ruby·gems_{hex:48}⟧"),
    (T, "⟦pu·l-{hex:40}⟧"),
    (K, "⟦PM·AK-{hex:24}-{hex:34}⟧"),
    (T, "⟦gl·sa_{an:32}_{hex:8}⟧"),
    (T, "⟦xkey·sib-{hex:64}-{an:16}⟧"),
    (K, "⟦NR·AK-{AN:27}⟧"),
    (T, "⟦pa·t{an:14}.{hex:64}⟧"),
    (T, "⟦dckr·_pat_{url:27}⟧"),
    (T, "⟦sha256·~{url:43}⟧"),
    (T, "⟦sb·p_{hex:40}⟧"),
    (T, "⟦ts·key-auth-{an:12}-{an:24}⟧"),
    (T, "⟦sq·p_{hex:40}⟧"),
    (T, "bot ⟦{num:9}:A·A{url:33}⟧ runs"),
    (T, "⟦M{an:23}.{url:6}.{url:30}⟧ in the bot"),
    (T, "https://example.com⟦/api/web·hooks/{num:18}/{url:68}⟧"),
    (T, "⟦r8·_{an:37}⟧"),
    (T, "⟦nf·p_{an:36}⟧"),
    (T, 'printed as "a\\n⟦gh·p_{an:36}⟧"'),
    (X, "⟦ns·ec1{bech:58}⟧".replace("nsec", "nsec")),
    # -- beside a name --------------------------------------------------------------------
    (K, "api_key = ⟦{hex:32}⟧"),
    (K, 'const apiKey = "⟦{an:24}⟧";'),
    (K, "  client_secret: '⟦{url:32}⟧'"),
    (K, '{"secretKey": "⟦{b64:40}⟧", "region": "eu-west-1"}'),
    (K, "export SERVICE_API_KEY=⟦{hex:40}⟧"),
    (K, "ENCRYPTION_KEY=⟦{b64:43}=⟧"),
    (K, "The API key is ⟦{an:20}⟧ for now"),
    (K, "license_key: ⟦{AN:25}⟧"),
    (K, "HEROKU_KEY = '⟦{uuid:1}⟧'"),
    (K, 'variable "signing_secret" {\n  default = "⟦{an:32}⟧"\n}'.replace(
        "variable", 'signing_secret = "⟦{an:32}⟧" # variable').split("#")[0]),
    (K, '<add key="ApiKey" value="⟦{an:32}⟧"/>'),
    (K, "<secretKey>⟦{an:40}⟧</secretKey>"),
    (K, "- name: SIGNING_KEY\n  value: ⟦{an:32}⟧"),
    (K, 'os.environ.get("APP_SECRET", "⟦{an:32}⟧")'),
    (T, "access_token: ⟦{an:40}⟧"),
    (T, 'refreshToken => "⟦{url:48}⟧"'),
    (T, "DEPLOY_TOKEN := ⟦{hex:40}⟧"),
    (T, 'headers["X-Auth-Token"] = "⟦{hex:32}⟧"'),
    (T, "https://example.com/a?access_token=⟦{an:32}⟧&page=2"),
    (K, "https://maps.example.com/js?key=⟦{an:39}⟧&v=3"),
    (T, "https://files.example.com/b?sv=2024&sig=⟦{an:43}%3D⟧"),
    (T, "Cookie: sessionid=⟦{low:32}⟧; theme=dark"),
    (T, "Authorization: Bearer ⟦{url:48}⟧\n"),
    (T, "Authorization: Basic ⟦dXNlcjpzM2NyM3Q=⟧"),
    (T, 'curl -H "Authorization: Token ⟦{hex:40}⟧" https://example.com'),
    (T, 'curl -H "X-Api-Key: ⟦{an:20}⟧" https://example.com'),
    (T, "PRIVATE-TOKEN: ⟦{an:20}⟧"),
    (T, '"auths": {"r.example.com": {"auth": "⟦ZGVwbG95OlMzY3JldC1wYXNz⟧"}}'),
    (T, "_auth=⟦{b64:27}=⟧"),
    (T, "run --api-token ⟦{an:32}⟧ --all"),
    (K, "⟦otp·auth://totp/Example:anna?secret={up:32}&issuer=Example⟧"),
    # -- passwords ------------------------------------------------------------------------
    (P, "password: ⟦Winter-2024!⟧"),
    (P, "Your password is ⟦Tr0ub4dor⟧."),
    (P, "the password for the router: ⟦blue-Harbour-77⟧"),
    (P, "password was reset to ⟦Spring#19x⟧ today"),
    (P, "Password: ⟦sunflower⟧\n"),
    (P, "pw: ⟦h4rbour⟧"),
    (P, "pass = ⟦'t1ger-lily'⟧"),
    (P, 'db_passwd = ⟦"hunter22x"⟧'),
    (P, "DB_PASSWORD=⟦s3cr3t-db⟧\n"),
    (P, "spring.datasource.password=⟦Qw3rtyUi⟧\n"),
    (P, '{"user": "bob", "password": ⟦"qwerty-77"⟧}'),
    (P, "  password: ⟦p4ss_of_bob⟧\n"),
    (P, "<password>⟦Blue77horse⟧</password>"),
    (P, "CREATE USER bob IDENTIFIED BY ⟦'Kx7-Lamp'⟧;"),
    (P, "ALTER ROLE app WITH PASSWORD ⟦'Kx7-Lamp'⟧;"),
    (P, "machine api.example.com login bob password ⟦kx7lamp99⟧"),
    (P, "curl -u bob:⟦kx7lamp99⟧ https://example.com"),
    (P, "mysql -h db -u root -p⟦Kx7Lamp99⟧ shop"),
    (P, "sshpass -p ⟦'Kx7-Lamp99'⟧ ssh host"),
    (P, "tool --password ⟦Kx7-Lamp99⟧ --verbose"),
    (P, "ConvertTo-SecureString ⟦\"Kx7-Lamp99\"⟧ -AsPlainText -Force"),
    (P, "requirepass ⟦Kx7Lamp99⟧"),
    (P, 'passphrase = ⟦"correct horse battery staple"⟧'),
    (P, "creds: bob / ⟦Kx7Lamp99⟧"),
    (P, "Kennwort: ⟦Sommer-88⟧"),
    (P, "Passwort: ⟦Sommer-88⟧"),
    (P, "PIN: ⟦4417⟧"),
    (P, "remember: bank card pin ⟦4402⟧, then"),
    (P, "exp 09/27 cvc ⟦737⟧"),
    (P, "CVV ⟦123⟧"),
    (P, "Your verification code is ⟦482913⟧"),
    (P, "door code: ⟦4417⟧"),
    (P, "OTP ⟦928371⟧ expires soon"),
    (P, "G: security code: ⟦123-456⟧"),
    (P, "shadow: root:⟦$6·$saltsalt${an:86}⟧:19000"),
    (P, "hash ⟦$2·b$12${an:53}⟧ stored"),
    (P, "⟦$arg·on2id$v=19$m=65536,t=3,p=4${an:22}${an:43}⟧"),
    (P, "bob:⟦$apr·1${an:8}${an:22}⟧"),
    (P, "⟦pbkdf2_·sha256$600000${an:22}${b64:43}=⟧"),
    (P, "userPassword: ⟦{SS·HA}{b64:32}⟧".replace("{SS·HA}", "{SSHA}")),
    (P, "Recovery codes:\n⟦a1b2c-d3e4f\ng5h6i-j7k8l\nm9n1o-p2q3r⟧\n"),
    (P, "Backup codes: ⟦12345678 87654321 13572468⟧"),
    (P, "kind: Secret\nmetadata:\n  name: db\n"
        "type: Opaque\ndata:\n  ⟦user: Ym9i\n  pw: czNjcjN0⟧\n"),
    # -- private keys ---------------------------------------------------------------------
    (X, "⟦-----BEGIN ·PRIVATE KEY-----\n{b64:64}\n{b64:64}\n-----END ·PRIVATE KEY-----⟧\n"),
    (X, "⟦-----BEGIN ·RSA PRIVATE KEY-----\n{b64:64}\n{b64:20}=\n-----END ·RSA PRIVATE KEY-----⟧"),
    (X, "⟦-----BEGIN ·OPENSSH PRIVATE KEY-----\n{b64:70}\n-----END ·OPENSSH PRIVATE KEY-----⟧"),
    (X, '"key": "⟦-----BEGIN ·PRIVATE KEY-----\\n{b64:64}\\n-----END ·PRIVATE KEY-----⟧\\n"'),
    (X, "PrivateKey = ⟦{b64:43}=⟧\nAddress = 10.0.0.2/32"),
    (X, "private_key: ⟦0x{hex:64}⟧"),
    (X, "Private-Lines: 2\n⟦{b64:64}\n{b64:40}⟧\nPrivate-MAC"),
    (X, "seed phrase: ⟦ribbon velvet orchard candle planet frozen marble window garden silver "
        "bridge copper⟧\n"),
    # -- connections ----------------------------------------------------------------------
    (C, "use ⟦postgres://report:s3cr3t@db.example.internal/claims⟧ now"),
    (C, "⟦mongodb+srv://app:kx7lamp@c0.example.net/shop?retryWrites=true⟧"),
    (C, "⟦redis://:kx7lamp99@cache.example.internal:6379/0⟧"),
    (C, "⟦https://bob:kx7lamp99@git.example.com/r.git⟧"),
    (C, "⟦jdbc:postgresql://bob:kx7lamp99@db.example.com/x⟧"),
    (C, "⟦amqp://app:kx/lamp@mq.example.internal⟧"),
    (C, 'cs = "⟦Server=db;Database=shop;User Id=app;Password=kx7lamp99;⟧"'),
    (C, "⟦Endpoint=sb://q.example.net/;SharedAccessKeyName=root;SharedAccessKey={b64:43}=⟧"),
    (C, "⟦DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={b64:86}==;"
        "EndpointSuffix=core.example.net⟧"),
    (C, "⟦host=db.example.com port=5432 user=app password=kx7lamp99 dbname=shop⟧"),
]  # fmt: skip

NEGATIVE = [
    # placeholders
    "api_key = your-api-key-here", "api_key = YOUR_API_KEY_1234", "token: <token>",
    "API_KEY=xxxxxxxxxxxxxxxxxxxx", "secret = ****************", "key = ${API_KEY_FROM_VAULT_1}",
    "key: {{ vault_api_key_2 }}", "token = $(cat token-file-2)", "TOKEN=%TOKEN_FROM_ENV2%",
    "token: ...", "gh·p_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "AK·IAXXXXXXXXXXXXXXXXXX",
    "password: changeme", "password: <your password>", "password: ********", "password: $PASSWORD",
    "password: ${DB_PASSWORD:-}", "password=None", "password = null", "password: \"{{ pw }}\"",
    "password: !vault |", "password: REDACTED", "Password: ________", "apiKey: 'REPLACE_ME_123'",
    "postgres://user:password@localhost/db", "postgres://user:${PW}@localhost/db",
    "redis://:$REDIS_PASSWORD@cache:6379", "https://user:<token>@git.example.com/x",
    "Authorization: Bearer <token>", "Authorization: Bearer $TOKEN", "Authorization: Basic ...",
    'curl -H "Authorization: Bearer ${ACCESS_TOKEN1}"', "X-Api-Key: {api_key}",
    "curl -u $USER:$PASS x",
    "-----BEGIN ·PRIVATE KEY-----\n...\n-----END ·PRIVATE KEY-----",
    'MARK = "-----BEGIN ·OPENSSH PRIVATE KEY-----"',
    "secret: placeholder-value-1", "token: example-token-123", "key: 'dummy_key_0001'",
    # code
    "password = getpass.getpass()", "password = os.environ['DB_PASSWORD']", "password: str",
    "def login(user, password=None):", "self.password = password", "password: string;",
    "connect(user=user, password=passwd, host=host)", "if password == '':", "pwd = os.getcwd()",
    "token = generate_token(32)", "const token = req.headers['x-auth-token1'];",
    "api_key = settings.API_KEY_V2", "key = config.get('key2')", "tokens = tokenizer.encode(text1)",
    "max_tokens = 4096", "token_type: bearer", "token_count: 123456789012",
    "secret_name: db-creds-prod1",
    "auth_url = https://login.example.com/v2", "author: j.smith1984",
    "authority = tenant-42-directory",
    "foreign_key = customer_id_2", "primary_key: order_line_id_1", "cache_key = user_profile_v2_1",
    "public_key: {b64:43}=", "ssh-rsa {b64:200} bob@example.com", "key_id = {hex:40}",
    "keyboard: us-intl-105", "monkey = capuchin2000", "sort_key: created_at_2024",
    "KeyError: 'user_id_1'",
    "passed = 12 of 15", "passenger: Smith 22B", "passport: see annex 3", "compass = 270 degrees",
    "bypass: 12-inch pipe", "password_length = 12345", "password_policy: strong-2024",
    "password_reset_url = /a/reset/1", "PASSWORD_FIELD = 'user_password1'",
    "password_min_length: 8888",
    "PasswordAuthentication yes", "hidden_password_input: field-23", "input[type=password]",
    '{"password": "Your password must have 8 letters"}', '"password": "userPassword"',
    "['username', 'password', 'email']", '("password", "token", "secret1")',
    "import secrets; secrets.token_urlsafe(32)", "secret = secrets.token_hex(16)",
    "raise ValueError('password: wrong')", "log('password: ' + masked)", "key=lambda x: x[1]",
    "sorted(rows, key=itemgetter(1))", "for key, value in items2.items():",
    "dict(key1=value1, key2=2)",
    "token = Token.objects.create(user=user1)", "let key = `user:${id}:profile1`",
    "KEY_PREFIX = 'app:v1:session:'", "x-amz-meta-key: report-2024-final",
    "tokenize('a b c d 1 2 3')",
    # hashes, ids, blobs
    "commit {hex:40}", "git checkout {hex:40}", "sha256:{hex:64}", "md5sum {hex:32}  file.iso",
    "id: {uuid:1}", "request {uuid:1} failed", "checksum = {hex:64}", "etag: {hex:32}",
    "integrity: sha512-{b64:86}==", "data:image/png;base64,{b64:400}", "{b64:500}", "{hex:200}",
    "fingerprint: {hex:40}", '"digest_key_1": "{hex:64}"', "url(data:font/woff2;base64,{b64:300})",
    "key: {uuid:1}", "-----BEGIN CERTIFICATE-----\n{b64:64}\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\n{b64:64}\n-----END PUBLIC KEY-----",
    "https://example.com/docs/{uuid:1}/edit", "0x{hex:40} is a contract", "file-{hex:16}.min.js",
    ".a{color:#aabbcc}.key-b{margin:0 12px}", "!function(e,t){var n=e.key,r=t.token;n===r}(a1,b2)",
    "key: 2024-03-12T10:15:00Z", "token: 1.2.3-beta.4", "secret: /run/secrets/db_password_1",
    "key: https://example.com/keys/1", "key_file = ./keys/server-1.key", "api-key: none-required1",
    # prose
    "Passwords must be changed every ninety days. A password is required.",
    "the key figure of the token economy is 12", "Your password is incorrect.",
    "The password is case-sensitive.", "The password is stored encrypted.",
    "The secret is patience.",
    "My password is expired and I cannot log in.", "The pin is made of steel, 12 mm long.",
    "drop the pin 1200 m north, then the next pin 1300",
    "The key is under the mat at number 42.", "a token of our thanks: 12 roses",
    "The basic understanding2024 of it", "Key: 1 = low, 5 = high", "Key findings: 12 of 40 sites",
    "Authorization: the board approved it in 2023.", "The code is 12345 lines long.",
    "The access code section 4417 was repealed", "Login: see page 12/14", "seed: 12 plants per row",
    "The seed phrase is twelve words that you write down and never show to anyone at all today",
    "He passed away: 12 March", "Bearer bonds 2023 and basic materials", "auth: pending since 2021",
    "Recovery codes are shown once only.", "Backup codes: see the manual",
    "session: 12 of 14 attended",
    "Token Ring networks: 16 Mbit/s", "the credentials of Dr Smith: MD, PhD",
]  # fmt: skip
