"""LanceDB without its client for remote catalogues, in an interpreter of its own."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import run_python


def test_known_version_is_the_installed_one() -> None:
    """After an upgrade: see whether the list still fits, then name the new version."""
    assert run_python(
        "from secure_rag.deferral import is_version\n"
        "from secure_rag.index.lance import KNOWN_VERSION\n"
        "print(is_version('lancedb', KNOWN_VERSION))"
    ) == ("True")


def test_reading_and_writing_never_load_the_remote_client(tmp_path: Path) -> None:
    program = f"""
import sys
from datetime import timedelta
from secure_rag.index import lance
table = lance.connect({str(tmp_path)!r}).create_table(
    "t", data=[{{"text": f"lease {{n}}", "vector": [float(n), 1.0]}} for n in range(8)]
)
table.create_index("text", config=lance.FTS(stem=True))
table.delete("text = 'lease 3'")
table.optimize(cleanup_older_than=timedelta(0), delete_unverified=True)
near = table.search([0.0, 1.0], vector_column_name="vector").limit(2).to_list()
words = table.search(lance.MatchQuery("lease", "text"), query_type="fts").limit(9).to_list()
print(len(near), len(words), "lance_namespace_urllib3_client" in sys.modules)
"""
    assert run_python(program) == "2 7 False"


def test_the_remote_client_is_there_for_who_asks_for_it(tmp_path: Path) -> None:
    program = f"""
from secure_rag.index import lance
database = lance.connect({str(tmp_path)!r})
import lancedb
from lancedb.namespace import LanceNamespaceDBConnection
from lance_namespace import ListNamespacesResponse
print(isinstance(database.list_namespaces(), ListNamespacesResponse),
      issubclass(LanceNamespaceDBConnection, lancedb.DBConnection))
"""
    assert run_python(program) == "True True"


def test_another_version_is_imported_whole(tmp_path: Path) -> None:
    folder = tmp_path / "lancedb-99.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: lancedb\nVersion: 99\n")
    program = f"""
import sys
from secure_rag.index import lance
table = lance.connect({str(tmp_path / "db")!r}).create_table("t", data=[{{"n": 1}}])
print(table.count_rows(), "lance_namespace_urllib3_client" in sys.modules)
"""
    assert run_python(program, tmp_path) == "1 True"


def test_overrides_are_not_checked_again_and_their_library_stays_free() -> None:
    program = """
import sys
from secure_rag.index import lance
print("overrides" in sys.modules)
from overrides import override
print(override.__module__)
"""
    assert run_python(program) == "False\noverrides.overrides"
