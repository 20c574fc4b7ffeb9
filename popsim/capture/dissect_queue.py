"""Whose turn it is: commands that wait for their answers, and where the session stands between them."""

from __future__ import annotations

from collections import deque
from itertools import islice

from popsim.capture.dissect_client import Lines
from popsim.capture.dissect_places import Follower, Prospects
from popsim.capture.dissect_said import Link, Message, Places, Said, Turn
from popsim.capture.dissect_signs import signs_of
from popsim.protocols.model import Occurrence, Reader, Reply

MOST_DIGITS = 19
"""A number with as many digits is none."""


class Queue:
    """The commands of a session in the order in which they are answered.

    Args:
        lines: what the client says.
        follower: the table.
        places: where the session may stand at the beginning.
        begun: whether it was heard from its beginning.
        owed: how many answers to commands that nobody saw come after the first command that was seen.
    """

    def __init__(self, lines: Lines, follower: Follower, places: Places, begun: bool, owed: int) -> None:
        self.lines, self.follower, self.places, self._owed = lines, follower, places, owed
        self.signs = signs_of(follower.protocol, begun)
        self.said = Said(first=places)
        self.pending: deque[Message] = deque()
        """What waits for an answer, the oldest first."""
        self.unread: deque[Message] = deque()
        """What was said after the end."""
        self.prospects: Prospects | None = None
        """What the oldest may be answered; None where it is not read yet."""
        self.blind = False
        """Whether octets of the server are missing since the last command that is known."""
        self.place = 0
        """Where the server's next message begins."""
        self.announced = -1
        """How many counted octets the server has announced; -1: nobody has seen how many."""
        self._turn = -1
        self._exchange: Message | None = None
        self._refused: set[Message] = set()

    def hear(self, lines: list[Message]) -> None:
        """Lines of the client have become whole."""
        for one in lines:
            if one.is_said:
                self.crosses(one)
            self.pending.append(one)
        self.read()

    def read(self) -> None:
        """Let the server read the next command, if it is its turn; some commands move the session before the answer."""
        while self.pending and self.prospects is None:
            one = self.pending[0]
            if one.is_unknown and len(self.pending) > 1 and self.pending[1].last >= 0:
                return  # what was not seen lasts until the next command is answered
            if self._is_thrown_away(one):
                self._is_read(one)
                self._pass_silently(one, [])
                continue
            prospects = self.follower.prospects(self.places, one)
            links = self._silent(prospects)
            if links is None or one.is_unknown:
                self.prospects = prospects
                self._is_read(one)
            elif awaited := self.follower.after_silence(links):
                self._is_read(one)
                self._advance(one, links)
                self.prospects = awaited
            elif any(link.origin.state.kind == "state" for link in links):
                self._is_read(one)
                self._pass_silently(one, links)
            else:  # nobody reads it
                self.unread.append(self.pending.popleft())
                one.places = self.places
                self.said.messages.append(one)

    def _silent(self, prospects: Prospects) -> list[Link] | None:
        """Where a command leads that has no answer: no octets follow where none were announced."""
        if not self.announced and self.follower.data(prospects):
            return self.follower.wordless(prospects)
        return self.follower.silent(prospects)

    def _is_thrown_away(self, one: Message) -> bool:
        """Whether a literal was refused before it came, with what belongs to it (RFC 7888 §4)."""
        return one.begun is not None and one.begun in self._refused

    def _pass_silently(self, one: Message, links: list[Link]) -> None:
        self.pending.popleft()
        one.is_silent = True
        if links:
            self._advance(one, links)
        else:
            self._refused.add(one)

    def _is_read(self, one: Message) -> None:
        if one.is_unknown or one.turn >= 0:
            return
        one.turn, one.places = max(one.last, self._turn), self.places
        is_exchange = bool(self.places) and all(place.reader is Reader.LINE for place in self.places)
        one.tag = self.tag(self._exchange) if is_exchange and self._exchange else self.tag(one)
        self.said.messages.append(one)
        if one.is_said:
            self.said.order.append((one, True))

    def asks_more(self, piece: int) -> bool:
        """Whether a command besides the one that is being answered was whole before a piece passed."""
        return len(self.pending) > 1 or self.lines.is_next_before(piece)

    def tag(self, one: Message) -> bytes:
        """The tag of the command that a message of the client is, or is a part of."""
        return one.tag or (one.request.tag if one.request else b"")

    def is_tag(self, tag: bytes) -> bool:
        """Whether a command that waits for its answer has this tag, or may have it."""
        return any(one.is_unknown or self.tag(one) == tag for one in self.pending)

    @property
    def is_leaving(self) -> bool:
        """Whether the client has said goodbye, and no answer to that was seen yet."""
        return any(prospect.trigger is Occurrence.COMMITTED for prospect in self.prospects or ())

    def addressed(self, tag: bytes, piece: int) -> Message | None:
        """What an answer with this tag is for: it is made the oldest; without a tag, the oldest there is."""
        place = next((n for n, one in enumerate(self.pending) if not one.is_unknown and self.tag(one) == tag), -1)
        if not tag or place == 0:
            return self.head(piece)
        if place < 0:
            head = self.head(piece) if len(self.pending) < 2 else self.pending[0]
            return head if head and (head.is_unknown or head.trigger) else None
        if all(one.is_unknown for one in islice(self.pending, place)):
            return self.head(piece)
        if self.blind:
            self.pass_over(place)
        else:  # answered before its turn
            one = self.pending[place]
            del self.pending[place]
            self.pending.appendleft(one)
            self.prospects = None
            self.read()
        return self.pending[0] if self.pending else None

    def is_blank(self) -> bool:
        """Whether what is answered next was not seen."""
        return bool(self.pending) and self.pending[0].is_unknown

    def head(self, piece: int) -> Message | None:
        """What the next message of the server answers: the oldest command without an answer."""
        while self.is_blank() and len(self.pending) > 1:
            if self._owed:
                self._owed -= 1
                self.prospects = self.follower.prospects(self.places, self.pending[0])
                break
            one = self.pending.popleft()
            self.prospects = None
            if self.blind:  # else all answers were seen, those to what was not seen too
                self.blind = False
                self.miss(one, self.follower.anything(self.places), piece)
            self.read()
        if not self.pending and (early := self.lines.answered_early(piece)):
            self.hear(early)
        if not self.pending and (unseen := self.lines.unseen(piece)):
            self.pending.append(unseen)
            self.read()
        return self.pending[0] if self.pending else None

    def allowed(self, *replies: Reply) -> list[Link]:
        """The ways in which the oldest command may be answered by one of these statuses, or by any."""
        return self.follower.answer(self.prospects or (), replies or self.follower.protocol.replies)

    def skip_answers(self) -> None:
        """Octets of the server are missing: of the commands before, all but those said last were answered in them.

        Where the client's next words are missing too, what comes now may be the answer to them.
        """
        if self.lines.is_gap_next:
            self.pass_over(len(self.pending))
            self.pending.append(Message.unknown(-1))
            self.read()
            return
        known = [one for one in self.pending if one.last >= 0]
        self.pass_over(sum(one.last < known[-1].last for one in known))

    def pass_over(self, count: int) -> None:
        """Nobody saw how so many commands were answered."""
        self.signs.missed()
        self.blind = True
        for _ in range(count):
            self.read()
            if not self.pending:
                return
            head = self.pending.popleft()
            links = self.allowed()
            self.prospects = None
            if head.is_unknown:
                self.miss(head, self.follower.anything(self.places))
            elif links:
                self._advance(head, links)
        self.read()

    def miss(self, one: Message, links: list[Link], piece: int = 0) -> None:
        """Something was said and answered that nobody saw, before a piece passed."""
        one.turn = max(piece, self._turn)
        self.said.messages.append(one)
        self.said.order.append((one, True))
        self._advance(one, links)

    def answered(self, head: Message, one: Message, links: list[Link], is_apart: bool = False) -> None:
        """A message of the server answers the oldest command."""
        one.answers = head
        self.pending.popleft()
        if head.is_unknown:  # there may be more of that
            self.pending.appendleft(head)
        self.prospects = None
        self.done(one)
        if links:
            self._advance(one, links, is_apart)
            if done := self.follower.done(links):
                self._advance(one, done)
        self._go_on(head, one)

    def _go_on(self, head: Message, one: Message) -> None:
        """What was answered tells how the client's next message is framed."""
        readers = {place.reader for place in self.places}
        if one.reply and one.reply.announces:
            digits = one.text.split(b" ")[0]
            self.announced = int(digits) if digits.isdigit() and len(digits) < MOST_DIGITS else -1
        if readers & {Reader.LINE, Reader.LITERAL}:
            self._exchange = head
        self.lines.is_exchange = readers == {Reader.LINE}
        asks = head.request is not None and head.request.trigger is Occurrence.LITERAL
        reader = Reader.LITERAL if (asks or head.is_unknown) and Reader.LITERAL in readers else None
        reader = next(iter(readers)) if len(readers) == 1 else reader
        if asks and Reader.LITERAL not in readers:
            self._refused.add(head)
        may_be = Reader.DOT_ENDED in readers and not self.pending and self.lines.begins_inside()
        if may_be or reader in (Reader.DOT_ENDED, Reader.LITERAL):
            self._recut(Reader.DOT_ENDED if may_be else reader, head)

    def _recut(self, reader: Reader | None, begun: Message) -> None:
        """What the client has said already is no lines: it was said before it was asked for."""
        early = [one for one in self.pending if one.is_said]
        if early:
            self.pending.clear()
            gone = set(early)
            self.said.order = [row for row in self.said.order if row[0] not in gone]
        self.lines.expect(reader, begun, early[0].start if early else -1)

    def says(self, one: Message, links: list[Link]) -> None:
        """The server has said something that nobody has asked for, as it may."""
        self.done(one)
        if links:
            self._advance(one, links)

    # Notes

    def crosses(self, one: Message) -> None:
        """A message has crossed the wire."""
        self.said.order.append((one, False))

    def done(self, one: Message) -> None:
        """A message of the server has crossed: it is the next command's turn."""
        self._turn, self.place = one.first, one.end
        self.said.messages.append(one)
        self.crosses(one)

    def _advance(self, one: Message, links: list[Link], is_apart: bool = False) -> None:
        turn = Turn(links, is_apart)
        one.steps.append(turn)
        self.places = turn.after
