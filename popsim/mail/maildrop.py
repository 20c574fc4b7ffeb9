"""The maildrop: one user's messages on the server, and the session that has it open.

A `Maildrop` persists; an `OpenMaildrop` is what one session sees of it.  Numbers are fixed when
it is opened (RFC 1939 §4), marks belong to the session, and a message is removed by `commit`
alone (RFC 1939 §6).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from popsim.mail.message import Message
from popsim.mail.unique_ids import UniqueIds


class MaildropLocked(Exception):
    """The maildrop is open in another session, that of `owner` (RFC 1939 §4)."""

    def __init__(self, owner: int | str) -> None:
        super().__init__(f"the maildrop is open in another session ({owner}): one at a time (RFC 1939 §4)")
        self.owner = owner


class MaildropReleased(RuntimeError):
    """The session has committed or released the maildrop, and now wanted to change something."""

    def __init__(self) -> None:
        super().__init__("this session is done with the maildrop: open it again")


class NoSuchMessage(LookupError):
    """No message has that number in this session.

    Attributes:
        number: the number that was asked for.
        count: how many numbers were given at the opening: they are 1 to this.
        deleted: whether it is one of them, of a message marked as deleted (RFC 1939 §5, DELE).
    """

    def __init__(self, number: int, count: int, deleted: bool) -> None:
        if deleted:
            text = f"message {number} is marked as deleted"
        elif count:
            text = f"no message {number}: the numbers here are 1 to {count}"
        else:
            text = f"no message {number}: the maildrop is empty"
        super().__init__(text)
        self.number = number
        self.count = count
        self.deleted = deleted


class RemovalResult(NamedTuple):
    """What became of the marked messages, by their numbers, in order."""

    removed: tuple[int, ...]
    failed: tuple[int, ...]


class Maildrop:
    """The messages that wait for one user.

    Args:
        messages: in the order of their numbers; one without a unique-id gets one (`UniqueIds.choose`).
        refuse_removal: unique-ids of messages whose removal fails, a fault for lessons.  The set of
            that name may be changed at any time.

    Raises:
        ValueError: two messages come with the same unique-id.
    """

    def __init__(self, messages: Iterable[Message] = (), refuse_removal: Iterable[str] = ()) -> None:
        given = list(messages)
        self.refuse_removal: set[str] = set(refuse_removal)
        self._unique_ids = UniqueIds()
        for message in given:  # first, so that none is chosen that comes with a later message
            if message.uid is not None:
                self._unique_ids.reserve(message.uid)
        # While the maildrop is open this list only grows: what a session has numbered stays.
        self._messages = [m if m.uid is not None else self._named(m) for m in given]
        self._octets = sum(message.size for message in given)
        self._retrieved: set[str | None] = set()
        self._last_retrieved = 0
        self._open: OpenMaildrop | None = None

    def _named(self, message: Message) -> Message:
        return message.with_uid(self._unique_ids.choose(message.digest))

    @property
    def messages(self) -> tuple[Message, ...]:
        """All messages there are now, whatever a session has marked."""
        return tuple(self._messages)

    @property
    def owner(self) -> int | str | None:
        """Who has the maildrop open, or None."""
        return None if self._open is None else self._open.owner

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def octets(self) -> int:
        """The size of all messages together, in octets."""
        return self._octets

    def deliver(self, message: Message) -> Message:
        """Add a message at the end, and return it with its unique-id.

        A session that has the maildrop open does not see it.

        Raises:
            ValueError: its unique-id was given before; nothing is added.
        """
        if message.uid is None:
            message = self._named(message)
        else:
            self._unique_ids.reserve(message.uid)
        self._messages.append(message)
        self._octets += message.size
        return message

    def open(self, owner: int | str) -> OpenMaildrop:
        """Lock the maildrop and number its messages; takes the same time for any number of them.

        Args:
            owner: whoever opens it: the number of a connection, or a name.

        Raises:
            MaildropLocked: it is open already, even if to the same owner.
        """
        if self._open is not None:
            raise MaildropLocked(self._open.owner)
        self._open = OpenMaildrop(self, owner)
        return self._open

    def _record_retrieved(self, number: int) -> None:
        self._retrieved.add(self._messages[number - 1].uid)
        self._last_retrieved = max(self._last_retrieved, number)

    def _remove(self, numbers: set[int]) -> None:
        """A new list without these messages (the session keeps the old one to read from)."""
        gone = [self._messages[number - 1] for number in numbers]
        self._octets -= sum(message.size for message in gone)
        self._retrieved.difference_update(message.uid for message in gone)
        kept = [m for number, m in enumerate(self._messages, 1) if number not in numbers]
        self._messages = kept
        retrieved = (n for n in range(len(kept), 0, -1) if kept[n - 1].uid in self._retrieved)
        self._last_retrieved = next(retrieved, 0) if self._retrieved else 0


class OpenMaildrop:
    """What one session sees of a maildrop, from `Maildrop.open` to `release`.

    Its attributes are kept up to date and cost nothing to read; they are not to be set.

    Attributes:
        owner: who opened it.
        opened: how many numbers were given: they are 1 to this, whatever is marked.
        count: messages not marked as deleted (STAT).
        total: their size in octets (STAT).
        last: the highest number accessed (RFC 1460 §5, LAST).
        last_at_opening: its value when the session began: the highest number of a message that an
            earlier session retrieved and that is still there (RFC 1460 §4).
    """

    __slots__ = (
        "_committed", "_marked", "_messages", "_store",
        "count", "last", "last_at_opening", "opened", "owner", "total",
    )  # fmt: skip

    def __init__(self, store: Maildrop, owner: int | str) -> None:
        self.owner = owner
        self._store = store
        self._committed = False
        self._messages = store._messages
        self._marked: set[int] = set()
        self.opened = self.count = len(store)
        self.total = store.octets
        self.last = self.last_at_opening = store._last_retrieved

    def message(self, number: int) -> Message:
        """The message with this number.

        Raises:
            NoSuchMessage: the number was not given, or the message is marked as deleted.
        """
        if 0 < number <= self.opened and number not in self._marked:
            return self._messages[number - 1]
        raise NoSuchMessage(number, self.opened, number in self._marked)

    def uid(self, number: int) -> str:
        """The unique-id of the message with this number, marked or not.

        Raises:
            NoSuchMessage: the number was not given.
        """
        if 0 < number <= self.opened:
            return self._messages[number - 1].uid or ""
        raise NoSuchMessage(number, self.opened, False)

    def numbers(self) -> list[int]:
        """The numbers of the messages not marked as deleted, in order."""
        numbers, marked = range(1, self.opened + 1), self._marked
        return [number for number in numbers if number not in marked] if marked else list(numbers)

    def listed(self) -> Iterator[tuple[int, Message]]:
        """The messages not marked as deleted, each after its number, in order (LIST, UIDL)."""
        pairs = enumerate(islice(self._messages, self.opened), 1)  # without what came since
        marked = self._marked
        return ((number, message) for number, message in pairs if number not in marked) if marked else pairs

    def marked(self) -> tuple[int, ...]:
        """The numbers of the messages marked as deleted, in order."""
        return tuple(sorted(self._marked))

    def _held(self) -> Maildrop:
        if self._committed or self._store._open is not self:
            raise MaildropReleased
        return self._store

    def delete(self, number: int) -> None:
        """Mark the message as deleted, and raise `last` to its number (RFC 1939 §5, RFC 1460 §5).

        Raises:
            NoSuchMessage: as `message`; nothing has changed.
        """
        self._held()
        message = self.message(number)
        self._marked.add(number)
        self.count -= 1
        self.total -= message.size
        self.last = max(self.last, number)

    def retrieved(self, number: int) -> None:
        """Note that the message was retrieved whole: `last` rises to its number.

        Later sessions know of it, however this one ends.

        Raises:
            NoSuchMessage: as `message`; nothing has changed.
        """
        store = self._held()
        self.message(number)
        store._record_retrieved(number)
        self.last = max(self.last, number)

    def reset(self, last: int = 0) -> None:
        """Take all marks back, and set `last`; later sessions do not feel it.

        Args:
            last: 0 as RFC 1460 §5 has it, or `last_at_opening` as RFC 1081 p.10 has it.
        """
        self._held()
        for number in self._marked:
            self.total += self._messages[number - 1].size
        self._marked.clear()
        self.count = self.opened
        self.last = last

    def commit(self) -> RemovalResult:
        """Remove the marked messages, as far as that succeeds, and no other one (RFC 1939 §6).

        The lock stays until `release`, and the numbers stay too.  What could not be removed has
        lost its mark, so that `count` and `total` say what is left.
        """
        store = self._held()
        failed = {n for n in self._marked if self._messages[n - 1].uid in store.refuse_removal}
        removed = self._marked - failed
        if removed:
            store._remove(removed)
        self._marked = removed
        self.count += len(failed)
        self.total += sum(self._messages[number - 1].size for number in failed)
        self._committed = True
        return RemovalResult(tuple(sorted(removed)), tuple(sorted(failed)))

    def release(self) -> None:
        """Give the lock back, and remove nothing.  A second time does nothing."""
        if self._store._open is self:
            self._store._open = None
