"""One pass over a conversation: which octets are which message, what answers what, and where the session stands."""

from __future__ import annotations

from popsim.capture.conversation import Conversation
from popsim.capture.dissect_client import Lines
from popsim.capture.dissect_frame import Frame
from popsim.capture.dissect_places import Follower, is_multi
from popsim.capture.dissect_queue import Queue
from popsim.capture.dissect_said import Cipher, Link, Message, Oddity, Places, Said
from popsim.capture.dissect_shape import Opening, shape_of
from popsim.capture.dissect_stream import Side
from popsim.capture.dissect_tls import looks_secured
from popsim.protocols.model import CLOSED, Occurrence, Reader, Reply
from popsim.timeline.event import CLIENT, SERVER

_NEVER = 1 << 62
_SHORT = 16


class Pass:
    """One pass over a conversation. The server may be wrong; what it says is taken as the table has it where it can be.

    Args:
        conversation: what was said.
        follower: the table that is followed.
        wary: whether an answer of several lines is taken to be over, without its end, where the client has gone on
            and the server answers that.
        owed: how many answers to commands that nobody saw come after the first command that was seen.
    """

    def __init__(self, conversation: Conversation, follower: Follower, wary: bool = False, owed: int = 0) -> None:
        ends = [max((gap[2] for gap in conversation.gaps if gap[0] == end), default=0) for end in (CLIENT, SERVER)]
        self._client, self._server = Side(conversation, CLIENT), Side(conversation, SERVER)
        places: Places = follower.start if conversation.begun else follower.everywhere
        if not conversation.begun and conversation.pieces and conversation.pieces[0].endpoint == SERVER:
            places |= follower.start  # it may begin with the greeting
        self._lines = Lines(self._client, follower, ends[CLIENT])
        self._queue = Queue(self._lines, follower, places, conversation.begun, owed)
        self._frame = Frame(self._server, follower, wary, self._queue.asks_more)
        self._shape = shape_of(self._server, follower, self._queue)
        self._follower = follower
        if looks_secured(self._client.octets, self._server.octets):
            self._queue.said.cipher = Cipher((0, 0), -1)
        elif conversation.pieces:
            self._begin(conversation.begun)
            self._read_all(ends[SERVER])
        self._queue.said.last = self._queue.places

    @property
    def said(self) -> Said:
        """What was said."""
        return self._queue.said

    def _begin(self, begun: bool) -> None:
        if begun:
            self._queue.pending.append(Message.opening())
        elif self._follower.has_text and self._lines.begins_inside():
            self._lines.expect(Reader.DOT_ENDED)
        one_sided = not self._client.end and self._server.octets.count(b"\n") > 1
        if one_sided or not begun:
            self._queue.pending.append(Message.unknown(-1))

    def _read_all(self, end: int) -> None:
        while self._queue.place < self._server.end and self._queue.said.cipher is None:
            self._queue.hear(self._lines.before(self._server.piece(self._queue.place)))
            self._answer()
        if self._queue.said.cipher is None:
            self._queue.hear(self._lines.before(_NEVER))
            for one in self._lines.rest():
                if one.is_said:
                    self._queue.crosses(one)
            if not self._server.end or self._server.stops_before(end):
                self._queue.pass_over(len(self._queue.pending))
                if self._server.end and self._lines.is_gap_next:
                    self._queue.miss(Message.unknown(-1), self._follower.anything_more(self._queue.places))

    # The server

    def _answer(self) -> None:
        """Take the server's next message."""
        side, start = self._server, self._queue.place
        if start in side.gaps:
            self._queue.blind = True
            if not self._shape.is_addressed:
                self._queue.skip_answers()
        if self._take_octets(start):
            return
        opening = self._shape.opening(start)
        is_odd = not opening.replies and not self._shape.is_addressed
        if is_odd and (start in side.gaps or (not start and self._queue.is_blank())):
            self._take_rest()
        elif opening.is_data:
            self._take_data(opening)
        elif not opening.whole:
            self._take_unfinished(opening)
        else:
            self._queue.hear(self._lines.before(side.piece(opening.line)))
            head = self._queue.addressed(opening.tag, side.piece(opening.line))
            if head is None:
                self._take_unasked(opening)
            else:
                self._take_answer(head, opening)

    def _take_answer(self, head: Message, opening: Opening) -> None:
        prospects, reply = self._queue.prospects or (), opening.reply
        replies = opening.replies or self._follower.protocol.replies
        links = self._follower.answer(prospects, replies)
        wrong = False
        for one_of in opening.replies:
            links = links or self._follower.refusal(prospects, one_of)
        links = links or self._follower.farewell(self._queue.places, opening.replies)
        if not links:
            links, wrong = self._follower.lenient(self._queue.places, head, replies), True
        one = self._framed(opening, links)
        one.odd |= {Oddity.NO_STATUS} if not opening.replies else set() if opening.exact else {Oddity.SMALL}
        one.odd |= {Oddity.NOT_ALLOWED} if wrong else set()
        if reply is None and opening.replies:
            one.reply = next((link.rules[-1].reply for link in links if link.rules), None) or opening.replies[0]
        fitting = self._fitting(links, head, one)
        self._queue.answered(head, one, fitting, wrong)
        if not self._secures(fitting, one):
            self._queue.read()

    def _fitting(self, links: list[Link], head: Message, one: Message) -> list[Link]:
        """The links that fit how the answer is framed, the code in its text and what was said before."""
        multi = bool(one.body) or not one.whole
        kept = [link for link in links if is_multi(link) == multi] or links
        return self._queue.signs.narrowed(self._follower.coded(kept, one.text), head, one)

    def _framed(self, opening: Opening, links: list[Link]) -> Message:
        """The answer that opens so, with the lines that follow."""
        side, start, end = self._server, self._queue.place, opening.end
        kinds = {is_multi(link) for link in links}
        multi = kinds == {True} or (len(kinds) != 1 and self._frame.goes_on(end))
        if multi and opening.reply is not None and opening.reply.positive is not False:
            last, whole, odd = self._frame.lines_end(end)
            one = side.message(start, last, whole, side.missing(end, last))
            one.odd |= {Oddity.UNENDED} if odd else set()
        else:
            one = side.message(start, end, opening.whole, side.missing(start + 1, end))
        self._describe(one, opening)
        return one

    def _describe(self, one: Message, opening: Opening) -> None:
        one.reply, one.head = opening.reply, opening.end - one.start
        one.lead, one.words = opening.line - one.start, opening.words - one.start
        one.tag, one.code = opening.tag, opening.code

    def _take_unasked(self, opening: Opening) -> None:
        """An answer that nobody waits for, or lines that belong to nothing."""
        if not opening.replies:
            place, whole = self._frame.stray_end(self._queue.place)
            one = self._server.message(self._queue.place, place, whole)
            one.odd.add(Oddity.STRAY)
            self._queue.done(one)
            return
        if links := self._follower.farewell(self._queue.places, opening.replies):
            one = self._framed(opening, links)
            self._queue.says(one, links)
            return
        asked = self._queue.unread.popleft() if self._queue.unread else None
        links = self._follower.lenient(self._queue.places, asked, opening.replies) if asked else []
        one = self._framed(opening, links)
        one.answers = asked
        is_over = all(place.state is CLOSED for place in self._queue.places)
        odd = Oddity.OTHER_TAG if self._queue.pending else Oddity.TOO_LATE if is_over else Oddity.UNASKED
        one.odd |= {odd} | (set() if opening.exact else {Oddity.SMALL})
        self._queue.done(one)

    def _take_data(self, opening: Opening) -> None:
        """Data that nobody has asked for."""
        one = self._server.message(self._queue.place, opening.end, opening.whole)
        one.head = one.lead = one.words = opening.end - one.start
        self._queue.says(one, self._follower.news(self._queue.places))

    def _take_octets(self, start: int) -> bool:
        """Counted octets, if they are what comes: their number was told before."""
        queue, side = self._queue, self._server
        head = queue.head(side.piece(start)) if self._follower.has_counted and start not in side.gaps else None
        links = self._follower.data(queue.prospects or ())
        if head is None or not links:
            return False
        others = [p for p in queue.prospects or () if not self._follower.data((p,))]
        if others and self._frame.is_status(start) and not self._frame.fits(start, queue.announced):
            return False
        end, whole, short = self._frame.octets_end(start, queue.announced, self._lines.next_piece())
        one = side.message(start, end, whole, side.missing(start + 1, end))
        one.head, one.words = one.end - start, 0
        one.odd |= {Oddity.SHORT} if short else set()
        queue.answered(head, one, links)
        queue.read()
        return True

    # What is not whole

    def _take_unfinished(self, opening: Opening) -> None:
        """A line whose end was not seen."""
        side, start = self._server, self._queue.place
        one = side.message(start, opening.end, whole=False)
        self._describe(one, opening)
        head = self._queue.head(side.piece(start))
        if head is None:
            one.odd.add(Oddity.UNASKED if opening.replies else Oddity.STRAY)
            self._queue.done(one)
            return
        possible = self._possible(one, opening)
        one.reply = possible[0] if len(possible) == 1 else None
        links = self._follower.coded(self._queue.allowed(*possible), one.text)
        self._queue.answered(head, one, self._queue.signs.narrowed(links, head, one))
        self._queue.read()

    def _possible(self, one: Message, opening: Opening) -> tuple[Reply, ...]:
        """The statuses that an unfinished answer may have."""
        if self._shape.is_addressed or self._follower.has_status_lines:
            return opening.replies
        return self._follower.begun_status(one.octets[:_SHORT])

    def _take_rest(self) -> None:
        """The rest of an answer whose beginning was not seen."""
        side, start = self._server, self._queue.place
        one = side.message(start, self._frame.rest_end(start), missing=side.gaps.get(start, 0))
        head = self._queue.head(side.piece(start))
        if head is None:
            self._queue.done(one)
            return
        self._queue.answered(head, one, self._queue.allowed())
        self._queue.read()

    # TLS

    def _secures(self, links: list[Link], one: Message) -> bool:
        """Whether TLS begins after this answer."""
        may = [link for link in links if link.rules and link.rules[-1].awaits is Occurrence.SECURED]
        if not may or one.reply is None or not one.reply.positive:
            return False
        client = self._client.octets[max(self._client.after(one.last), self._lines.place) :]
        if len(may) < len(links) and not looks_secured(client, self._server.octets[one.end :]):
            return False
        for early in self._queue.pending:
            early.odd.add(Oddity.BEFORE_HANDSHAKE)
        for early in self._lines.clear_until(one.last):
            self._queue.crosses(early)
        self._queue.said.cipher = Cipher((self._lines.place, one.end), one.last)
        return True


_OWED = (1, 2, 3)


def read(conversation: Conversation, follower: Follower) -> Said:
    """What was said in a conversation: strictly by the table or, if another reading leaves less to explain, by that."""
    best = Pass(conversation, follower).said
    may_owe = not follower.is_tagged and (not conversation.begun or bool(conversation.gaps))
    others = [(True, 0), *((False, owed) for owed in _OWED if may_owe)]
    for wary, owed in others:
        if not best.strangeness:
            break
        other = Pass(conversation, follower, wary, owed).said
        if other.strangeness < best.strangeness:
            best = other
    return best
