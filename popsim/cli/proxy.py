"""``popsim proxy``: between real clients and a real server, and it writes down what they say to each other."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from popsim.cli.lasting import OVERWRITE, check_new, complainer, stopper
from popsim.cli.output import Output, output
from popsim.cli.values import PORT, RATE, SEED, Trouble, reading, whole_number

if TYPE_CHECKING:
    from popsim.sockets.live_recording import Capture
    from popsim.sockets.proxy import Proxy
    from popsim.wire import Fault

_complain = complainer("proxy")
_EPILOG = """\b
popsim proxy --listen 1101 --to 127.0.0.1:1100 --save session.pcapng
popsim proxy --listen 1101 --to mail.example.org:110 --save slow.jsonl \\
             --delay "200 ms" --rate "64 kbit/s" --fault "cut server after 2000"
"""
_TO = re.compile(r"(\[[0-9A-Fa-f:.%a-z]+\]|[^:\[\]]+):([0-9]+)")
_SAVE = "Where to write it down: what crossed (.pcapng), or the timeline of what was said (.jsonl)."
_DELAY = "How much longer everything takes, one way.  [default: no longer]"
_FAULT = 'What goes wrong: "cut server after 120", "stall client after 20 for 5 s", "corrupt server at 300" and others.'


def _server(text: str) -> tuple[str, int]:
    """A host and a port, as ``127.0.0.1:110`` or ``[::1]:110``."""
    match = _TO.fullmatch(text)
    if not match:
        raise ValueError(f"expected the server as HOST:PORT, such as 127.0.0.1:110, got {text!r}")
    return match[1].strip("[]"), whole_number(1, 65535, "a port")(match[2])


def _fault(text: str) -> Fault:
    from popsim.wire import Fault

    return Fault.parse(text)


def _time(text: str) -> int:
    from popsim.wire.quantity import nanoseconds

    return nanoseconds(text)


@click.command(epilog=_EPILOG)
@click.option("--listen", metavar="PORT", required=True, callback=PORT, help="Where clients come, on 127.0.0.1.")
@click.option("--to", "server", metavar="HOST:PORT", required=True, callback=reading(_server), help="The server.")
@click.option("--save", metavar="FILE", required=True, callback=reading(output(".pcapng", ".jsonl")), help=_SAVE)
@OVERWRITE
@click.option("--delay", metavar="TIME", default="0 s", callback=reading(_time), help=_DELAY)
@click.option("--jitter", metavar="TIME", default="0 s", callback=reading(_time), help="Up to so much more, by chance.")
@RATE
@click.option("--loss", metavar="SHARE", default="0%", help="How many segments are lost, and sent once more: 2%.")
@click.option("--fault", "faults", multiple=True, metavar="TEXT", callback=reading(_fault), help=_FAULT)
@SEED
def proxy(
    listen: int,
    server: tuple[str, int],
    save: Output,
    overwrite: bool,
    faults: tuple[Fault, ...],
    seed: int,
    **line: Any,
) -> None:
    """Pass on what clients and a server say, and write it down, until Ctrl-C.

    Everything is seen as it is at the client's end. What is encrypted passes as it is. Octets, segments and
    connections are counted as popsim run counts them: a fault befalls the first connection, and the second one with
    "on 1" behind it.
    """
    import asyncio

    from popsim.sockets.listener import CannotListen
    from popsim.sockets.proxy import Proxy
    from popsim.wire import Link

    check_new("--save", save, overwrite)
    try:
        link = Link(**line)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--loss'") from None
    witness = _witness(save, server, overwrite)
    try:
        joins = Proxy(*server, listen, witness, link=link, faults=faults, seed=seed, report=_complain)
        asyncio.run(_pass(joins))
    except ValueError as error:
        _discard(witness)
        raise click.BadParameter(str(error), param_hint="'--fault'") from None
    except CannotListen as error:
        _discard(witness)
        raise Trouble(str(error)) from None
    _finish(witness, save)


def _witness(save: Output, server: tuple[str, int], overwrite: bool) -> Capture:
    """What passes goes into the file at once; a timeline is made of it in the end, and until then it lies beside."""
    from popsim.sockets.live_file import LiveFile
    from popsim.sockets.live_recording import Capture
    from popsim.timeline.event import CLIENT

    title = f"popsim proxy to {server[0]}:{server[1]}"
    try:
        file = LiveFile(_beside(save), replaces=overwrite, report=_complain)
    except OSError as error:
        raise Trouble(f"--save: cannot write {os.fspath(save.path)!r}: {error.strerror or error}") from None
    return Capture({"title": title}, file, at=CLIENT)


def _beside(save: Output) -> Path:
    if save.path.suffix.lower() == ".pcapng":
        return save.path
    return save.path.with_name(f".{save.path.stem}.{os.getpid()}.pcapng")


async def _pass(joins: Proxy) -> None:
    stop = stopper(_complain)
    async with joins:
        # The first line, for programs; what is for people goes to stderr.
        click.echo(f"proxy 127.0.0.1:{joins.port}")
        click.echo(
            f"to {joins.host}:{joins.port}; what passes is written down, passwords too (Ctrl-C ends it)", err=True
        )
        await stop.wait()
    refused = f", {joins.refused:,} refused because there were too many at once" if joins.refused else ""
    click.echo(f"stopped after {joins.count:,} connection{'s' * (joins.count != 1)}{refused}", err=True)


def _discard(witness: Capture) -> None:
    witness.close()
    witness.file.path.unlink(missing_ok=True)


def _finish(witness: Capture, save: Output) -> None:
    from popsim.timeline import Timeline, TimelineError

    failed = witness.file.failed
    witness.close()
    place = witness.file.path
    if place != save.path:
        try:
            timeline = Timeline.load(place)
        except TimelineError:
            click.echo("nothing saved: no client came through to the server", err=True)
            return
        finally:
            place.unlink(missing_ok=True)
        save.write(timeline.save)
    if not failed:
        click.echo(f"saved: {save.path}", err=True)
