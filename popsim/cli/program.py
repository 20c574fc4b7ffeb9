"""The program: its commands, and what it says when one of them is not understood."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import click

from popsim import __version__
from popsim.cli.fetch import fetch
from popsim.cli.lab import lab
from popsim.cli.pictures import diagram, table
from popsim.cli.proxy import proxy
from popsim.cli.read import read
from popsim.cli.run import run as run_command
from popsim.cli.run import show
from popsim.cli.serve import serve


class _Program(click.Group):
    """A group that names its commands to whoever asks for another one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.commands and not args[0].startswith("-"):
            close = get_close_matches(args[0], self.commands, 1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            raise click.UsageError(f"expected {_listed(self.commands)}, got {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Program,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="popsim %(version)s")
@click.pass_context
def program(context: click.Context) -> None:
    """A laboratory for mail protocols.

    \b
    popsim lab                        the course, in JupyterLab
    popsim run pop3 STAT QUIT         a session, simulated
    popsim serve --pop3 1100          a server for real mail readers
    popsim fetch pop3s://ana@host     all mail of a server, as files
    popsim read trace.pcapng          the mail sessions in a capture
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for _command in (lab, run_command, show, read, table, diagram, serve, fetch, proxy):
    program.add_command(_command)


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code.

    Args:
        arguments: the words after ``popsim``.
    """
    try:
        with program.make_context("popsim", list(arguments)) as context:
            program.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        where = f"popsim {arguments[0]}" if arguments and arguments[0] in program.commands else "popsim"
        click.echo(_line(error, where), err=True)
        return error.exit_code
    return 0


def _line(error: click.ClickException, where: str) -> str:
    """What is wrong, in one line, with the command that it is about and where to read on."""
    text = " ".join(error.format_message().split())
    if isinstance(error, click.UsageError):
        text = f"{text.rstrip('.')} (see {where} --help)"
    return f"{where}: {''.join(c if c.isprintable() else '?' for c in text)}"


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}"
