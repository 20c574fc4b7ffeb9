"""How a server's answers are framed: a line with a status, several such lines, or data and then a line with a tag."""

from __future__ import annotations

import re
from typing import NamedTuple

from popsim.capture.dissect_places import Follower
from popsim.capture.dissect_queue import Queue
from popsim.capture.dissect_status import DIGITS
from popsim.capture.dissect_stream import Side
from popsim.engine.framing import literal
from popsim.protocols.model import Occurrence, Reply
from popsim.protocols.request import NO_TAG

_SHORT = 16
"""How many octets are looked at for a status."""
_GOES_ON = re.compile(rb"[0-9]{%d}-" % DIGITS)
_CODE = re.compile(rb"[0-9]{%d}[ \r\n-]" % DIGITS)
_UNTAGGED = NO_TAG + b" "


class Opening(NamedTuple):
    """What an answer opens with, up to and with the line that has its status.

    Args:
        line: where that line begins.
        words: where the text behind the status begins.
        end: the place behind the line, or behind what was seen of it.
        whole: whether its end was seen.
        reply: its status, or None.
        exact: whether the status is written as it must be.
        replies: the statuses that it may be.
        code: a status as it crossed that the table does not have.
        tag: which command it names.
        is_data: whether it is data alone that nobody has asked for, without such a line.
    """

    line: int
    words: int
    end: int
    whole: bool
    reply: Reply | None = None
    exact: bool = True
    replies: tuple[Reply, ...] = ()
    code: str = ""
    tag: bytes = b""
    is_data: bool = False


class Shape:
    """An answer opens with the line that has its status.

    Args:
        side: what the server said.
        follower: the table.
        queue: who is asked.
    """

    is_addressed = False
    """Whether an answer names the command that it is for."""

    def __init__(self, side: Side, follower: Follower, queue: Queue) -> None:
        self.side, self.follower, self.queue = side, follower, queue

    def opening(self, place: int) -> Opening:
        """What an answer opens with that begins at a place."""
        side = self.side
        end = side.line_end(place)
        cut = side.cut(place, end if end > 0 else side.end)
        whole = end > 0 and cut < 0
        return self.read(place, cut if cut >= 0 else end if end > 0 else side.end, whole)

    def read(self, line: int, end: int, whole: bool, tag: bytes = b"") -> Opening:
        """A line with a status, or what was seen of it."""
        place = line + len(tag) + bool(tag)
        start = self.side.octets[place : place + _SHORT]
        reply, exact = self.follower.status(start)
        alike = () if reply else self.follower.alike(start)
        words = place + (len(reply.mark) if reply else DIGITS if alike else 0)
        code = start[:DIGITS].decode("ascii") if alike else ""
        return Opening(line, words, end, whole, reply, exact, (reply,) if reply else alike, code, tag)


class StatusLines(Shape):
    """An answer is one or several lines, each with the status; a dash behind it says that one more follows."""

    def opening(self, place: int) -> Opening:
        """What an answer opens with: all of its lines."""
        side = self.side
        found = super().opening(place)
        while found.whole and _GOES_ON.match(side.octets, found.line):
            if found.end >= side.end or found.end in side.gaps:
                return found._replace(whole=False)
            if not _CODE.match(side.octets, found.end):
                break  # the server has forgotten the last line
            found = super().opening(found.end)
        return found


class Tagged(Shape):
    """An answer is data, if any, and then a line with the tag of its command, or one that asks for more."""

    is_addressed = True

    def opening(self, place: int) -> Opening:
        """What an answer opens with: data, and the line that names its command."""
        side = self.side
        at = self._line_after(place) if place in side.gaps else place
        while 0 <= at < side.end:
            is_data = side.octets.startswith(_UNTAGGED, at)
            end = self._end(at, is_data)
            if end < 0:
                cut = side.cut(at, side.end)
                if cut < 0:
                    return self._unfinished(place, at, is_data)
                at = self._line_after(cut)
            elif not is_data:
                return self._tagged(at, end, True)
            elif self._is_status(at, end):
                return self.read(at, end, True, NO_TAG)
            elif self._stands_alone(end):
                return Opening(place, end, end, True, is_data=True)
            else:
                at = end
        return Opening(place, side.end, side.end, False, is_data=not self.queue.pending)

    def _tagged(self, at: int, end: int, whole: bool) -> Opening:
        behind = self.side.octets.find(b" ", at, end)
        tag = self.side.octets[at : behind if behind > 0 else end].rstrip(b"\r\n")
        if any(reply.positive is None and reply.mark.encode() == tag for reply in self.follower.protocol.replies):
            tag = b""
        return self.read(at, end, whole, tag)

    def _unfinished(self, place: int, at: int, is_data: bool) -> Opening:
        if is_data:
            return Opening(place, self.side.end, self.side.end, False, is_data=not self.queue.pending)
        return self._tagged(at, self.side.end, False)

    def _end(self, at: int, is_data: bool) -> int:
        """The place behind a line, with the literals in it if it is data; or -1."""
        side = self.side
        has_literals = is_data and self.follower.status(side.octets[at + 2 : at + _SHORT])[0] is None
        line = at
        while True:
            end = side.line_end(line)
            if end < 0 or side.cut(line, end) >= 0:
                return -1
            size = literal(side.octets[line:end].rstrip(b"\r\n")) if has_literals else -1
            if size < 0:
                return end
            line = side.ahead(end, size)
            if line < 0:
                return -1

    def _is_status(self, at: int, end: int) -> bool:
        """Whether a line without a tag is an answer by itself: a greeting, a farewell, or one to who has no tag."""
        reply = self.follower.status(self.side.octets[at + 2 : at + _SHORT])[0]
        if reply is None or reply.positive is None:
            return False
        head = self.queue.pending[0] if self.queue.pending else None
        if head and (head.trigger is Occurrence.OPENED or (head.is_unknown and not at)):
            return True
        if head and reply.positive is False and self.queue.tag(head) == NO_TAG:
            return True
        is_last = head is None or end >= self.side.end
        return is_last and not self.queue.is_leaving and bool(self.follower.farewell(self.queue.places, (reply,)))

    def _stands_alone(self, end: int) -> bool:
        """Whether data are all that is said: nobody was asked, and there is no more of it at once."""
        side = self.side
        if self.queue.pending:
            return False
        return end >= side.end or side.piece(end) != side.piece(end - 1)

    def _line_after(self, place: int) -> int:
        """The first line from a place on that looks like one of an answer: the place may be in the midst of any."""
        side, at = self.side, place
        while 0 <= at < side.end:
            if side.octets.startswith(_UNTAGGED, at):
                return at
            end = side.line_end(at)
            found = self._tagged(at, end if end > 0 else side.end, False)
            if found.reply and (not found.tag or self.queue.is_tag(found.tag)):
                return at
            at = end
        return -1


def shape_of(side: Side, follower: Follower, queue: Queue) -> Shape:
    """How answers are framed in a protocol, as its table has it."""
    kind = Tagged if follower.is_tagged else StatusLines if follower.has_status_lines else Shape
    return kind(side, follower, queue)
