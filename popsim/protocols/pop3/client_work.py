"""What a mail reader does between its login and its farewell: list, fetch, mark."""

from __future__ import annotations

from collections.abc import Callable

from popsim.engine.client import BODY_LIMIT
from popsim.engine.entering import Refused, line, said
from popsim.engine.response import Response
from popsim.engine.script import Disconnected, Script, Send
from popsim.protocols.pop3 import word_table as words
from popsim.protocols.pop3.client_exchange import code_of
from popsim.protocols.pop3.client_reader import Reader
from popsim.protocols.pop3.client_visit import Item, Keeper, Notes
from popsim.protocols.protocol import Protocol

FEW, SMALL = 64, 4 * 1024 * 1024
"""How many messages and octets are asked for at once when pipelining: all of them wait in memory."""

Doing = Callable[[int, Response], None]


class Work:
    """What is done between the login and the end."""

    def __init__(
        self, reader: Reader, keeper: Keeper, protocol: Protocol, now: Callable[[], int], notes: Notes
    ) -> None:
        self._reader, self._keeper, self._protocol = reader, keeper, protocol
        self._now, self._notes = now, notes
        self._due: list[Item] = []

    def all(self) -> Script[None]:
        """List, fetch, mark."""
        notes = self._notes
        if self._reader.lines is not None and words.TOP not in self._protocol.forms:
            raise Refused(f"{words.TOP.keyword} is needed to fetch headers only, and this edition has it not")
        notes.listed = yield from self._listing()
        fresh = set(self._fresh(notes.listed))
        notes.wanted = [item for item in notes.listed if item in fresh]
        notes.tell("listed")
        for rows in self._portions(notes.listed):
            fetch = [item for item in rows if item in fresh]
            for item in rows:
                if item not in fresh:
                    self._skip(item)
            yield from self._mark_and_fetch(fetch)
        yield from self._mark_and_fetch([])

    def _listing(self) -> Script[list[Item]]:
        """The messages there are, with their unique-ids where the server gives them."""
        asked = [words.LIST]
        if words.UIDL in self._protocol.forms:
            asked.append(words.UIDL)
        answers: list[Response] = []
        yield from self._ask([line(form) for form in asked], lambda _, answer: answers.append(answer))
        if not answers[0].positive:
            raise Refused(f"{words.LIST.keyword} was refused: {said(answers[0])}", code_of(answers[0]))
        sizes = {number: int(rest) if rest.isdigit() else 0 for number, rest in _rows(answers[0])}
        uids = dict(_rows(answers[1])) if len(answers) > 1 and answers[1].positive else {}
        if self._reader.recognises and not uids and sizes:
            raise Refused(f"{words.UIDL.keyword} is needed to know again what is left there, and the server has it not")
        numbers = sorted(sizes.keys() | uids.keys())
        return [Item(number, sizes.get(number, 0), uids.get(number)) for number in numbers]

    def _fresh(self, listed: list[Item]) -> list[Item]:
        """Those that are not kept. Equal unique-ids are counted: the third is kept when three are."""
        seen: dict[str, int] = {}
        fresh = []
        for item in listed:
            if item.uid is not None:
                seen[item.uid] = seen.get(item.uid, 0) + 1
                if self._keeper.holds(item.uid, seen[item.uid]):
                    continue
            fresh.append(item)
        return fresh

    def _portions(self, items: list[Item]) -> list[list[Item]]:
        """What is done at once: one message, or as many as fit in memory when pipelining."""
        if not self._notes.pipelined:
            return [[item] for item in items]
        portions: list[list[Item]] = []
        octets = 0
        for item in items:
            octets += item.size
            if not portions or len(portions[-1]) >= FEW or octets > SMALL:
                portions.append([])
                octets = item.size
            portions[-1].append(item)
        return portions

    def _skip(self, item: Item) -> None:
        self._notes.skipped.append(item)
        self._notes.tell("skipped", item)
        kept = self._keeper.kept_at(item.uid) if item.uid is not None else None
        if self._reader.age is not None and kept is not None and self._now() - kept >= self._reader.age:
            self._due.append(item)

    def _mark_and_fetch(self, fetch: list[Item]) -> Script[None]:
        """Mark what is kept and due, and fetch more."""
        due, self._due = self._due, []
        form, rest = (words.RETR, ()) if self._reader.lines is None else (words.TOP, (self._reader.lines,))
        lines = [line(words.DELE, item.number) for item in due]
        lines += [line(form, item.number, *rest) for item in fetch]

        def taken(index: int, answer: Response) -> None:
            if index < len(due):
                self._marked(due[index], answer)
            else:
                self._fetched(fetch[index - len(due)], answer)

        yield from self._ask(lines, taken)

    def _marked(self, item: Item, answer: Response) -> None:
        if answer.positive:
            self._notes.marked.append(item)
            self._notes.tell("marked", item)

    def _fetched(self, item: Item, answer: Response) -> None:
        notes = self._notes
        # A message that comes as none although it has a size was cut at a dot that its server did not double.
        cut = not answer.body and item.size
        if not answer.positive or answer.body is None or cut or len(answer.body) >= BODY_LIMIT:
            notes.failed.append(item)
            notes.tell("refused", item)
            if self._reader.lines is not None and not notes.fetched:
                raise Refused(f"{words.TOP.keyword} was refused: {said(answer)}", code_of(answer))
            return
        try:
            self._keeper.keep(item.uid, answer.body)
        except OSError as error:
            raise Refused(f"message {item.number} could not be kept, so no more are fetched: {error}") from error
        notes.fetched.append(item)
        notes.tell("fetched", item)
        if self._reader.age == 0:
            self._due.append(item)

    def _ask(self, lines: list[str], taken: Doing) -> Script[None]:
        """Send command lines, pipelined or one by one, and hand on each answer as soon as it is there."""
        if self._notes.pipelined and lines:
            try:
                answers = yield Send.of(*lines)
            except Disconnected as lost:  # what had come whole is not lost with the connection
                for index, answer in enumerate(lost.responses[: len(lines)]):
                    taken(index, answer)
                raise
            for index, answer in enumerate(answers):
                taken(index, answer)
            return
        for index, one in enumerate(lines):
            (answer,) = yield Send.of(one)
            taken(index, answer)


def _rows(answer: Response) -> list[tuple[int, str]]:
    """The rows of a listing: a number and the word behind it. What is no such row is passed over."""
    found = []
    for row in (answer.body or b"").split(b"\r\n"):
        number, space, rest = row.decode("latin-1").partition(" ")
        word = rest.strip().partition(" ")[0]
        if space and word and number.isascii() and number.isdecimal() and 0 < len(number) < 19:
            found.append((int(number), word))
    return found
