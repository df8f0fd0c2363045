"""`subject`: find a person, and erase them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from secure_rag.cli.arguments import TEXT, read_one_value
from secure_rag.cli.context import Context, key_folder
from secure_rag.cli.options import Group
from secure_rag.cli.render import plural
from secure_rag.errors import ExitCode

if TYPE_CHECKING:
    from secure_rag.pipeline.erase import Erased
    from secure_rag.pipeline.subject import FoundSubjects


@click.group("subject", cls=Group)
def subject() -> None:
    """Find a person in a collection, and erase them."""


@subject.command("find")
@click.argument("value", metavar="VALUE|-", type=TEXT)
@click.pass_obj
def find(context: Context, value: str) -> None:
    """Find a person's placeholder and the documents that hold it.

    \b
    Examples: secure-rag subject find "Chidi Okafor"
              secure-rag subject find - < name.txt

    The value is turned into keyed hashes; it is neither stored nor logged. With `-` it is read
    from standard input, so that it stays out of the shell's history. One that shares a form with
    another (a surname, a spelling in a file name) may be the same person: erasing one leaves the
    other. Exit code 0 also when nobody is found.
    """
    value = read_one_value(value)
    with context.session("subject find") as session:
        from secure_rag.pipeline.subject import find_subject

        found = find_subject(session, value)
    value_found = {
        "subjects": [
            {
                "placeholder": one.placeholder,
                "documents": list(one.documents),
                "erased": one.is_erased,
                "related": list(one.related),
            }
            for one in found.subjects
        ],
        "from_file": list(found.from_file),
    }
    context.result(value_found, schema="subject-find", text=_found_text(found))


def _found_text(found: FoundSubjects) -> str:
    lines = []
    for one in found.subjects:
        state = "  erased" if one.is_erased else ""
        lines.append(f"{one.placeholder}  {plural(len(one.documents), 'document')}{state}")
        lines += [f"  {document}" for document in one.documents]
        lines += [f"  shares a form with {other}" for other in one.related]
    lines += [f"came from this path: {document}" for document in found.from_file]
    return "\n".join(lines or ["nobody in this collection"])


@subject.command("erase")
@click.argument("placeholder", metavar="ID", type=TEXT)
@click.option("--purge-rows", is_flag=True, help="Take the placeholder out of the texts, too.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def erase(context: Context, placeholder: str, purge_rows: bool, yes: bool) -> None:
    """Destroy a person's values, aliases and keys; print a receipt.

    \b
    Examples: secure-rag subject erase PERSON_7Q2F9KX3M4
              secure-rag subject erase PERSON_7Q2F9KX3M4 --purge-rows --yes

    ID is a placeholder, with or without its angle brackets. Afterwards nothing resolves it; the
    texts keep it, so that they still say that one person did both things. --purge-rows puts a
    mark without identity in its place and rewrites the files. The bytes on the disk are
    searched for what was to go (exit code 1 if something is left). What remains stands on the
    receipt: above all the documents themselves and older backups.
    """
    context.confirm("Erase this person for good?", yes=yes)
    with context.session("subject erase", write=[key_folder(context.key_file)]) as session:
        from secure_rag.pipeline.erase import erase_subject

        done = erase_subject(session, placeholder, purge=purge_rows)
        report_erasure(
            context,
            done,
            {"erased": done.names[0], "documents": list(done.documents), "purged": purge_rows},
            schema="subject-erase",
            text=f"erased {done.names[0]}, held by {plural(len(done.documents), 'document')}",
        )


def report_erasure(
    context: Context, done: Erased, value: dict[str, Any], *, schema: str, text: str
) -> None:
    """Print what was erased and where its receipt is; exit 1 if bytes are left."""
    receipt = {
        "file": str(done.receipt_file),
        "sha256": done.receipt.digest,
        "verifier": done.receipt.verifier,
    }
    context.result(
        {
            **value,
            "bytes_clean": done.is_clean,
            "receipt": receipt,
            "retrain": list(done.adapters),
        },
        schema=schema,
        text=f"{text}\nreceipt {done.receipt_file}",
    )
    if done.adapters:
        context.warn(f"trained on it, refused until trained again: {', '.join(done.adapters)}")
    if not done.is_clean:
        context.warn("bytes that should be gone are still in the files: see the receipt")
        context.exit_code = ExitCode.CHECK_FAILED
