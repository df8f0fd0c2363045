"""The command group, and the one place where errors become exit codes."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

import click

from secure_rag import __version__
from secure_rag.cli.context import Context
from secure_rag.cli.options import Group
from secure_rag.cli.render import show_error
from secure_rag.errors import (
    ExitCode,
    InterruptedRunError,
    OutputClosedError,
    SecureRagError,
    SystemCallError,
    UsageError,
)

_EPILOG = """\b
Start:    secure-rag demo
          secure-rag init work && cd work
          secure-rag index add ~/contracts
          secure-rag ask "Who signed the lease?"

\b
Settings: flags, then SECURE_RAG_* variables, then secure-rag.toml, then defaults.
Exit codes: 0 done, 1 a check failed, 2 usage, 3 configuration or policy, 4 input,
5 missing or different file, 6 refused for safety, 70 bug, 130 interrupted."""


@click.group(
    cls=Group,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="secure-rag")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Answers over confidential documents, on this machine, with proof."""
    ctx.ensure_object(Context)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; prints errors, never a traceback."""
    context = Context()
    try:
        _register()
        cli.main(args=arguments, prog_name="secure-rag", standalone_mode=False, obj=context)
        return int(context.exit_code)
    except OutputClosedError:
        return int(context.exit_code)
    except SecureRagError as error:
        return _report(context, error)
    except click.exceptions.Exit as stop:
        return int(stop.exit_code)
    except click.UsageError as error:
        return _report_usage(context, error)
    except click.ClickException as error:
        return _report(context, UsageError(error.format_message()))
    except (KeyboardInterrupt, click.Abort):
        return _report_interrupt(context)
    except SystemExit as stop:  # how Click ends on the pipe of a process that died
        return _report(context, _as_bug(stop.__context__ or stop))
    except OSError as error:
        return _report(context, _as_refused(error) if error.errno else _as_bug(error))
    except Exception as error:  # the one place: a bug, reported without its message
        return _report(context, _as_bug(error))


def _report_usage(context: Context, error: click.UsageError) -> int:
    """Print what is wrong with the arguments; where there are none at all, the help in words."""
    message = error.format_message()
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        if not _is_json(context):
            error.show()
            return ExitCode.USAGE
        message = "Missing command."
    return _report(context, UsageError(message, hint=_next_step(error.ctx) if error.ctx else None))


def _next_step(ctx: click.Context) -> str:
    step = f"see `{ctx.command_path} --help`"
    if isinstance(ctx.command, click.Group):
        return f"commands: {', '.join(ctx.command.list_commands(ctx))}; {step}"
    return step


def _is_json(context: Context) -> bool:
    return context.json or "--json" in sys.argv


def _report_interrupt(context: Context) -> int:
    if _is_json(context):
        return _report(context, InterruptedRunError("interrupted"))
    click.echo("secure-rag: interrupted", err=True)
    return ExitCode.INTERRUPTED


def _report(context: Context, error: SecureRagError) -> int:
    show_error(error, as_json=_is_json(context))
    return int(error.exit_code)


def _as_bug(error: BaseException) -> SecureRagError:
    """Name a bug by type and place; its message may quote a document and is not shown."""
    return SecureRagError(
        f"a bug: {type(error).__name__} at {_place(error)}",
        hint="report it with this line; it holds no document text",
    )


def _as_refused(error: OSError) -> SecureRagError:
    """Name what the system refused by its error and place; a path is not shown."""
    number = error.errno or 0
    name = errno.errorcode.get(number, str(number))
    return SystemCallError(
        f"the system refused: {os.strerror(number)} ({name}) at {_place(error)}",
        hint="check folders, rights, and the space on the disk",
    )


def _place(error: BaseException) -> str:
    """Return the innermost line of this program that an error went through."""
    place = "unknown place"
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if "secure_rag" in code.co_filename:
            place = f"{code.co_filename.rpartition('secure_rag')[2].lstrip('/')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _register() -> None:
    """Hang the commands into the group, in the order of the help page."""
    if cli.commands:
        return
    from secure_rag.cli.commands import COMMANDS

    for name, command in COMMANDS.items():
        cli.add_command(command, name)
