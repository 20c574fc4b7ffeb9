"""What passed the wire, as events: segments, the opening and the end of connections, records of TLS."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from popsim.capture.conversation import Conversation, Seen
from popsim.capture.dissect_stream import Side
from popsim.timeline.event import (
    CLIENT,
    CLOSING,
    ENDED,
    ENDPOINTS,
    LOST,
    OPEN,
    SEGMENT_DELIVERED,
    SEGMENT_SENT,
    SERVER,
    STREAM_CLOSED,
    STREAM_LOST,
    STREAM_OPENED,
    connection_key,
    delivered_key,
    segment_key,
    sent_key,
)
from popsim.timeline.recorder import Recorder

Key = tuple[float, int, int]
"""When something happens within a conversation: with which piece, at which end of it, and as which of these."""
SAID, PASSED, READ, AFTER = range(4)
"""The order of what happens with one piece: at its sender, on the wire, at its receiver, and then."""


class Script:
    """What is to be written down of one conversation, in any order, each with its moment.

    Args:
        recorder: where it will be written.
        number: the connection's number there.
        conversation: what passed.
    """

    def __init__(self, recorder: Recorder, number: int, conversation: Conversation) -> None:
        self.recorder, self.number = recorder, number
        self.conversation = conversation
        self.sides = Side(conversation, CLIENT), Side(conversation, SERVER)
        self.lines: list[tuple[int, int, Key, Callable[[], None]]] = []
        self.causes = [-1, -1]
        """The last thing that each end came to know."""
        self.ended: Callable[[int], None] = lambda end: None
        """What happens to the session when an end has closed the connection."""
        self.opened: Callable[[int], None] = lambda end: None
        """What happens to the session when an end has opened the connection."""
        self.carrier: Callable[[int, int], int] = lambda end, place: -1
        """The event of the message or record that an octet belongs to."""
        self._times = [piece.time for piece in conversation.pieces]

    def plan(self, piece: float, phase: int, act: Callable[[], None], time: int | None = None) -> None:
        """Let something be written down with a piece."""
        moment = self._times[int(piece)] if time is None else time
        self.lines.append((moment, self.number, (piece, phase, len(self.lines)), act))

    def add(
        self,
        kind: int,
        at: int,
        values: Mapping[str, Any] | None = None,
        *,
        cause: int | None = None,
        start: int = 0,
        end: int = 0,
    ) -> int:
        """Write down an event of now at one end; its cause is what that end knew last, unless another one is given."""
        known = self.causes[at] if cause is None else cause
        given = dict(values) if values else None
        return self.recorder.add(kind, self.number, at, cause=known, start=start, end=end, values=given)

    def between(self, time: int) -> float:
        """The moment of what is no piece: after all pieces that had passed by then."""
        return bisect_right(self._times, time) - 0.5


class Wire:
    """Plans the segments of a conversation, and the beginning and end of its connection."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._conversation = script.conversation
        self._sent = [0, 0]
        self._open = [not self._conversation.begun] * 2
        self._closed: list[int] = []
        self._lost = False
        self._pieces: dict[tuple[int, int], list[int]] = {}
        for number, piece in enumerate(self._conversation.pieces):
            self._pieces.setdefault((piece.endpoint, piece.time), []).append(number)

    def plan(self) -> None:
        """Plan it all."""
        seen = self._conversation.segments
        if not any(one.start < one.end for one in seen):
            seen = [*seen, *self._made_up()]
        if self._conversation.begun and not any(one.what == "SYN ACK" for one in seen):
            self._plan_opening(seen)
        shown = [one for one in seen if one.what != "ACK" or (one.endpoint == CLIENT and self._greets(one))]
        for one, (piece, phase) in zip(shown, self._moments_of(shown), strict=True):
            self._plan(one, piece, phase)
        if self._conversation.ending and not any(one.what in ("FIN", "RST") for one in seen):
            self._plan_ending(seen)

    def _made_up(self) -> list[Seen]:
        """A segment for each piece, where nobody wrote down the segments."""
        return [Seen(p.time, p.endpoint, "data", p.start, p.start + len(p.octets)) for p in self._conversation.pieces]

    _greeted = False

    def _greets(self, one: Seen) -> bool:
        """Whether this is the acknowledgement that ends the opening handshake."""
        first, self._greeted = not self._greeted and self._conversation.begun, True
        return first and one.start == one.end

    def _moments_of(self, seen: list[Seen]) -> list[tuple[float, int]]:
        """With which piece each segment is told of: that which it brought or, where it brought none, between two."""
        found: list[tuple[float, int]] = []
        following = float(len(self._conversation.pieces))
        for one in reversed(seen):
            own = self._piece(one)
            if own >= 0:
                following = own
                found.append((own, PASSED))
            else:
                found.append((min(self._script.between(one.time), following - 0.5), AFTER))
        return found[::-1]

    def _piece(self, one: Seen) -> int:
        """The piece that a segment brought, or -1."""
        for number in self._pieces.get((one.endpoint, one.time), ()):
            if one.start <= self._conversation.pieces[number].start < one.end:
                return number
        return -1

    def _plan(self, one: Seen, piece: float, phase: int) -> None:
        self._script.plan(piece, phase, lambda: self._pass(one), one.time)

    def _pass(self, one: Seen) -> None:
        """A segment leaves and arrives: who stands between the ends sees both at once."""
        script, end = self._script, one.endpoint
        side = script.sides[end]
        start, last = side.place(one.start), side.place(one.end)
        sent: dict[str, Any] = {segment_key(script.number, ENDPOINTS[end]): one.what}
        come: dict[str, Any] = {}
        if last > self._sent[end]:
            self._sent[end] = last
            sent[sent_key(script.number, ENDPOINTS[end])] = last
            come[delivered_key(script.number, ENDPOINTS[end])] = last
        carrier = script.carrier(end, start) if start < last else script.causes[end]
        left = script.add(SEGMENT_SENT, end, sent, cause=carrier, start=start, end=last)
        came = script.add(SEGMENT_DELIVERED, 1 - end, come, cause=left, start=start, end=last)
        self._turn(one, came)

    def _turn(self, one: Seen, cause: int) -> None:
        """What a segment means for the connection."""
        if one.what == "SYN ACK":
            self._opened(CLIENT, cause)
        elif one.endpoint == CLIENT and one.what in ("ACK", "data"):
            self._opened(SERVER, cause)
        elif one.what == "FIN" and not one.again:
            self._finished(one.endpoint, cause)
        elif one.what == "RST":
            self._reset(cause)

    def _opened(self, end: int, cause: int) -> None:
        if not self._open[end]:
            self._open[end] = True
            self._script.causes[end] = self._note(STREAM_OPENED, end, OPEN, cause)
            self._script.opened(end)

    def _finished(self, end: int, cause: int) -> None:
        if self._lost or end in self._closed:
            return
        self._closed.append(end)
        condition = ENDED if len(self._closed) == len(ENDPOINTS) else CLOSING
        self._script.causes[1 - end] = self._note(STREAM_CLOSED, 1 - end, condition, cause)
        self._script.ended(end)

    def _reset(self, cause: int) -> None:
        if self._lost or len(self._closed) == len(ENDPOINTS):
            return
        self._lost = True
        for end in (CLIENT, SERVER):
            if 1 - end not in self._closed:
                self._script.causes[end] = self._note(STREAM_LOST, end, LOST, cause)
        self._script.ended(CLIENT)

    def _note(self, kind: int, end: int, condition: str, cause: int) -> int:
        return self._script.add(kind, end, {connection_key(self._script.number): condition}, cause=cause)

    def _plan_opening(self, seen: list[Seen]) -> None:
        time = min(self._moments(seen), default=0)

        def act() -> None:
            self._opened(CLIENT, -1)
            self._opened(SERVER, -1)

        self._script.plan(-1, SAID, act, time)

    def _moments(self, seen: list[Seen]) -> list[int]:
        return [one.time for one in seen] + [piece.time for piece in self._conversation.pieces]

    def _plan_ending(self, seen: list[Seen]) -> None:
        time = max(self._moments(seen), default=0)

        def act() -> None:
            if self._conversation.ending == "reset":
                self._reset(-1)
            else:
                self._finished(SERVER, -1)
                self._finished(CLIENT, -1)

        self._script.plan(len(self._conversation.pieces), AFTER, act, time)
