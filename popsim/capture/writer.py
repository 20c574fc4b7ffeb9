"""The writer of a capture: segments, as they pass one end, become packets with all the numbers that TCP gives them.

Two things use it. A timeline that is saved says each segment (:meth:`PcapngWriter.segment`). A server or proxy that
runs, and sees octets only, says what it sees, and the file is whole up to there whenever it is killed::

    with open("session.pcapng", "wb") as file:
        writer = PcapngWriter(file, epoch=time.time_ns(), comments=["popsim serve"])
        writer.opened(0, 0, client=("127.0.0.1", 51000), server=("127.0.0.1", 1100))
        writer.said(1_000, 0, SERVER, b"...")  # times in nanoseconds since epoch; long octets are cut into segments
        writer.secrets(lines)                  # before what was encrypted with them
        writer.closed(9_000, 0)                # or lost(...)
        writer.finish(9_000)                   # the acknowledgements that are still due
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from popsim.capture.dialogue import Dialogue
from popsim.capture.packet import FIN, SYN
from popsim.capture.write_file import Container, Growing, Pcapng
from popsim.capture.write_packet import FLAGS, LONGEST, address, packet
from popsim.timeline.event import CLIENT, ENDPOINTS, SERVER

MSS = 1460
"""The most data in one segment, where octets are cut into segments here."""
DELAYED = 40_000_000
"""How long an end waits for something to send with an acknowledgement, in nanoseconds: RFC 9293 §3.8.6.3 has less than
half a second, systems have 40 ms."""
SERVER_HOST, CLIENT_HOST = "192.0.2.1", "192.0.2.{}"
"""Addresses for documentation, RFC 5737."""
_FIRST_PORT, _PORTS = 40_000, 20_000
"""A client's port, and how many connections there are from one address."""


class SegmentWriter:
    """Writes the segments that pass one end of some connections.

    Args:
        container: the file's format.
        at: the end where they pass, CLIENT or SERVER: the other end's acknowledgements come with what it sends, and
            this one's are made here, for no timeline has them.
        epoch: the time 0, in nanoseconds since 1970.
        port: the server's port where a connection is not given its addresses.
    """

    def __init__(self, container: Container, *, at: int = SERVER, epoch: int = 0, port: int = 110) -> None:
        self._container = container
        self._at, self._epoch, self._port = at, epoch, port
        self._dialogues: dict[int, Dialogue] = {}
        self._owing: dict[int, Dialogue] = {}  # those in which this end has something to acknowledge

    def connect(
        self, connection: int, client: tuple[str, int] | None = None, server: tuple[str, int] | None = None
    ) -> None:
        """Give a connection its addresses; without them it gets some that are for documentation.

        Args:
            connection: its number.
            client, server: IPv4 or IPv6 address and port of each end.
        """
        turn, place = divmod(connection, _PORTS)
        client = client or (CLIENT_HOST.format(2 + turn % 250), _FIRST_PORT + place)
        server = server or (SERVER_HOST, self._port)
        self._dialogues[connection] = Dialogue(address(*client), address(*server), connection)

    def opened(
        self,
        time: int,
        connection: int,
        client: tuple[str, int] | None = None,
        server: tuple[str, int] | None = None,
    ) -> None:
        """A connection was opened: the three segments of its handshake, at one time."""
        if client or server or connection not in self._dialogues:
            self.connect(connection, client, server)
        for end, what in ((CLIENT, "SYN"), (SERVER, "SYN ACK"), (CLIENT, "ACK")):
            self.segment(time, connection, end, what)

    def said(self, time: int, connection: int, endpoint: int, octets: bytes | memoryview) -> None:
        """An end has said octets: data, in segments of :data:`MSS` at most."""
        for place in range(0, len(octets), MSS):
            self.segment(time, connection, endpoint, "data", octets=bytes(octets[place : place + MSS]))

    def closed(self, time: int, connection: int) -> None:
        """A connection was closed in order: the closing handshake, begun by the server."""
        for end, what in ((SERVER, "FIN"), (CLIENT, "FIN"), (SERVER, "ACK")):
            self.segment(time, connection, end, what)
        self._forget(connection)

    def lost(self, time: int, connection: int, by: int = CLIENT) -> None:
        """A connection was lost: an end resets it."""
        self.segment(time, connection, by, "RST")
        self._forget(connection)

    def _forget(self, connection: int) -> None:
        self._dialogues.pop(connection, None)
        self._owing.pop(connection, None)

    def secrets(self, lines: Iterable[str]) -> None:
        """Lines of a key log, for the TLS sessions that come after."""
        self._container.secrets(lines)

    def finish(self, time: int = 0) -> None:
        """Nothing more passes: write the acknowledgements that are still due, at their time or at this one."""
        for dialogue in self._owing.values():
            dialogue.due = max(dialogue.due, time)
        self._pay(None)

    def segment(
        self,
        time: int,
        connection: int,
        endpoint: int,
        what: str,
        start: int | None = None,
        octets: bytes = b"",
        acknowledged: int | None = None,
    ) -> None:
        """One segment passed.

        Args:
            time: when, in nanoseconds since the epoch; never before an earlier segment.
            connection: the connection's number.
            endpoint: who sent it.
            what: ``SYN``, ``SYN ACK``, ``ACK``, ``FIN``, ``RST`` or ``data``.
            start: the place of its octets in its end's stream; by default after all that this end has sent.
            octets: its data.
            acknowledged: how many octets of the other end its sender had received in order when it left, a FIN
                counting as one; by default all that have passed.
        """
        if connection not in self._dialogues:
            self.connect(connection)
        self._pay(time)
        dialogue = self._dialogues[connection]
        if endpoint == self._at or what == "RST":
            dialogue.owed = 0
            self._owing.pop(connection, None)
        elif octets or what == "FIN":
            self._owe(time, connection, dialogue, start)
        self._write(time, dialogue, endpoint, what, start, octets, acknowledged)

    def _pay(self, time: int | None) -> None:
        """Write the acknowledgements that were due before a time, or all of them."""
        if not self._owing:
            return
        for number, dialogue in sorted(self._owing.items(), key=lambda pair: (pair[1].due, pair[0])):
            if time is None or dialogue.due < time:
                self._acknowledge(number, dialogue)

    def _owe(self, time: int, connection: int, dialogue: Dialogue, start: int | None) -> None:
        """This end will acknowledge what comes now: every second segment at once, and whatever is out of order."""
        if dialogue.owed > 1:
            self._acknowledge(connection, dialogue)
        dialogue.owed += 1
        sender = dialogue.sides[1 - self._at]
        follows = start is None or start == sender.progress.reached
        dialogue.due = time if dialogue.owed > 1 or not follows else time + DELAYED
        dialogue.owed = dialogue.owed if follows else 2
        self._owing[connection] = dialogue

    def _acknowledge(self, number: int, dialogue: Dialogue) -> None:
        dialogue.owed = 0
        self._owing.pop(number, None)
        self._write(dialogue.due, dialogue, self._at, "ACK", None, b"", None)

    def _write(
        self,
        time: int,
        dialogue: Dialogue,
        endpoint: int,
        what: str,
        start: int | None,
        octets: bytes,
        acknowledged: int | None,
    ) -> None:
        own, other = dialogue.sides[endpoint], dialogue.sides[1 - endpoint]
        flags = FLAGS[what]
        place = own.sent if start is None else start
        sequence = own.initial if flags & SYN else own.initial + own.opened + place
        if own.closed and not octets and not flags & FIN:
            sequence += 1
        expected = other.expected() if acknowledged is None else other.initial + other.opened + acknowledged
        for cut in range(0, len(octets) or 1, LONGEST):
            own.packets += 1
            part = octets[cut : cut + LONGEST]
            numbers = sequence + cut, expected
            ends = own.address, other.address
            octets_of_packet = packet(ends, numbers, flags, part, mss=MSS, name=own.packets)
            self._container.packet(self._epoch + time, octets_of_packet)
        own.opened = own.opened or bool(flags & SYN)
        own.closed = own.closed or bool(flags & FIN)
        if octets or flags & FIN:
            own.pass_on(place, place + len(octets))


class PcapngWriter(SegmentWriter):
    """Writes a pcapng file; after each call the file holds all that was said, whatever becomes of the program.

    Args:
        file: where to write, from its beginning; it stays open.
        comments: what to say of the file.
        at, epoch, port: see :class:`SegmentWriter`.
    """

    def __init__(
        self, file: Growing, comments: Sequence[str] = (), *, at: int = SERVER, epoch: int = 0, port: int = 110
    ) -> None:
        place = f"seen by the {ENDPOINTS[at]}"
        super().__init__(Pcapng(file, comments, place), at=at, epoch=epoch, port=port)
