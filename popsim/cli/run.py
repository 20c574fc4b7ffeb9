"""``popsim run`` and ``popsim show``: a session that is simulated, and one that was saved, as a text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from popsim.cli.output import Output, output
from popsim.cli.values import (
    DELAY,
    EDITION,
    EXTENSIONS,
    MAILS,
    MINIMAL,
    POLICY,
    RATE,
    SEED,
    USERS,
    WITHOUT,
    Trouble,
    reading,
)

if TYPE_CHECKING:
    from popsim.timeline import Timeline
    from popsim.wire import Action


def _loss(text: str) -> int:
    from popsim.wire.quantity import MILLION, millionths

    share = millionths(text)
    if share == MILLION:
        raise ValueError("a line that loses everything carries nothing: expected less than 100%")
    return share


def _time(text: str) -> int:
    from popsim.wire.quantity import nanoseconds

    return nanoseconds(text)


_EPILOG = """\b
A command may open with marks: 1> sends it on connection 1, which connect>
opens (the first one is 0), or "connect> smtp" where another protocol is
spoken on it; +5s> lets five seconds pass first; pipelined> sends it without
waiting for the answers before it; cut> loses the connection; "mail> alice
minimal" lets sample mail arrive for alice.

\b
popsim run pop3 "USER alice" "PASS secret" STAT "RETR 1" QUIT
popsim run imap "a1 LOGIN alice secret" "a2 SELECT INBOX" "a3 SEARCH FROM Cristi"
popsim run pop3 --fault "cut before QUIT" "USER alice" "PASS secret" "DELE 1" QUIT
"""
_FAULT = (
    'What goes wrong: "cut before QUIT", "cut server after 120" (octets), "stall client after 20 for 5 s", '
    '"lose server segment 3", "corrupt server at 300", "keep alice 2" (can\'t be removed).'
)
_LOSS = "How many of the segments are lost, such as 2%; they are sent again.  [default: none]"
_JITTER = "Up to so much more delay, by chance.  [default: none]"
_SAVE = "Save the session too: all of it (.jsonl), or what crossed the wire (.pcapng, .pcap)."


@click.command(epilog=_EPILOG)
@click.argument("protocol", required=False)
@click.argument("commands", nargs=-1, metavar="[COMMAND]...")
@MAILS
@USERS
@EDITION
@EXTENSIONS
@MINIMAL
@WITHOUT
@POLICY
@DELAY
@RATE
@click.option("--loss", metavar="SHARE", default="0%", callback=reading(_loss), help=_LOSS)
@click.option("--jitter", metavar="TIME", default="0 ms", callback=reading(_time), help=_JITTER)
@click.option("--tls", is_flag=True, help="TLS from the first octet on.")
@click.option("--fault", "faults", multiple=True, metavar="TEXT", help=_FAULT)
@SEED
@click.option("--save", metavar="FILE", callback=reading(output(".jsonl", ".pcapng", ".pcap")), help=_SAVE)
@click.option("--scenario", metavar="TEXT", help="Run this instead: the scenario that an earlier run printed.")
@click.pass_context
def run(
    context: click.Context,
    /,
    protocol: str | None,
    commands: tuple[str, ...],
    mails: tuple[str, ...],
    save: Output | None,
    scenario: str | None,
    **given: Any,
) -> None:
    """Print a session on a simulated line, with states and times.

    PROTOCOL is pop3, imap, smtp or pop2. Each COMMAND is a line that the client sends when the one before is answered.
    """
    from popsim.cli.scenario import assembled, handed_in
    from popsim.wire import Simulation

    if scenario is None:
        play = assembled(protocol, commands, mails, {**given, "save": save})
    else:
        play = handed_in(context, scenario, mails)
    try:
        simulation = Simulation(play.scenario, play.mail)
        unsent = simulation.perform(play.scenario.actions)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    except OverflowError:
        raise click.UsageError("the times of this scenario are too long: the clock ends after 292 years") from None
    timeline = simulation.timeline
    _print(timeline)
    for line in _unsent(unsent, len(simulation.connections)):
        click.echo(line)
    click.echo(f"again: {play.again}")
    if save:
        save.write(timeline.save)
        click.echo(f"saved: {save.path}")


@click.command()
@click.argument("file")
def show(file: str) -> None:
    """Print a session that was saved.

    FILE is what popsim run --save or popsim serve --record has written: .jsonl, or a capture.
    """
    from popsim.timeline import Timeline, TimelineError

    if Path(file).is_dir():
        raise Trouble(f"cannot read {file!r}: it is a directory")
    try:
        _print(Timeline.load(file))
    except BrokenPipeError:
        raise
    except TimelineError as error:
        raise Trouble(str(error)) from None
    except OSError as error:
        raise Trouble(f"cannot read {file!r}: {error.strerror or error}") from None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # A timeline by its form, whose events say what no session does.
        raise Trouble(f"cannot show {file!r}: {type(error).__name__}: {error}") from None


def _print(timeline: Timeline) -> None:
    from popsim.views.transcript import transcript

    text = str(transcript(timeline))
    click.echo(f"{text}\n\n{_summary(timeline)}" if text else _summary(timeline))


def _summary(timeline: Timeline) -> str:
    """How much happened, how long it took, and how much each end said."""
    from popsim.timeline.event import sent_key
    from popsim.views.wording import format_octets, format_time

    now = timeline.at(len(timeline) - 1).values
    said = [
        sum(int(now.get(sent_key(connection, end), 0)) for connection in timeline.connections)
        for end in ("client", "server")
    ]
    octets = f"{format_octets(said[0])} from the client, {said[1]:,} from the server"
    return f"{len(timeline):,} events, {format_time(timeline.duration)}, {octets}"


def _unsent(actions: list[Action], connections: int) -> Iterator[str]:
    """What became of the actions that found no open connection."""
    never = [str(action) for action in actions if action.connection >= connections]
    closed = [str(action) for action in actions if action.connection < connections]
    if closed:
        yield f"not sent, because the connection was not open any more: {', '.join(closed)}"
    if never:
        yield f"not sent, because no connection> had opened that connection: {', '.join(never)}"
