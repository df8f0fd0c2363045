"""What every command shares: global options, protected output, isolation, messages.

A command file does, in this order (DESIGN.md, "Order at start"):

    @group.command("add")
    @click.pass_obj
    def add(context: Context, ...) -> None:
        with context.session("index add", read=[...]) as session:   # workspace commands
            ...heavy imports, pipeline call...
        context.result({...}, text="...")                            # stdout

    def check(context: Context, ...) -> None:
        context.isolate(read=[...])                                  # commands without workspace
        ...
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from secure_rag import workspace as workspaces
from secure_rag.cli.render import json_text
from secure_rag.cli.results import Results
from secure_rag.errors import ConfigError, ExitCode, UsageError
from secure_rag.workspace import FACTOR_FILES, POLICY_VARIABLE, WORKSPACE_VARIABLE

if TYPE_CHECKING:
    from secure_rag.isolation import Evidence
    from secure_rag.isolation.private_folder import PrivateFolder
    from secure_rag.pipeline.session import Session
    from secure_rag.policy.model import Policy
    from secure_rag.workspace import Workspace


@dataclass
class Context:
    """Global options and the two streams of one run; `ctx.obj` of every command."""

    workspace_dir: Path | None = None
    collection: str = "default"
    quiet: bool = False
    verbose: int = 0
    color: bool = True
    json: bool = False
    key_file: Path | None = None
    key_fd: int | None = None
    kept_fds: list[int] = field(default_factory=list)
    """Descriptors that a command names besides `key_fd`: isolation leaves them open."""
    unsafe_no_isolation: bool = False
    exit_code: ExitCode = ExitCode.OK
    """What the process ends with when the command returns; a failed check sets it to 1."""
    _out: TextIO | None = field(default=None, repr=False)
    _evidence: Evidence | None = field(default=None, repr=False)

    # -- output ------------------------------------------------------------------------

    @property
    def out(self) -> TextIO:
        """The stream for results, safe from what native code writes to descriptor 1."""
        return self._out or sys.stdout

    def protect_stdout(self) -> None:
        """Keep a private copy of descriptor 1 and point the public one at stderr."""
        if self._out is not None or not _has_descriptor(sys.stdout):
            return
        sys.stdout.flush()
        copy = os.dup(1)
        os.dup2(2, 1)
        self._out = Results(copy)

    def result(self, value: dict[str, Any], *, schema: str, text: str) -> None:
        """Print a command's one result: JSON with its schema, or text."""
        if self.json:
            document = {"schema": f"secure-rag/{schema}/1", **value}
            self.out.write(json_text(document) + "\n")
        elif text:
            self.out.write(text if text.endswith("\n") else text + "\n")
        self.out.flush()

    def line(self, value: dict[str, Any], *, text: str | None = None) -> None:
        """Print one line of a listing: JSON Lines, or text."""
        body = json_text(value) if self.json or text is None else text
        self.out.write(body + "\n")
        self.out.flush()

    def say(self, message: str) -> None:
        """Print a message on stderr, unless `-q`."""
        if not self.quiet:
            click.echo(message, err=True)

    def warn(self, message: str) -> None:
        """Print a warning on stderr, also with `-q`."""
        click.echo(f"secure-rag: warning: {message}", err=True)

    def warn_of(self, policy: Policy) -> Policy:
        """Return a policy that a command was given, with a warning if it is unsafe."""
        if policy.is_unsafe:
            self.warn(f"the policy {policy.name} redacts nothing: for public text only")
        return policy

    @property
    def is_interactive(self) -> bool:
        """Whether a person sits at a terminal and may be asked."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before data is lost.

        Raises:
            UsageError: without a terminal and without `--yes`, or when the answer is no.
        """
        if yes:
            return
        if not self.is_interactive:
            raise UsageError(
                "this needs a confirmation and there is no terminal",
                hint="add --yes if you mean it",
            )
        if not click.confirm(question, err=True):
            raise UsageError("not confirmed, nothing was done")

    # -- start order -------------------------------------------------------------------

    def isolate(self, *, read: Sequence[Path] = (), write: Sequence[Path] = ()) -> Evidence:
        """Protect stdout, then enter isolation; the second call of a run changes nothing.

        `read` and `write` name what the command line named; interpreter, system, models
        and a private temporary folder are added here.
        """
        if self._evidence is not None:
            return self._evidence
        from secure_rag.isolation import enter, unenforced

        self.protect_stdout()
        self._start_logging()
        if self.unsafe_no_isolation:
            self.warn(
                "running WITHOUT isolation (--unsafe-no-isolation): nothing is enforced; "
                "a workspace has this on record"
            )
            self._evidence = unenforced()
            return self._evidence
        temporary = _private_temp()
        absolute = [Path(os.path.abspath(path)) for path in read]
        self._evidence = enter(
            read=[*absolute, *_model_folders(), *_key_folders(self.key_file)],
            write=[*(Path(os.path.abspath(path)) for path in write), temporary.path],
            keep=[*self._kept_descriptors(), temporary.descriptor],
        )
        return self._evidence

    def _kept_descriptors(self) -> list[int]:
        """Return the copy of descriptor 1 that results are printed on, and `--key-fd`."""
        copy = [*self.kept_fds, *([] if self._out is None else [self._out.fileno()])]
        return copy if self.key_fd is None else [*copy, self.key_fd]

    def find_workspace(self) -> Workspace:
        """Return the workspace that `--workspace` or the current folder names."""
        return workspaces.find_workspace(self.workspace_dir)

    def _start_logging(self) -> None:
        """Send this package's own log lines to stderr; other libraries stay quiet.

        `-v` and `-vv`, or `SECURE_RAG_LOGLEVEL`. Lines name ids and counts, never text.
        """
        import logging

        level = ("WARNING", "INFO", "DEBUG")[min(self.verbose, 2)]
        level = os.environ.get("SECURE_RAG_LOGLEVEL", level).upper()
        if level not in logging.getLevelNamesMapping():
            raise ConfigError(
                f"SECURE_RAG_LOGLEVEL: unknown level {level!a}", hint="DEBUG, INFO or WARNING"
            )
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        logger = logging.getLogger("secure_rag")
        logger.handlers = [handler]
        logger.setLevel(level)

    def optional_workspace(self) -> Workspace | None:
        """Return the workspace, or None where there is none; one that was named must exist."""
        try:
            return self.find_workspace()
        except ConfigError:
            if self.workspace_dir is not None or os.environ.get(WORKSPACE_VARIABLE):
                raise
            return None

    @contextmanager
    def session(
        self,
        command: str,
        *,
        read: Sequence[Path] = (),
        write: Sequence[Path] = (),
        adapter: str | None = None,
    ) -> Iterator[Session]:
        """Isolate, open the workspace and its log, run the body, end with a checkpoint.

        What the body sets `exit_code` to is recorded as the outcome.
        """
        found = self.find_workspace()
        evidence = self.isolate(
            read=[found.root, *policy_files(None), *read],
            write=[found.root, *write, *tuning_folders()],
        )
        from secure_rag.pipeline.session import open_session

        with open_session(
            found,
            command=command,
            collection=self.collection,
            evidence=evidence,
            key_file=self.key_file,
            key_fd=self.key_fd,
            adapter=adapter,
        ) as session:
            yield session
            session.exit_code = self.exit_code


def tuning_folders() -> list[Path]:
    """Return the folder of what was measured of models here, made if it can be.

    Rules of files hold for folders that exist; without one nothing is remembered.
    """
    folder = workspaces.cache_home() / "tuning"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return []
    return [folder]


def policy_files(policy: str | None) -> list[Path]:
    """Return what must be readable of the file that `--policy`, else its variable, names.

    A name is no file.
    """
    policy = policy or os.environ.get(POLICY_VARIABLE)
    return [policy_folder(Path(policy))] if policy and os.path.exists(policy) else []


def policy_folder(path: Path) -> Path:
    """Return the folder of a policy: its parents, lists and registries lie beside it.

    Beside a pipe (`<(command)`) lies nothing; it is returned itself, so that it stays open.
    """
    from secure_rag.isolation.descriptors import named_by

    return path if named_by([path]) else path.absolute().parent


def key_folder(key_file: Path | None) -> Path:
    """Return where the key lies, and beside it what a restored workspace must not lose."""
    return key_file.absolute().parent if key_file else workspaces.config_home() / "keys"


def _has_descriptor(stream: TextIO) -> bool:
    try:
        return stream.fileno() == 1
    except (OSError, ValueError):
        return False


def _private_temp() -> PrivateFolder:
    """Make this run's temporary folder and let every library and child use it."""
    import atexit

    from secure_rag.isolation.private_folder import make_private_folder, remove_left_folders

    parent = Path(tempfile.gettempdir())
    remove_left_folders(parent)
    folder = make_private_folder(parent)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder.path)
    owner = os.getpid()

    def clear() -> None:
        if os.getpid() == owner:
            folder.clear()

    atexit.register(clear)
    return folder


def _model_folders() -> list[Path]:
    """Return the machine's model stores (the workspace's is inside the workspace)."""
    from secure_rag.resources import checkout, resource

    named = os.environ.get("SECURE_RAG_MODELS")
    root = checkout()
    candidates = [
        Path(named) if named else None,
        root / "models" if root else None,
        workspaces.data_home() / "models",
        resource("models"),
        resource("policies"),
        resource("examples"),
    ]
    return [path for path in candidates if path is not None]


def _key_folders(key_file: Path | None) -> list[Path]:
    folders = [key_folder(key_file)]
    named = (os.environ.get(name) for name in FACTOR_FILES.values())
    return [*folders, *(Path(value) for value in named if value)]
