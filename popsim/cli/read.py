"""``popsim read``: the mail sessions in a capture, as a text and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popsim.cli.output import Output, output
from popsim.cli.values import EDITION, Trouble, reading, whole_number

if TYPE_CHECKING:
    from popsim.capture.conversation import Conversation
    from popsim.capture.dissect import Dissection
    from popsim.protocols.protocol import Protocol
    from popsim.timeline import Timeline

_EPILOG = """\b
popsim read trace.pcapng
popsim read trace.pcapng --stream 2 --html session.html
"""
_STREAM = "One TCP connection alone, by its number in the list; tshark calls it tcp.stream."
_HTML = "Write the player with these sessions too: one page, which needs nothing else."
_MOST = 20
"""How many breaches of a session are listed."""


@click.command(epilog=_EPILOG)
@click.argument("file")
@click.option("--stream", metavar="N", callback=reading(whole_number(0, 10**9, "a connection's number")), help=_STREAM)
@click.option("--html", metavar="OUT.html", callback=reading(output(".html", ".htm")), help=_HTML)
@click.option("--secrets", is_flag=True, help="Show passwords as they crossed the wire, instead of ****.")
@EDITION
def read(file: str, stream: int | None, html: Output | None, secrets: bool, edition: str | None) -> None:
    """List the mail sessions in a capture, and print them with their states.

    FILE is a pcap or pcapng file, or a .jsonl file that popsim has written. The first line that breaks the protocol is
    marked, with the rule that it breaks. Each session is read by the table of the protocol that it looks like:
    POP3, POP2, IMAP or SMTP.
    """
    held = _read(file, edition)
    chosen = _chosen(held, stream, file)
    for line in held.heading(file):
        click.echo(line)
    audience = _audience(secrets)
    found = {number: _dissected(held, [number], audience) for number in chosen if held.is_read(number)}
    for line in _table(held, chosen, found):
        click.echo(line)
    for number, session in found.items():
        click.echo(f"\nstream {number}: {held.conversations[number].client} to {held.conversations[number].server}")
        for line in _session(session, held.conversations[number]):
            click.echo(line)
    if html:
        _write(html, held, list(found), audience, file)


@dataclass(slots=True)
class _Held:
    """What a file holds.

    Args:
        conversations: its TCP connections.
        notes: what is to be said of it.
        packets: how many packets it has; -1 for a recording.
        protocols: what was spoken on each connection, where the file or the user says so; else None.
    """

    conversations: list[Conversation]
    notes: list[str]
    packets: int
    protocols: list[Protocol | None]

    def heading(self, file: str) -> Iterator[str]:
        """What is said first."""
        number = len(self.conversations)
        packets = f"{self.packets:,} packet{'s' * (self.packets != 1)}, " if self.packets >= 0 else ""
        yield f"{Path(file).name}: {packets}{number:,} TCP connection{'s' * (number != 1)}"
        yield from (f"note: {note}" for note in self.notes)

    def title(self, number: int) -> str:
        """The protocol of a connection, as far as can be told."""
        from popsim.capture.dissect_guess import likely

        known = self.protocols[number]
        return known.title if known else likely(self.conversations[number])

    def is_read(self, number: int) -> bool:
        """Whether a connection is of a protocol that is dissected."""
        from popsim.protocols import PROTOCOLS

        return self.title(number) in {one.title for one in PROTOCOLS.values() if not one.table.is_history}


def _read(file: str, edition: str | None) -> _Held:
    from popsim.capture.file import read as capture
    from popsim.capture.overhear import conversations, spoken_in
    from popsim.timeline import Timeline, TimelineError

    try:
        if Path(file).suffix.lower() == ".jsonl":
            timeline = Timeline.load(file)
            return _told(_Held(conversations(timeline), [], -1, spoken_in(timeline)), edition)
        held = capture(file)
        return _told(_Held(held.conversations, held.notes, held.packets, [None] * len(held.conversations)), edition)
    except TimelineError as error:
        raise Trouble(str(error)) from None
    except OSError as error:
        raise Trouble(f"cannot read {file!r}: {error.strerror or error}") from None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise Trouble(f"cannot read {file!r}: {type(error).__name__}: {error}") from None


def _told(held: _Held, edition: str | None) -> _Held:
    """The same, with the edition that the user names for all sessions of its protocol."""
    from popsim.cli.values import chosen
    from popsim.protocols import PROTOCOLS, find

    if edition is None:
        return held
    number = edition.strip().lower().removeprefix("rfc").strip()
    of = next((p for p in PROTOCOLS.values() if number in map(str, p.editions)), find("pop3"))
    protocol = chosen(of, edition, False)
    for place in range(len(held.conversations)):
        if held.title(place) == protocol.title:
            held.protocols[place] = protocol
    return held


def _chosen(held: _Held, stream: int | None, file: str) -> list[int]:
    """The numbers of the connections that are asked for: one, or all that are of mail."""
    count = len(held.conversations)
    if stream is None:
        return [number for number in range(count) if held.title(number)]
    if stream >= count:
        known = f"it has the streams 0 to {count - 1}" if count else "it has none"
        raise Trouble(f"there is no stream {stream} in {file!r}: {known}")
    return [stream]


def _audience(secrets: bool) -> dict[str, str]:
    from popsim.timeline.event import AUDIENCE, EAVESDROPPER

    return {AUDIENCE: EAVESDROPPER} if secrets else {}


def _dissected(held: _Held, numbers: Sequence[int], header: dict[str, str]) -> Dissection:
    """Some sessions, their times counted from the beginning of the first."""
    from popsim.capture.dissect import dissection

    found = [held.conversations[number] for number in numbers]
    start = min((_start(one) for one in found), default=0)
    told = [held.protocols[number] for number in numbers]
    return dissection([_since(one, start) for one in found], told, dict(header))


def _start(one: Conversation) -> int:
    return min([seen.time for seen in one.segments] + [piece.time for piece in one.pieces], default=0)


def _since(one: Conversation, start: int) -> Conversation:
    pieces = [replace(piece, time=piece.time - start) for piece in one.pieces]
    segments = [replace(seen, time=seen.time - start) for seen in one.segments]
    return replace(one, pieces=pieces, segments=segments, epoch=one.epoch and one.epoch + start)


# The list


def _table(held: _Held, chosen: list[int], found: dict[int, Dissection]) -> Iterator[str]:
    if chosen:
        yield from _rows(held, chosen, found)
    else:
        yield "no mail session"
    others = sorted({held.title(number) or "an unknown protocol" for number in chosen if number not in found})
    if others:
        yield f"not dissected: {', '.join(others)}"
    left = {number for number in range(len(held.conversations)) if not held.title(number)}
    if left and not left.intersection(chosen):
        ports = ", ".join(map(str, sorted({held.conversations[number].port for number in left})))
        yield f"{len(left):,} more look like no mail protocol (server's port: {ports}); --stream N lists one"


def _rows(held: _Held, chosen: list[int], found: dict[int, Dissection]) -> Iterator[str]:
    names = ["stream", "begins", "client", "server", "protocol", "messages", "octets", "ends", "breaches"]
    rows = [names] + [_row(held, number, found.get(number)) for number in chosen]
    widths = [max(len(row[column]) for row in rows) for column in range(len(names))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _row(held: _Held, number: int, session: Dissection | None) -> list[str]:
    one = held.conversations[number]
    octets = " + ".join(f"{len(one.stream(end)):,}" for end in (0, 1))
    messages, breaches = "-", "-"
    if session:
        messages = f"{len(session.timeline.events('message', 'Sent')):,}"
        breaches = f"{len(session.breaches):,}" if session.breaches else "none"
    title = held.title(number) or "unknown"
    return [str(number), _moment(one), one.client, one.server, title, messages, octets, _ending(one), breaches]


def _moment(one: Conversation) -> str:
    from datetime import UTC, datetime

    from popsim.views.wording import format_time

    start = _start(one)
    if not one.epoch:
        return format_time(start)
    try:
        return f"{datetime.fromtimestamp((one.epoch + start) // 10**9, UTC):%Y-%m-%d %H:%M:%S}Z"
    except (OverflowError, OSError, ValueError):
        return format_time(start)


def _ending(one: Conversation) -> str:
    begun = "" if one.begun else "mid-session, "
    return begun + (one.ending or "not seen")


# A session


def _session(session: Dissection, one: Conversation) -> Iterator[str]:
    """The transcript, with notes below the lines that they are about."""
    from popsim.views.transcript import transcript

    timeline = session.timeline
    notes = _notes(session)
    if not one.begun:
        state = timeline.at(-1).state()
        yield f"             (the capture begins in mid-session: the state is {state})"
    start = 0
    for index in sorted(notes):
        if text := str(transcript(timeline, start, index + 1)):
            yield text
        yield from (f"             {note}" for note in notes[index])
        start = index + 1
    if text := str(transcript(timeline, start)):
        yield text
    yield from _tls(timeline)
    if not session.breaches:
        yield "no line breaks the protocol"
    for breach in session.breaches[1:_MOST]:
        yield f"also, at {_time(breach.time)}: the {breach.endpoint}: {breach}"
    if len(session.breaches) > _MOST:
        yield f"and {len(session.breaches) - _MOST:,} more"


def _time(nanoseconds: int) -> str:
    from popsim.views.wording import format_time

    return format_time(nanoseconds)


def _notes(session: Dissection) -> dict[int, list[str]]:
    """What to say below which event."""
    from popsim.timeline.event import missing_key
    from popsim.views.wording import format_octets

    found: dict[int, list[str]] = {}
    for event in session.timeline.events("message", "Sent"):
        missing = (event.values or {}).get(missing_key(event.connection, event.endpoint))
        if missing:
            found.setdefault(event.index, []).append(f"({format_octets(missing)} of it are not in the capture)")
    for first in session.breaches[:1]:
        breaks = f"^ the first line that breaks the protocol, by the {first.endpoint}: {first}"
        found.setdefault(first.event, []).append(breaks)
    return found


def _tls(timeline: Timeline) -> Iterator[str]:
    """What can be read of a session under TLS."""
    from popsim.timeline.event import record_key
    from popsim.views.wording import format_octets

    sent = timeline.events("ciphertext", "Sent")
    if not sent:
        return
    yield f"TLS from {_time(sent[0].time)} on; of what was said then, an eavesdropper reads nothing:"
    for endpoint in ("client", "server"):
        mine = [event for event in sent if event.endpoint == endpoint]
        names = [str((e.values or {}).get(record_key(e.connection, endpoint), "")) for e in mine]
        kinds = ", ".join(f"{names.count(name)} {name}" for name in dict.fromkeys(names))
        yield f"  {endpoint}: {format_octets(sum(e.end - e.start for e in mine))} in records: {kinds or 'none'}"


def _write(html: Output, held: _Held, numbers: list[int], header: dict[str, str], file: str) -> None:
    from popsim.views.page import page

    if not numbers:
        raise Trouble(f"there is no mail session in {file!r} to show on a page")
    session = _dissected(held, numbers, header)
    first = session.breaches[0] if session.breaches else None
    note = f"First breach, by the {first.endpoint}: {first}" if first else "No line breaks the protocol."
    text = page(session.timeline, f"{Path(file).name}", note)
    html.write(lambda path: path.write_text(text, encoding="utf-8"))
    click.echo(f"\nwritten: {html.path}")
