"""TLS on the simulated wire: real handshakes and records of both ends, over the segments of one connection.

What crosses is real ciphertext, so no two runs have the same octets; but the records have the same lengths and leave
and arrive at the same times. The octets of a fork's past are its parent's, though: they are history.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

from popsim.timeline.event import (
    CIPHERTEXT_DELIVERED,
    CIPHERTEXT_SENT,
    CLIENT,
    ENDPOINTS,
    SERVER,
    STREAM_SECURED,
    record_key,
    tls_key,
)
from popsim.timeline.recorder import Observer, Recorder, Stream, flipped
from popsim.timeline.timeline import SECRETS

if TYPE_CHECKING:
    from popsim.tls import TlsEnd, TlsError


class Record(NamedTuple):
    """A TLS record: its octets on the wire, and the event with which it left."""

    start: int
    end: int
    event: int


class Owner(Protocol):
    """What TLS needs of its connection."""

    number: int

    def ship(self, end: int, start: int, stop: int, *, farewell: bool = False) -> int:
        """Send octets of the wire, cut into segments; returns when the last of them arrives."""

    def hand(self, end: int, plaintext: bytes) -> None:
        """One end has read octets."""

    def is_secured(self, end: int, cause: int) -> None:
        """The handshake is done at one end."""

    def failed(self, end: int, error: TlsError, cause: int) -> None:
        """TLS can't go on at one end."""


class Tls:
    """TLS of one connection.

    Args:
        owner: the connection.
        recorder: the simulation's.
        observers: of both ends.
        past: for each end, what it had put on the wire in the run that this one is a fork of.
    """

    def __init__(
        self, owner: Owner, recorder: Recorder, observers: tuple[Observer, Observer], past: Mapping[int, bytes]
    ) -> None:
        self._owner, self._recorder, self._observers, self._past = owner, recorder, observers, past
        self.ends: dict[int, TlsEnd] = {}
        """The ends that speak TLS by now."""
        self._crossing: dict[int, Stream] = {}
        self._coming: dict[int, deque[Record]] = {CLIENT: deque(), SERVER: deque()}
        self._fed: dict[int, int] = {}
        self._is_protected = {CLIENT: False, SERVER: False}

    def is_established(self, end: int) -> bool:
        """Whether one end can say something under TLS."""
        return end in self.ends and self.ends[end].established

    def carrier(self, end: int, octet: int) -> int:
        """The record that an octet on the wire belongs to: the index of its event, or -1 if it has arrived."""
        return next((record.event for record in self._coming[end] if record.start <= octet < record.end), -1)

    # The handshake and the end

    def begin(self, end: int, cause: int) -> None:
        """Let one end begin: what it puts on the wire from here on is TLS."""
        from popsim.tls.simulated import simulated_end

        tls = simulated_end(server_side=end == SERVER)
        crossed = self._recorder.secure(self._owner.number, end)
        self._crossing[end] = crossed.copy() if end in self._past else crossed
        self.ends[end] = tls
        tls.begin()
        self._put(end, cause)

    def close(self, end: int) -> None:
        """Let one end say close_notify, after the last that it had to say."""
        if self.is_established(end):
            last = self._observers[end].cause
            self.ends[end].close()
            self._put(end, last)

    def ended(self, end: int) -> None:
        """The other end's stream has ended.

        Raises:
            TlsError: it ended without close_notify.
        """
        if end in self.ends:
            self.ends[end].ended()

    # Octets

    def say(self, end: int, start: int, stop: int) -> None:
        """Send what one end has said, as a range of its stream: each message in records of its own."""
        stream = self._recorder.stream(self._owner.number, end)
        place, first = start, self._recorder.wire(self._owner.number, end).length
        for last, index in (*self._observers[end].unread(start, stop), (stop, -1)):
            if last > place:
                self.ends[end].send(stream.octets(place, last))
                self._write(end, index)
                place = last
        self._owner.ship(end, first, self._recorder.wire(self._owner.number, end).length)

    def bid_farewell(self, end: int, cause: int) -> int | None:
        """Send the alert that one end has for the other, if it has one; returns when it arrives."""
        first = self._recorder.wire(self._owner.number, end).length
        if not self._write(end, cause):
            return None
        return self._owner.ship(end, first, self._recorder.wire(self._owner.number, end).length, farewell=True)

    def arrived(self, end: int, start: int, last: int, cause: int) -> None:
        """A segment of one end has arrived, with a range of its octets: the other end reads what is whole."""
        reader = 1 - end
        for octets, record in self._whole(end, start, last):
            read = cause
            if record:
                read = self._add(CIPHERTEXT_DELIVERED, reader, record.event, record.start, record.end)
            if not self._read(reader, octets, read):
                return

    def _whole(self, end: int, start: int, last: int) -> Iterator[tuple[bytes, Record | None]]:
        """The records that are whole now. Octets that are of no record, for they were said in clear, are read too."""
        coming, fed = self._coming[end], self._fed.get(end, start)
        while coming and coming[0].end <= last:
            record = coming.popleft()
            octets, fed = self._octets(end, fed, record.end), record.end
            self._fed[end] = fed
            yield octets, record
        clear = min(last, coming[0].start) if coming else last
        if clear > fed:
            self._fed[end] = clear
            yield self._octets(end, fed, clear), None
        self._fed.setdefault(end, fed)

    def _octets(self, end: int, start: int, stop: int) -> bytes:
        """What arrives of what really crossed."""
        stream = self._crossing.get(end) or self._recorder.wire(self._owner.number, end)
        changed = self._recorder.changed.get((self._owner.number, end), ())
        return flipped(stream.octets(start, stop), start, changed)

    def _read(self, reader: int, octets: bytes, cause: int) -> bool:
        """Let one end read a record; False where TLS can't go on."""
        from popsim.tls import TlsError

        tls = self.ends[reader]
        was_established, was_closed = tls.established, tls.closed
        try:
            plaintext = tls.receive(octets)
        except TlsError as error:
            self._owner.failed(reader, error, cause)
            return False
        self._put(reader, cause)
        if tls.established and not was_established:
            self._established(reader, tls, cause)
        if tls.closed and not was_closed:
            tls.close()
            self._put(reader, cause)
        if plaintext:
            self._owner.hand(reader, plaintext)
        return True

    def _established(self, end: int, tls: TlsEnd, cause: int) -> None:
        if end == CLIENT:
            header = self._recorder.header
            header[SECRETS] = [*header.get(SECRETS, ()), *tls.secrets()]
        values = {tls_key(self._owner.number, ENDPOINTS[end]): tls.version}
        self._owner.is_secured(end, self._add(STREAM_SECURED, end, cause, values=values))

    def _put(self, end: int, cause: int) -> None:
        """Send what TLS itself has to say."""
        first = self._recorder.wire(self._owner.number, end).length
        if self._write(end, cause):
            self._owner.ship(end, first, self._recorder.wire(self._owner.number, end).length)

    def _write(self, end: int, cause: int) -> bool:
        """Put what one end has encrypted on the wire, record by record; False where there is nothing."""
        from popsim.tls.records import CHANGE, DATA, record_name, records

        ciphertext = self.ends[end].take()
        wire = self._recorder.wire(self._owner.number, end)
        place = wire.length
        past = self._past.get(end, b"")[place : place + len(ciphertext)]
        if self._crossing[end] is not wire:
            self._crossing[end].append(ciphertext)
        wire.append(past + ciphertext[len(past) :])
        for record in records(ciphertext):
            protected = record[0] == DATA or (record[0] != CHANGE and self._is_protected[end])
            self._is_protected[end] |= record[0] == CHANGE
            values = {record_key(self._owner.number, ENDPOINTS[end]): record_name(record, protected)}
            index = self._add(CIPHERTEXT_SENT, end, cause, place, place + len(record), values)
            self._coming[end].append(Record(place, place + len(record), index))
            place += len(record)
        return bool(ciphertext)

    def _add(
        self, kind: int, end: int, cause: int, start: int = 0, stop: int = 0, values: dict[str, str] | None = None
    ) -> int:
        number = self._owner.number
        return self._recorder.add(kind, number, end, cause=cause, start=start, end=stop, values=values)
