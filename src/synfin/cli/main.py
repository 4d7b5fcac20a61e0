"""The command `synfin`: finds commands by name, and turns every way they can end into one line and an exit code.

Responsible for a quick start (a command's module is loaded only when it is called), for exit codes and for what an
error looks like.  The commands themselves are in files of their own.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from typing import Any, Final, NoReturn

from synfin import __version__, compiled
from synfin.errors import SynfinError, UsageError

try:
    import click
except ModuleNotFoundError:
    sys.stderr.write("synfin: the command line needs click; run: pip install 'synfin[cli]'\n")
    raise SystemExit(2) from None

EXIT_OK: Final = 0
EXIT_FINDING: Final = 1
EXIT_USAGE: Final = 2
EXIT_BAD_FILE: Final = 3
EXIT_INTERRUPTED: Final = 130

# Each is a module synfin.cli.NAME that has a click command NAME; the text is for `synfin --help`.
COMMANDS: Final[dict[str, str]] = {
    "demo": "Show a connection live and die, with both ends' states.",
    "learn": "Chapters to read, runs to watch, questions whose answers are computed.",
    "explain": "Show a captured connection: states, losses, repetitions.",
    "drill": "Play packet scripts: does this stack, or the kernel, do what they say?",
    "tun": "Run the stack on a TUN device: serve, or run a command against it.",
    "connect": "Connect to a TCP port: standard input to the peer, the peer to standard output.",
    "web": "Show scenarios in a web page: step, scrub, and ask what if.",
}


class Failure(click.ClickException):
    """A command ends with one line on stderr and the exit code `code`."""

    def __init__(self, message: str, exit_code: int = EXIT_FINDING) -> None:
        super().__init__(message)
        self.code = exit_code


class _ReaderGoneError(Exception):
    """Whoever read our output has gone: a quiet end, which click would make exit code 1."""


class _Commands(click.Group):
    """Looks commands up by name and loads the module of the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if importlib.util.find_spec(f"synfin.cli.{name}") is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = getattr(importlib.import_module(f"synfin.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise _ReaderGoneError from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])


def _kind() -> str:
    """What runs: compiled modules or sources, and on which Python."""
    return f"{'compiled' if compiled() else 'pure'}, Python {sys.version.split()[0]}"


@click.command(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(
    __version__,
    prog_name="synfin",
    message=f"%(prog)s, version %(version)s ({_kind()})",
)
@click.pass_context
def cli(ctx: click.Context) -> int:
    """TCP from the first SYN to the end of TIME_WAIT: run it, simulate it, watch it."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        return EXIT_USAGE
    return EXIT_OK


def run(arguments: list[str] | None = None) -> int:
    """Run a command line (without the program's name; None: that of the process) and return its exit code."""
    try:
        result: Any = cli.main(arguments, prog_name="synfin", standalone_mode=False)
    except click.UsageError as error:
        name = error.ctx.command_path if error.ctx is not None else "synfin"
        return _fail(f"{name}: {error.format_message()} (see {name} --help)", EXIT_USAGE)
    except Failure as error:
        return _fail(f"synfin: {error.format_message()}", error.code)
    except click.ClickException as error:
        return _fail(f"synfin: {error.format_message()}", EXIT_USAGE)
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except _ReaderGoneError:
        _silence_stdout()
        return EXIT_OK
    except UsageError as error:
        return _fail(f"synfin: {error}", EXIT_USAGE)
    except SynfinError as error:
        return _fail(f"synfin: {error}", EXIT_FINDING)
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        return _fail(f"synfin: {where}{error.strerror or error}", EXIT_FINDING)
    except ModuleNotFoundError as error:
        if error.name in ("click", "rich"):
            return _fail(f"synfin: this command needs {error.name}; run: pip install 'synfin[cli]'", EXIT_USAGE)
        raise
    return result if isinstance(result, int) else EXIT_OK


def _fail(line: str, code: int) -> int:
    sys.stderr.write(" ".join(line.split()) + "\n")
    return code


def _silence_stdout() -> None:
    """Whoever read our output has gone; let the interpreter's last flush go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> NoReturn:
    """The entry point of `synfin` and of `python -m synfin`."""
    code = run()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _silence_stdout()
    sys.exit(code)
