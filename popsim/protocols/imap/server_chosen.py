"""Which messages a command means: by their numbers, or by their unique identifiers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from popsim.protocols.imap.items import Numbers

if TYPE_CHECKING:
    from popsim.engine.answer import Answer
    from popsim.mail.item import Item
    from popsim.mail.mailbox import OpenMailbox
    from popsim.protocols.imap.server_session import Session
    from popsim.protocols.request import Request

_UID = attrgetter("uid")


class Chosen(NamedTuple):
    """Messages with the numbers that they have in a session, ascending."""

    numbers: Sequence[int]
    items: Sequence[Item]

    @property
    def uids(self) -> list[int]:
        """Their unique identifiers."""
        return list(map(_UID, self.items))

    @property
    def some_are_gone(self) -> bool:
        """Whether one of them was removed, of which the session was not told yet."""
        return any(item.is_gone for item in self.items)

    def there(self) -> Chosen:
        """Those of them that were not removed."""
        return self.where([not item.is_gone for item in self.items]) if self.some_are_gone else self

    def where(self, holds: Sequence[bool]) -> Chosen:
        """Those of which something holds; it is told of each, in their order."""
        pairs = [(n, item) for n, item, there in zip(self.numbers, self.items, holds, strict=True) if there]
        return Chosen([n for n, _ in pairs], [item for _, item in pairs])


def chosen_by(session: Session, request: Request, by_uid: bool) -> Chosen | Answer:
    """The messages that a request's first argument means, or why there are none."""
    numbers = request.argument(0, Numbers)
    if by_uid:
        return by_uids(session.open, session.meant(numbers, by_uid=True))
    found = by_numbers(session.open, session.meant(numbers))
    return session.no_such_number(numbers) if found is None else found


def by_numbers(opened: OpenMailbox, numbers: Numbers) -> Chosen | None:
    """The messages with these numbers; None where one of the numbers is no message's (RFC 3501 §9, seq-number)."""
    items = opened.items
    count = len(items)
    if len(numbers.ranges) == 1:  # what is asked most
        first, end = numbers.ranges[0]
        first, end = first or count, end or count
        if first > end:
            first, end = end, first
        return Chosen(range(first, end + 1), items[first - 1 : end]) if 0 < first and end <= count else None
    if not numbers.fits(count):
        return None
    ranges = numbers.among(count)
    chosen = [number for one in ranges for number in one]
    return Chosen(chosen, [items[number - 1] for number in chosen])


def by_uids(opened: OpenMailbox, numbers: Numbers) -> Chosen:
    """The messages with these unique identifiers, without those that were removed; an identifier that no message has
    means nothing, and a range up to ``*`` always means the last message (RFC 3501 §6.4.8)."""
    everything = Chosen(range(1, opened.count + 1), opened.items)
    places, items = everything.there() if opened.has_news else everything
    found: list[tuple[int, int]] = []
    for one in numbers.among(items[-1].uid) if items else ():
        first = bisect_left(items, one.start, key=_UID)
        found.append((first, bisect_left(items, one.stop, first, key=_UID)))
    if len(found) == 1:
        ((first, end),) = found
        return Chosen(places[first:end], items[first:end])
    chosen = [place for first, end in found for place in range(first, end)]
    return Chosen([places[place] for place in chosen], [items[place] for place in chosen])
