"""What the parts of an IMAP session on the server share: who is there, which mailbox is open, what it is told of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from popsim.engine.answer import Answer, Change
from popsim.mail.names import INBOX
from popsim.mail.open_mailbox import Exists, Expunged, Flagged
from popsim.mail.policy import Policy
from popsim.mail.store import Account, Store
from popsim.protocols.imap import word_table as words
from popsim.protocols.imap.items import Numbers
from popsim.protocols.imap.names import spoken
from popsim.protocols.imap.server_strings import string
from popsim.protocols.imap.syntax import ATOM, UTF8_EDITION
from popsim.protocols.model import Code
from popsim.protocols.protocol import Protocol
from popsim.timeline.event import (
    ARRANGED,
    ARRIVED,
    FLAGGED,
    GONE,
    KEPT,
    REMOVED,
    flags_key,
    mailbox_key,
    mailboxes_key,
    mark_key,
)

if TYPE_CHECKING:
    from collections.abc import Set

    from popsim.mail.item import Item
    from popsim.mail.mailbox import Mailbox, News, OpenMailbox

NOTHING: tuple[bytes, ...] = ()
NOBODY: frozenset[int] = frozenset()
_WORD = re.compile(ATOM + rb"+")
_QUOTABLE = re.compile(rb'[^\r\n"\\]*')


class Session:
    """One session's memory; what the arguments are stands at :class:`popsim.protocols.imap.server.ImapService`.

    Attributes:
        account: who is there, from the login on.
        opened: the mailbox that is selected, or None.
        enabled: the tags of the extensions that the client has switched on (RFC 5161 §3.1).
        saved: the unique identifiers that the last search that was to be kept has found (RFC 9051 §6.4.4.1).
        tells_modseq: whether the client wants to hear of the numbers of changes (RFC 7162 §3.1).
    """

    def __init__(
        self,
        protocol: Protocol,
        store: Store,
        policy: Policy,
        clock: Callable[[], int],
        number: int,
        secured: bool,
    ) -> None:
        self.protocol = protocol
        self.store = store
        self.policy = policy
        self.clock = clock
        self.number = number
        self.secured = secured
        self.account: Account | None = None
        self.opened: OpenMailbox | None = None
        self.enabled: set[str] = set()
        self.saved: tuple[int, ...] = ()
        self.tells_modseq = False
        self.edition = Edition.of(protocol)
        """What is the same for all sessions of the edition."""

    @property
    def takes_passwords(self) -> bool:
        """Whether a password may cross as it is (RFC 3501 §6.2.3)."""
        return self.secured or self.policy.plaintext

    @property
    def user(self) -> str:
        """The name of who is there."""
        return self.there.user.name

    @property
    def there(self) -> Account:
        """The account of who is there: the table lets no command come here that needs it before."""
        assert self.account is not None
        return self.account

    @property
    def open(self) -> OpenMailbox:
        """The mailbox that is selected, in a command that the table allows only where one is."""
        assert self.opened is not None
        return self.opened

    def mailbox(self, name: str) -> Mailbox | None:
        """The user's mailbox of that name, or None."""
        return self.there.mailbox(name)

    def may_change(self, mailbox: Mailbox) -> bool:
        """Whether the site lets the user change what is in a mailbox (RFC 3501 §6.3.1: else it opens READ-ONLY)."""
        return mailbox.name not in self.policy.read_only

    def has(self, code: Code) -> bool:
        """Whether this edition has a code in square brackets."""
        return code in self.edition.codes

    def refused(self, condition: str, text: str) -> Answer:
        """A refusal, with the code that goes with its condition."""
        return Answer(condition, self.edition.opening(condition) + text.encode("ascii", "backslashreplace"))

    # The mailbox that is selected

    def leave(self) -> None:
        """No mailbox is selected any more; nothing is removed."""
        if self.opened is not None:
            self.opened.close()
        self.opened, self.saved = None, ()

    @property
    def recent(self) -> Set[int]:
        r"""The UIDs of the messages that are ``\Recent`` here; none where the edition has no such flag."""
        return self.open.recent if self.edition.tells_recent else NOBODY

    def meant(self, numbers: Numbers, by_uid: bool = False) -> Numbers:
        """The numbers that a set of numbers stands for: ``$`` for what was saved and is still there.

        Args:
            numbers: the set as the client gave it.
            by_uid: whether they are unique identifiers.
        """
        if not numbers.saved:
            return numbers
        there = ((self.open.number_of(uid), uid) for uid in self.saved)
        found = [uid if by_uid else number for number, uid in there if number]
        return Numbers(tuple((number, number) for number in found))

    def no_such_number(self, numbers: Numbers) -> Answer:
        """The answer to a command with a number that no message has (RFC 3501 §9, seq-number)."""
        count = self.open.count
        there = f"the numbers here are 1 to {count}" if count else "the mailbox is empty"
        return self.refused(words.NUMBER_BEYOND, f"no such message: {there}")

    def news(self, expunged: bool) -> tuple[bytes, ...]:
        """What the session has not been told yet of its mailbox, each line without ``* `` and CRLF; this tells it.

        Args:
            expunged: whether it may hear now that messages are gone, which renumbers the others (RFC 3501 §7.4.1).
        """
        opened = self.opened
        if opened is None or not opened.has_news:
            return NOTHING
        return tuple(line for one in opened.news(expunged) if (line := self._line(one)))

    def _line(self, news: News) -> bytes:
        if isinstance(news, Flagged):
            return self.flags_line(news.number, news.item)
        if isinstance(news, Expunged):
            return b"%d %b" % (news.number, self.edition.expunge)
        if isinstance(news, Exists):
            return b"%d %b" % (news.count, self.edition.exists)
        return b"%d %b" % (news.count, self.edition.recent) if self.edition.tells_recent else b""

    def flags_line(self, number: int, item: Item, with_uid: bool = False) -> bytes:
        """The line that tells a message's flags; the newer edition wants the unique identifier in it (RFC 9051 §7.5.2).

        Args:
            number: its number in this session.
            item: the message.
            with_uid: whether the unique identifier is wanted in any case.
        """
        edition = self.edition
        flags = item.flags | {words.RECENT.mark} if item.uid in self.recent else item.flags
        parts = [b"%b (%b)" % (edition.flags, shown(flags).encode())]
        if with_uid or edition.is_utf8:
            parts.insert(0, b"%b %d" % (edition.uid, item.uid))
        if self.tells_modseq:
            parts.append(b"%b (%d)" % (edition.modseq, item.modseq))
        return b"%d %b (%b)" % (number, edition.fetch, b" ".join(parts))

    # What a timeline is told

    def flagged(self, items: Iterable[Item]) -> tuple[Change, ...]:
        """The change of these messages' flags."""
        values: dict[str, object] = {flags_key(self.user, item.number): shown(item.flags) for item in items}
        return (Change(FLAGGED, values),) if values else ()

    def removed(self, items: Iterable[Item]) -> tuple[Change, ...]:
        """These messages are gone."""
        values: dict[str, object] = {mark_key(self.user, item.number): GONE for item in items}
        return (Change(REMOVED, values),) if values else ()

    def arrived(self, items: Iterable[Item], mailbox: str) -> tuple[Change, ...]:
        """These messages are in a mailbox now, with the flags that they have there."""
        values: dict[str, object] = {}
        for item in items:
            values[mark_key(self.user, item.number)] = KEPT
            values[mailbox_key(self.user, item.number)] = None if mailbox == INBOX else mailbox
            values[flags_key(self.user, item.number)] = shown(item.flags)
        return (Change(ARRIVED, values),) if values else ()

    def arranged(self, moved: Iterable[tuple[Item, str]] = ()) -> tuple[Change, ...]:
        """The user's mailboxes are others now; ``moved`` are messages that are in another one since, with its name."""
        values: dict[str, object] = {mailboxes_key(self.user): [n for n in self.there.hierarchy() if n != INBOX]}
        values.update({mailbox_key(self.user, item.number): name for item, name in moved})
        return (Change(ARRANGED, values),)

    def looked(self, mailbox: Mailbox) -> tuple[Change, ...]:
        """Look at the disk for mail that other programs have brought or taken away."""
        rows = mailbox.refresh() if mailbox.box else {}
        changes = []
        for kind, mark, there in ((ARRIVED, KEPT, True), (REMOVED, GONE, False)):
            values: dict[str, object] = {mark_key(self.user, row): mark for row, now in rows.items() if now is there}
            if values:
                changes.append(Change(kind, values))
        return tuple(changes)


class SessionPart:
    """One part of what a server does in a session.

    Args:
        session: what the parts share.
    """

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session


class Edition:
    """What is the same for all sessions of one edition, worked out once.

    Args:
        protocol: the edition.
    """

    def __init__(self, protocol: Protocol) -> None:
        self.codes = frozenset(protocol.codes)
        self.tells_recent = words.DATA_RECENT in protocol.data
        self.is_utf8 = UTF8_EDITION in protocol.rfcs
        """Whether names and strings are UTF-8 (RFC 9051 §5.1)."""
        self.exists, self.recent, self.expunge, self.fetch = (
            datum.mark.encode()
            for datum in (words.DATA_EXISTS, words.DATA_RECENT, words.DATA_EXPUNGE, words.DATA_FETCH)
        )
        self.flags, self.uid, self.modseq = (
            word.mark.encode() for word in (words.ITEM_FLAGS, words.ITEM_UID, words.ITEM_MODSEQ)
        )
        self.tells_uses = self.is_utf8 or words.CAP_SPECIAL_USE in protocol.capabilities
        """Whether a list tells what mailboxes are for (RFC 6154 §2)."""
        self.largest_message, self.largest_at_once = protocol.limit("literal"), protocol.limit("literal at once")
        self.largest_argument = protocol.limit("command line")
        """The most octets of a literal that is no message."""
        self.lines: dict[object, bytes] = {}
        """Lines that many sessions send, by what they depend on."""
        self._openings = {code.condition: f"{code} ".encode() for code in protocol.codes if code.condition}

    def opening(self, condition: str) -> bytes:
        """The code that opens the text of a condition, with a space behind it, or nothing."""
        return self._openings.get(condition, b"")

    def written(self, name: str) -> bytes:
        """A mailbox's name as it is sent: a word where it can be one (RFC 3501 §9, mailbox)."""
        octets = spoken(name, self.is_utf8)
        if _WORD.fullmatch(octets):
            return octets
        return b'"%b"' % octets if _QUOTABLE.fullmatch(octets) else string(octets)

    @classmethod
    def of(cls, protocol: Protocol) -> Edition:
        """The same object for all sessions of an edition."""
        memo = protocol.server.memo
        if cls not in memo:
            memo[cls] = cls(protocol)
        found = memo[cls]
        assert isinstance(found, Edition)
        return found


def shown(flags: Iterable[str]) -> str:
    """Flags as they are written, in an order that is always the same."""
    return " ".join(sorted(flags))
