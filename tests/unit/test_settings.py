"""`secure-rag.toml`: strict, with the nearest name for an unknown key."""

from __future__ import annotations

from pathlib import Path

import pytest

from secure_rag.errors import ConfigError, FormatError
from secure_rag.settings import load_settings, starter_settings

ID = "0123456789abcdef"


def write(folder: Path, text: str) -> Path:
    path = folder / "secure-rag.toml"
    path.write_text(text)
    return path


def test_starter_settings_load_with_defaults(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, starter_settings(ID)))
    assert settings.workspace_id == ID and settings.policy == "default"
    assert settings.retrieval.mode == "hybrid" and settings.ingest.workers == 0


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("polcy = 'x'\n", "policy"),
        ("[ingest]\nworker = 2\n", "workers"),
        ("[answering]\nmax_token = 2\n", "max_tokens"),
        ("[access]\nreadlog = []\n", "read_log"),
        ("[collections.contracts]\nrevael = []\n", "reveal"),
        ("[collections.ask]\nasks = []\n", "ask"),
        ("zzz = 1\n", "settings.md"),
    ],
    ids=["top", "ingest", "answering", "access", "collection", "a name like a key", "nothing near"],
)
def test_unknown_key_names_the_nearest(tmp_path: Path, text: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(write(tmp_path, starter_settings(ID) + text))
    assert caught.value.code == "config.unknown_key" and hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    "text",
    [
        "[ingest]\nworkers = -1\n",
        "[retrieval]\nmode = 'magic'\n",
        "[ingest]\nworkers = 'two'\n",
        "[access]\nmanage = 'anna'\n",
        "[access]\nmanage = ['']\n",
        "[access]\nmanage = ['@']\n",
        "[access]\nmanage = ['uid:anna']\n",
        "[access]\nmanage = ['**']\n",
        "[collections.'../x']\nask = ['anna']\n",
        "[collections.x.labels]\nboard = 'anna'\n",
    ],
    ids=[
        "range",
        "choice",
        "type",
        "one name",
        "no name",
        "no group",
        "no number",
        "no pattern",
        "no collection",
        "one name for a label",
    ],
)
def test_bad_value_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(write(tmp_path, starter_settings(ID) + text))
    assert caught.value.code == "config.value"


def test_other_format_is_exit_5(tmp_path: Path) -> None:
    text = starter_settings(ID).replace("format = 1", "format = 2")
    with pytest.raises(FormatError) as caught:
        load_settings(write(tmp_path, text))
    assert caught.value.exit_code == 5 and caught.value.hint


def test_variable_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECURE_RAG_POLICY", "strict")
    assert load_settings(write(tmp_path, starter_settings(ID))).policy == "strict"
