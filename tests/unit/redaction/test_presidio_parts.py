"""What is loaded of Presidio, each time in an interpreter of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conftest import run_python

LOAD = "from secure_rag.redaction import presidio\nimport sys\n"


def run(program: str, path: Path | None = None) -> str:
    return run_python(LOAD + program, path)


def test_known_versions_are_the_installed_ones() -> None:
    """After an upgrade: see whether the lists still fit, then name the new version."""
    assert run(
        "from secure_rag.deferral import is_version\n"
        "from secure_rag.redaction import presidio_parts as parts\n"
        "print(is_version('presidio-analyzer', parts.KNOWN_VERSION),"
        " is_version('tldextract', parts.KNOWN_SUFFIXES))"
    ) == ("True True")


def test_detector_runs_without_spacy_and_http() -> None:
    program = (
        "found = presidio.PresidioDetector().find('mail zelda@corp.example.com now')\n"
        "heavy = {'spacy', 'thinc', 'requests', 'presidio_analyzer.analyzer_engine'}\n"
        "print(sorted({s.entity for s in found}), sorted(heavy & set(sys.modules)))"
    )
    assert run(program) == "['EMAIL_ADDRESS'] []"


def test_patterns_are_not_compiled_by_their_import_but_later_ones_are_checked() -> None:
    program = (
        "from secure_rag.redaction import presidio_parts as parts\n"
        "import regex._main\n"
        "print(len(regex._main._cache))\n"
        "try:\n"
        "    parts.Pattern('open', '(', 0.5)\n"
        "except ValueError:\n"
        "    print('checked')\n"
    )
    compiled, checked = run_python(program).split()
    assert int(compiled) < 5 and checked == "checked"


def test_presidio_is_whole_for_a_recognizer_of_the_users_own() -> None:
    program = (
        "from presidio_analyzer import AnalyzerEngine, EntityRecognizer\n"
        "from presidio_analyzer.predefined_recognizers import SpacyRecognizer, IbanRecognizer\n"
        "from presidio_analyzer.nlp_engine import NlpArtifacts, NoOpNlpEngine\n"
        "import spacy\n"
        "print(EntityRecognizer is presidio.EntityRecognizer,\n"
        "  issubclass(SpacyRecognizer, EntityRecognizer),\n"
        "  IbanRecognizer is presidio.known.IbanRecognizer,\n"
        "  isinstance(spacy.blank('en')('a b'), spacy.tokens.Doc), NlpArtifacts.__module__)"
    )
    assert run(program) == "True True True True presidio_analyzer.nlp_engine.nlp_artifacts"


def test_presidio_logs_stay_quiet_when_it_is_imported_whole() -> None:
    program = (
        "import logging, presidio_analyzer\n"
        "presidio_analyzer.AnalyzerEngine\n"
        "for name in ('presidio-analyzer', 'decision_process'):\n"
        "    logging.getLogger(name).info('text of a document')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", LOAD + program], capture_output=True, text=True, check=True
    )
    assert "text of a document" not in done.stderr + done.stdout


def test_another_version_is_imported_whole_and_finds_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "presidio_analyzer-99.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: presidio-analyzer\nVersion: 99\n"
    )
    loaded = "print(presidio.PresidioDetector().signature(), 'spacy' in sys.modules)"
    signature, is_whole = run(loaded).split()
    assert is_whole == "False"
    assert run(loaded, tmp_path) == f"{signature} True"
