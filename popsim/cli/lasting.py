"""What commands share that last until somebody ends them, and write down what happens."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from popsim.cli.output import Output

if TYPE_CHECKING:
    import asyncio

OVERWRITE = click.option("--overwrite", is_flag=True, help="Replace the file that is written, if it is there already.")


def check_new(option: str, target: Output, overwrite: bool) -> None:
    """See that nothing is replaced unasked.

    Raises:
        click.UsageError: there is a file.
    """
    if not overwrite and os.path.lexists(target.path):
        raise click.UsageError(f"{option}: {os.fspath(target.path)!r} exists: choose another name, or add --overwrite")


def complainer(command: str) -> Callable[[str], None]:
    """What says one line on stderr, beginning with the command's name."""

    def complain(text: str) -> None:
        line = "".join(c if c.isprintable() else " " for c in text)
        click.echo(f"popsim {command}: {line}", err=True)

    return complain


def stopper(complain: Callable[[str], None]) -> asyncio.Event:
    """An event of this loop that Ctrl-C and SIGTERM set; what fails in the loop is said, and all else goes on."""
    import asyncio

    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def report(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        reason = f": {type(error).__name__}: {error}" if error else ""
        complain(f"{context.get('message', 'a connection failed')}{reason}")

    loop.set_exception_handler(report)
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # on Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    return stop
