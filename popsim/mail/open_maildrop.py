"""An open maildrop: what one session sees of it, from its login to its end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from popsim.mail.message import Message

if TYPE_CHECKING:
    from popsim.mail.maildrop import Maildrop


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
        "_committed", "_failed", "_marked", "_messages", "_store", "_tried",
        "count", "last", "last_at_opening", "opened", "owner", "total",
    )  # fmt: skip

    def __init__(self, store: Maildrop, owner: int | str) -> None:
        self.owner = owner
        self._store = store
        self._committed = False
        self._tried: set[str] = set()
        self._failed: set[str] = set()
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

    def prepare(self) -> None:
        """Remove the marked messages where they are kept for good, ahead of `commit`.

        This may take a while: a thread may do it, if nothing else happens to this maildrop meanwhile.
        """
        wanted = {self.uid(number) for number in self._marked} - self._tried
        self._failed |= self._held()._take_away(wanted)
        self._tried |= wanted

    def commit(self) -> RemovalResult:
        """Remove the marked messages, as far as that succeeds, and no other one (RFC 1939 §6).

        The lock stays until `release`, and the numbers stay too.  What could not be removed has
        lost its mark, so that `count` and `total` say what is left.
        """
        store = self._held()
        self.prepare()
        failed = {n for n in self._marked if self._messages[n - 1].uid in self._failed}
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
