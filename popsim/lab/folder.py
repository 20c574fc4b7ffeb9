"""A mail reader's folder in a lab: the messages that it has brought home, in virtual time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from popsim.engine.visit import Ending, Progress, Visit
from popsim.mail.message import Message
from popsim.views.palette import framed
from popsim.views.rich import Rich
from popsim.views.table_style import table_style
from popsim.views.wording import format_moment, format_octets, shortened

_STYLE = "& td.number{text-align:right;font-variant-numeric:tabular-nums}"
_LONGEST = 48


@dataclass(frozen=True, slots=True)
class Kept:
    """A message in a folder.

    Args:
        message: the message, or its header alone.
        uid: the unique-id under which the server listed it, or None.
        at: when it was kept, in nanoseconds of virtual time.
    """

    message: Message
    uid: str | None
    at: int


class Folder(Rich):
    """The messages that a mail reader has kept, in the order in which they came.

    Args:
        name: such as ``home``.
        clock: gives the virtual time in nanoseconds.
    """

    def __init__(self, name: str, clock: Callable[[], int]) -> None:
        self.name = name
        self._clock = clock
        self._kept: list[Kept] = []
        self._copies: dict[str, int] = {}
        self._times: dict[str, int] = {}
        self.holds_headers: bool | None = None
        """Whether there are headers in it, or whole messages: never both. None while it is empty and unused."""
        self.source = ""
        """Where what is in it comes from; "" while it is unused. Unique-ids mean nothing elsewhere."""
        # Messages without unique-ids are known by their octets: those that the server may still have, those of them
        # that did not come again yet in this visit, and those that came in it, by message-number.
        self._unnamed: Counter[bytes] = Counter()
        self._unmet: Counter[bytes] = Counter()
        self._came: dict[int, bytes] = {}
        self._last = b""

    @property
    def kept(self) -> tuple[Kept, ...]:
        """Everything in it."""
        return tuple(self._kept)

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages alone."""
        return tuple(kept.message for kept in self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    # A mail reader's keeper: see popsim.engine.visit.Keeper

    def holds(self, uid: str, copies: int = 1) -> bool:
        """Whether that many messages that the server has under this unique-id are kept."""
        return self._copies.get(uid, 0) >= copies

    def keep(self, uid: str | None, octets: bytes) -> None:
        """Keep a message; one without a unique-id that was kept in an earlier visit has come again, and is kept."""
        self._last = octets
        if uid is None:
            if self._unmet[octets] > 0:
                self._unmet[octets] -= 1
                return
            self._unnamed[octets] += 1
        now = self._clock()
        self._kept.append(Kept(Message(octets), uid, now))
        if uid is not None:
            self._copies[uid] = self._copies.get(uid, 0) + 1
            self._times[uid] = now

    def kept_at(self, uid: str) -> int | None:
        """When the last message with this unique-id was kept, in nanoseconds."""
        return self._times.get(uid)

    def removed(self, uid: str) -> None:
        """The server has removed one with this unique-id: it stays here, but what comes under it later is another."""
        self._copies[uid] = max(0, self._copies.get(uid, 0) - 1)

    # Visits, for messages without unique-ids

    def begins(self) -> None:
        """A visit begins: what is kept may come again."""
        self._unmet, self._came = +self._unnamed, {}

    def told(self, progress: Progress) -> None:
        """A mail reader has done something."""
        item = progress.item
        if item is None or item.uid is not None:
            return
        if progress.what == "fetched":
            self._came[item.number] = self._last
        elif progress.what == "deleted" and item.number in self._came:
            self._unnamed[self._came.pop(item.number)] -= 1

    def ends(self, visit: Visit) -> None:
        """A visit is over: what has not come again is not there any more, if all was asked for."""
        fetched = {item.number for item in visit.fetched}
        if visit.ending is Ending.DONE and all(item.number in fetched for item in visit.listed if item.uid is None):
            self._unnamed -= self._unmet

    # Seeing

    def __str__(self) -> str:
        if not self._kept:
            return f"folder {self.name}: empty"
        rows = [self._row(kept) for kept in self._kept]
        widths = [max(len(row[column]) for row in rows) for column in range(2)]
        lines = [f"  {row[0]:>{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]}" for row in rows]
        return "\n".join([f"folder {self.name}: {self._count()}", *lines])

    def html(self) -> str:
        rows = "".join(
            f'<tr><td class="number">{escape(time)}</td><td class="number">{escape(size)}</td>'
            f"<td>{escape(subject)}</td></tr>"
            for time, size, subject in map(self._row, self._kept)
        )
        head = "<thead><tr><th>kept at</th><th>size</th><th>subject</th></tr></thead>"
        table = f"<table><caption>{escape(f'folder {self.name}: {self._count()}')}</caption>{head}{rows}</table>"
        return framed("popsim-folder", table_style("popsim-folder", _STYLE), table)

    def _count(self) -> str:
        what = "header" if self.holds_headers else "message"
        return f"{len(self._kept)} {what}{'s' * (len(self._kept) != 1)}" if self._kept else "empty"

    def _row(self, kept: Kept) -> tuple[str, str, str]:
        message = kept.message
        return format_moment(kept.at), format_octets(message.size), shortened(_subject(message), _LONGEST)


def _subject(message: Message) -> str:
    return message.header("Subject") or "(no subject)"
