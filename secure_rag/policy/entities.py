"""The catalogue of entities: what a policy may name, and in which group it stands."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class EntityType:
    """One kind of personal or secret value."""

    name: str
    group: str
    description: str
    type_word: str
    """Plain words that stand for a placeholder where a model reads the text."""
    found_by: str
    """`names model`, `pattern`, `checksum` (pattern and checksum), `context` (pattern beside
    a word such as *passport*) or `nothing yet`."""


_ROWS: Final = (
    # name, group, description, type word, found by
    ("PERSON", "IDENTITY", "names and initials of people", "person", "names model"),
    ("USERNAME", "IDENTITY", "log-in and account names", "user name", "context"),
    ("TITLE", "ATTRIBUTE", "forms of address (Mr, Dr), occupations of people", "title", "pattern"),
    ("AGE", "ATTRIBUTE", "ages of people", "age", "context"),
    ("NRP", "ATTRIBUTE", "nationality, religion, political group", "group", "pattern"),
    ("ORGANIZATION", "ATTRIBUTE", "companies, agencies, hospitals", "organisation", "names model"),
    ("LOCATION", "ATTRIBUTE", "countries, towns, regions, landmarks", "place", "names model"),
    ("DATE_TIME", "ATTRIBUTE", "dates, times, days that are counted from today", "date",
     "pattern"),
    ("DURATION", "ATTRIBUTE", "lengths of time: notice and retention periods, terms", "period",
     "pattern"),
    ("STREET_ADDRESS", "CONTACT", "street with house number, PO box", "street address", "pattern"),
    ("POSTCODE", "CONTACT", "postcodes and ZIP codes", "postcode", "pattern"),
    ("EMAIL_ADDRESS", "CONTACT", "mail addresses, internal ones too", "email address", "pattern"),
    ("PHONE_NUMBER", "CONTACT", "telephone and fax numbers", "phone number", "pattern"),
    ("GEO_COORDINATES", "CONTACT", "latitude and longitude", "coordinates", "pattern"),
    ("URL", "NETWORK", "web addresses", "web address", "pattern"),
    ("IP_ADDRESS", "NETWORK", "IPv4 and IPv6 addresses", "IP address", "pattern"),
    ("MAC_ADDRESS", "NETWORK", "hardware addresses of network cards", "MAC address", "pattern"),
    ("UUID", "REFERENCE", "universally unique identifiers", "identifier", "pattern"),
    ("ID_NUMBER", "REFERENCE", "customer, staff, case, contract, medical-record numbers",
     "reference number", "context"),
    ("LICENSE_PLATE", "REFERENCE", "licence plates of vehicles", "licence plate", "context"),
    ("LONG_NUMBER", "REFERENCE", "long numbers and codes that nothing else explains", "number",
     "pattern"),
    ("CREDIT_CARD", "FINANCIAL", "payment card numbers", "card number", "checksum"),
    ("IBAN_CODE", "FINANCIAL", "international bank account numbers", "bank account", "checksum"),
    ("BIC_CODE", "FINANCIAL", "bank identifier (SWIFT) codes", "bank code", "context"),
    ("US_BANK_NUMBER", "FINANCIAL", "US bank account numbers", "bank account", "context"),
    ("CRYPTO", "FINANCIAL", "crypto-currency wallet addresses", "wallet", "checksum"),
    ("US_SSN", "GOVERNMENT_ID", "US social security numbers", "social security number", "pattern"),
    ("US_ITIN", "GOVERNMENT_ID", "US taxpayer numbers", "tax number", "context"),
    ("US_PASSPORT", "GOVERNMENT_ID", "US passport numbers", "passport number", "context"),
    ("US_DRIVER_LICENSE", "GOVERNMENT_ID", "US driving licences", "driving licence", "context"),
    ("UK_NHS", "GOVERNMENT_ID", "UK health service numbers", "NHS number", "checksum"),
    ("UK_NINO", "GOVERNMENT_ID", "UK national insurance numbers", "insurance number", "pattern"),
    ("UK_PASSPORT", "GOVERNMENT_ID", "UK passport numbers", "passport number", "context"),
    ("NATIONAL_ID", "GOVERNMENT_ID", "identity, tax and health numbers of other countries",
     "identity number", "checksum"),
    ("MEDICAL_LICENSE", "GOVERNMENT_ID", "US prescriber (DEA) numbers", "medical licence",
     "checksum"),
    ("SECRET_KEY", "SECRETS", "API and access keys", "secret key", "pattern"),
    ("SECRET_TOKEN", "SECRETS", "access tokens, session tokens, JWTs", "secret token", "pattern"),
    ("SECRET_PASSWORD", "SECRETS", "passwords and PINs beside such a word", "password", "context"),
    ("SECRET_PRIVATE_KEY", "SECRETS", "private key blocks (PEM)", "private key", "pattern"),
    ("SECRET_CONNECTION", "SECRETS", "connection strings with a password", "connection string",
     "pattern"),
)  # fmt: skip

ENTITIES: Final = MappingProxyType({row[0]: EntityType(*row) for row in _ROWS})
"""Every entity by name."""

GROUPS: Final = MappingProxyType(
    {
        group: tuple(entity.name for entity in ENTITIES.values() if entity.group == group)
        for group in dict.fromkeys(entity.group for entity in ENTITIES.values())
    }
)
"""Names of the entities of each group; an entity stands in exactly one."""

PROTECTED_GROUPS: Final = frozenset({"SECRETS", "GOVERNMENT_ID", "FINANCIAL"})
"""Groups that only a policy named `unsafe-…` may keep in the text."""

GENERALISATIONS: Final = MappingProxyType(
    {
        "DATE_TIME": ("month", "year", "decade"),
        "AGE": ("band", "cap"),
        "LOCATION": ("region",),
        "STREET_ADDRESS": ("region",),
        "POSTCODE": ("zip3",),
    }
)
"""What `generalise` can turn an entity into (`to:`)."""
