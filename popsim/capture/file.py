"""Capture files: the conversations in one, a timeline out of one, a timeline into one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from popsim.capture import tcp
from popsim.capture.conversation import Conversation, Piece
from popsim.capture.fragments import Fragments
from popsim.capture.packet import LINKS, Fragment, Segment, decoded
from popsim.capture.read_file import Contents, contents
from popsim.capture.save import save
from popsim.timeline.event import CLIENT
from popsim.timeline.timeline import Timeline, TimelineError

__all__ = ["Capture", "conversations", "load", "read", "save"]


@dataclass(slots=True)
class Capture:
    """What a capture file holds.

    Args:
        conversations: its TCP connections, in the order in which they began.
        packets: how many packets it has.
        notes: what is to be said of it, a sentence each: that it is cut short, that packets of it could not be read.
        comments: what its writer said about it.
    """

    conversations: list[Conversation]
    packets: int
    notes: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


def read(path: str | Path) -> Capture:
    """Read a capture.

    Args:
        path: a pcap or pcapng file, whatever its name.

    Raises:
        TimelineError: it is neither, or damaged before its first packet.
        OSError: it can't be read.
    """
    held = contents(Path(path))
    epoch = min((frame.time for frame in held.frames), default=0)
    found = [_since(epoch, one) for one in tcp.conversations(_segments(held))]
    for one in found:
        one.secrets = _keys(one, held.secrets)
    return Capture(found, len(held.frames), held.notes, held.comments)


def conversations(path: str | Path) -> list[Conversation]:
    """The TCP connections of a capture, in the order in which they began; see :func:`read`."""
    return read(path).conversations


def load(path: Path) -> Timeline:
    """The timeline of a capture, dissected; see :meth:`Timeline.load`."""
    from popsim.capture.dissect import dissect

    capture = read(path)
    if not capture.conversations:
        raise TimelineError(f"{path.name} holds no TCP connection: {_packets(capture.packets)}, none of them TCP")
    timeline = dissect(capture.conversations)
    timeline.header = {**timeline.header, "notes": capture.notes} if capture.notes else timeline.header
    return timeline


def _packets(number: int) -> str:
    return f"{number:,} packet{'s' * (number != 1)}"


def _segments(held: Contents) -> list[Segment]:
    """The TCP segments of a capture, in the order of time; what else is to be said becomes a note."""
    fragments, found = Fragments(), []
    cut = 0
    for frame in held.frames:
        one = decoded(frame)
        if isinstance(one, Fragment):
            one = fragments.add(one, frame.time)
        if one is not None:
            found.append(one)
            cut += len(one.data) < one.length
    if fragments.open:
        held.notes.append(f"{_packets(fragments.open)} came in fragments of which some are missing")
    if cut:
        held.notes.append(f"{_packets(cut)} were not captured whole: what is missing of them is a gap")
    unknown = {frame.link for frame in held.frames} - LINKS.keys()
    if unknown:
        numbers = ", ".join(map(str, sorted(unknown)))
        held.notes.append(f"packets of link type {numbers} can't be read; these can: {', '.join(LINKS.values())}")
    # Packets of several interfaces need not stand in the file in the order of their times.
    return sorted(found, key=lambda one: one.time)


def _since(epoch: int, one: Conversation) -> Conversation:
    """The same conversation, its times counted from the first packet of the capture."""
    pieces = [Piece(piece.time - epoch, piece.endpoint, piece.start, piece.octets) for piece in one.pieces]
    segments = [replace(seen, time=seen.time - epoch) for seen in one.segments]
    return replace(one, pieces=pieces, segments=segments, epoch=epoch)


def _keys(one: Conversation, lines: list[str]) -> tuple[str, ...]:
    """The keys of a conversation: those that name the 32 octets of chance in its ClientHello."""
    if not lines:
        return ()
    said = one.stream(CLIENT)
    return tuple(line for line in lines if _chance(line) in said)


def _chance(line: str) -> bytes:
    words = line.split()
    try:
        octets = bytes.fromhex(words[1])
    except (IndexError, ValueError):
        return b"\n" * 32
    return octets if len(octets) == 32 else b"\n" * 32
