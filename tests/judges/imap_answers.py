"""What an IMAP server answers, read octet by octet without popsim."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tests.imap.heard import Heard, heard
from tests.imap.raw import Raw
from tests.judges.imap_engine import Reading
from tests.judges.imap_facts import STATUSES, Fact, Known, Outcome, code_of, facts_of, items_of

PATIENCE = 15.0


class Session(Raw):
    """A connection that asks in lock-step.

    Args:
        port: on 127.0.0.1.
        reading: popsim's client engine that reads along, or None.
    """

    def __init__(self, port: int, reading: Reading | None = None) -> None:
        super().__init__(port, PATIENCE)
        self._tags = 0
        self.reading = reading
        self.known = Known()
        self.closed = False
        self.greeting = self._unit()
        self.said: list[bytes] = []
        """What it has sent, for the story of a failure."""

    def ask(
        self, parts: Sequence[bytes], *, bare: bool = False, between: Callable[[], object] | None = None
    ) -> Outcome:
        """Send a command, and read the whole answer.

        Args:
            parts: the command without its tag, and what is sent each time that the server asks for more.
            bare: whether it gets no tag; then a NOOP behind it shows where its answer ends.
            between: is done when the server has asked for more, before more is sent.
        """
        self._tags += 1
        tag = b"t%d" % self._tags
        asked = 0
        units: list[bytes] = []
        try:
            if bare:
                self._send(parts[0], first=True)
                self._send(tag + b" NOOP\r\n", first=True)
            else:
                self._send(tag + b" " + parts[0], first=True)
            while not (unit := self._unit()).startswith(tag + b" "):
                if unit.startswith(b"+"):
                    asked += 1
                    if between and asked == 1:
                        between()
                    self._send(parts[asked] if asked < len(parts) else b"*\r\n", first=False)  # RFC 3501 §6.2.2
                else:
                    units.append(unit)
        except ConnectionError:
            self.closed = True
            unit = b""
        answer = heard(unit + b"\r\n")[0] if unit and not bare else None
        status = answer.word if answer else ""
        numbered = parts[0].split(b" ")[0].upper() in (b"FETCH", b"STORE", b"SEARCH") and status == "OK"
        opens = parts[0].split(b" ")[0].strip().upper() in (b"SELECT", b"EXAMINE") and not bare
        facts = self._facts([one for text in units for one in heard(text + b"\r\n")], opens, status, numbered)
        assert not answer or status in STATUSES, f"this is no answer: {unit!r}"
        return Outcome(status, code_of(answer) if answer else "", frozenset(facts), asked, not self.closed)

    # What the data say

    def _facts(self, data: Iterable[Heard], opens: bool, status: str, numbered: bool) -> list[Fact]:
        facts: list[Fact] = []
        fetched: dict[int, dict[str, object]] = {}
        known = self.known
        data = list(data)
        if opens and (status != "BAD" or any(one.code == "CLOSED" for one in data)):
            known.opened(0)
        for one in data:
            if one.word == "EXISTS" and one.number is not None:
                if opens and status == "OK":
                    known.opened(one.number)
                known.exists(one.number)
            elif one.word == "EXPUNGE" and one.number is not None:
                assert not numbered, "no EXPUNGE with FETCH, STORE and SEARCH (RFC 3501 §7.4.1)"
                facts.append(("gone", known.expunged(one.number)))
            elif one.word == "FETCH" and one.number is not None:
                fetched.setdefault(known.message(one.number), {}).update(items_of(one))
            else:
                facts += facts_of(one, opens)
        told = [one for one in data if one.word in ("EXISTS", "RECENT")]
        facts += {one.word: (one.word, one.number) for one in told}.values()  # the last one of each kind counts
        numbers = {message: number for number, message in enumerate(known.there, 1)}
        facts += [
            ("FETCH", numbers.get(one, 0), *sorted(items.items())) for one, items in fetched.items() if numbers.get(one)
        ]
        return facts

    # Octets

    def _send(self, octets: bytes, first: bool) -> None:
        self.said.append(octets)
        if self.reading:
            self.reading.sends(octets, first)
        self._socket.sendall(octets)

    def _hears(self, data: bytes) -> None:
        if self.reading:
            self.reading.hears(data)
