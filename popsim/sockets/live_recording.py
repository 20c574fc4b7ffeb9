"""Recordings that go into a file as they are made, and so need no room in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from popsim.capture.writer import PcapngWriter
from popsim.protocols import SPEAKS
from popsim.sockets.live_file import LiveFile
from popsim.sockets.recording import NOWHERE, Address, Bound, Recording
from popsim.timeline.event import ENDPOINTS, KINDS, SERVER
from popsim.timeline.file import FORMAT, SECRETS, line
from popsim.timeline.recorder import KIND_BITS, Row

_KIND = (1 << KIND_BITS) - 1
_UNBOUND = Bound(2**60, 2**60)


class LiveRecording(Recording):
    """What the two kinds have in common: the file, the number of events, and no bound.

    Args:
        header: the timeline's header.
        file: where to write.
    """

    def __init__(self, header: Mapping[str, Any], file: LiveFile) -> None:
        self.count = 0
        """How many events there were."""
        self.file = file
        super().__init__(header, _UNBOUND)

    def __len__(self) -> int:
        return self.count

    def write(self, row: Row) -> int:
        """Write one event, where the format has a place for it, and return its index."""
        self.count += 1
        return self.count - 1

    def keep(self, connection: int, end: int, octets: bytes) -> None:
        """See :meth:`Recording.keep`."""

    def crossed(self, connection: int, end: int, octets: bytes | memoryview) -> None:
        """See :meth:`Recording.crossed`."""

    def encrypted(self, connection: int) -> None:
        """See :meth:`Recording.encrypted`."""

    def close(self) -> None:
        """Nothing more comes."""
        self.file.close()


class Journal(LiveRecording):
    """A timeline as ``.jsonl``: octets come in pieces, between the events."""

    def __init__(self, header: Mapping[str, Any], file: LiveFile) -> None:
        super().__init__(header, file)
        self._encrypted: set[int] = set()
        self._rows: dict[str, int] = {name: len(rows) for name, rows in self.header.get("mail", {}).items()}
        self._line({"format": FORMAT, **self.header})

    def write(self, row: Row) -> int:
        """Write one event and return its index."""
        time, code, cause, start, end, values = row
        place = code >> KIND_BITS
        items = [time, place >> 1, ENDPOINTS[place & 1], *KINDS[code & _KIND], cause, start, end]
        self._line([*items, values] if values else items)
        return super().write(row)

    def keep(self, connection: int, end: int, octets: bytes) -> None:
        """See :meth:`Recording.keep`."""
        self._octets_of(connection, end, "octets", octets)

    def crossed(self, connection: int, end: int, octets: bytes | memoryview) -> None:
        """See :meth:`Recording.crossed`."""
        if connection in self._encrypted:
            self._octets_of(connection, end, "wire", bytes(octets))

    def encrypted(self, connection: int) -> None:
        """See :meth:`Recording.encrypted`."""
        self._encrypted.add(connection)
        for end in ENDPOINTS:
            self._line({"connection": connection, "endpoint": end, "secured": True})

    def over(self, connection: int, in_order: bool) -> None:
        """See :meth:`Recording.over`."""
        self._encrypted.discard(connection)

    def secrets(self, lines: Iterable[str]) -> None:
        """See :meth:`Recording.secrets`."""
        self._line({SECRETS: list(lines)})

    def spoken(self, connection: int, protocol: Mapping[str, Any]) -> None:
        """See :meth:`Recording.spoken`."""
        self._line({SPEAKS: {str(connection): protocol}})

    def listed(self, rows: Mapping[str, list[list[object]]]) -> None:
        """See :meth:`Recording.listed`: what is new goes into a row."""
        new = {name: listing[self._rows.get(name, 0) :] for name, listing in rows.items()}
        self._rows = {name: len(listing) for name, listing in rows.items()}
        if any(new.values()):
            self._line({"mail": {name: listing for name, listing in new.items() if listing}})

    def _octets_of(self, connection: int, end: int, what: str, octets: bytes) -> None:
        self._line({"connection": connection, "endpoint": ENDPOINTS[end], what: octets.decode("latin-1")})

    def _line(self, value: Any) -> None:
        if not self.file.failed:
            self.file.write(line(value).encode("ascii") + b"\n")


class Capture(LiveRecording):
    """A capture as ``.pcapng``: what crossed the wire, in segments.

    Args:
        header: the timeline's header: its title becomes a comment.
        file: where to write.
        at: the end where it was seen.
    """

    def __init__(self, header: Mapping[str, Any], file: LiveFile, at: int = SERVER) -> None:
        super().__init__(header, file)
        said = str(self.header.get("title") or "")
        self._writer = PcapngWriter(file, [said], at=at, epoch=self.header["epoch"])

    def connected(self, connection: int, client: Address, server: Address) -> None:
        """See :meth:`Recording.connected`."""
        if not self.file.failed:
            ends = (client, server) if client != NOWHERE != server else (None, None)
            self._writer.opened(self.now, connection, *ends)

    def crossed(self, connection: int, end: int, octets: bytes | memoryview) -> None:
        """See :meth:`Recording.crossed`."""
        if not self.file.failed:
            self._writer.said(self.now, connection, end, octets)

    def over(self, connection: int, in_order: bool) -> None:
        """See :meth:`Recording.over`."""
        if not self.file.failed:
            (self._writer.closed if in_order else self._writer.lost)(self.now, connection)

    def secrets(self, lines: Iterable[str]) -> None:
        """See :meth:`Recording.secrets`."""
        if not self.file.failed:
            self._writer.secrets(lines)

    def close(self) -> None:
        """See :meth:`LiveRecording.close`."""
        if not self.file.failed:
            self._writer.finish(self.elapsed())
        super().close()


def live_recording(
    path: Path, header: Mapping[str, Any], *, replaces: bool, report: Callable[[str], object]
) -> LiveRecording:
    """Begin a recording in a file, of the kind that its name tells.

    Args:
        path: ``.jsonl`` holds the whole timeline, ``.pcapng`` what crossed the wire.
        header: the timeline's header.
        replaces, report: see :class:`LiveFile`.

    Raises:
        FileExistsError: there is a file, and it is not to be replaced.
        OSError: none can be made.
    """
    file = LiveFile(path, replaces=replaces, report=report)
    return Journal(header, file) if path.suffix.lower() == ".jsonl" else Capture(header, file)
