"""LIST and LSUB on the server: what mailboxes there are, and what is subscribed to (RFC 3501 §6.3.8, §6.3.9)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from popsim.engine.answer import Answer, Handler
from popsim.mail.names import DELIMITER, superiors
from popsim.protocols.imap import word_table as words
from popsim.protocols.imap.items import Choices
from popsim.protocols.imap.server_patterns import Pattern
from popsim.protocols.imap.server_session import Session
from popsim.protocols.imap.server_status import StatusOf
from popsim.protocols.imap.server_strings import string
from popsim.protocols.model import ALWAYS, Trigger
from popsim.protocols.request import Request

_DELIMITER = string(DELIMITER.encode())
_BELOW = b" (%b (%b))" % (string(words.CHILD_INFO.encode()), string(words.LIST_SUBSCRIBED.mark.encode()))
"""Something below the name is subscribed to (RFC 9051 §6.3.9.6)."""


class Listing:
    """What a session does to list names.

    Args:
        session: what the parts of the session share.
        status: tells how a mailbox is.
    """

    __slots__ = ("_session", "_status")

    def __init__(self, session: Session, status: StatusOf) -> None:
        self._session = session
        self._status = status

    def handlers(self) -> dict[Trigger, Handler]:
        """What is done for each command."""
        return {words.LIST: self._list, words.LIST_EXTENDED: self._list_chosen, words.LSUB: self._lsub}

    # LIST

    def _list(self, request: Request) -> Answer:
        reference, pattern = request.argument(0, str), request.argument(1, str)
        if not pattern:
            return _listed([self._root(words.DATA_LIST.mark)])
        fits = Pattern(reference + pattern)
        return _listed([self.line(name) for name in self._session.there.hierarchy() if fits.matches(name)])

    def _root(self, mark: str) -> bytes:
        """What an empty pattern asks for: the delimiter, and where names begin, which is nowhere (RFC 3501 §6.3.8)."""
        return self._written(mark, [words.NO_SELECT], "")

    def line(self, name: str, told: Collection[str] = ()) -> bytes:
        """The line of a name, with its attributes; ``told`` has the marks of others to be told (RFC 9051 §6.3.9.2)."""
        return self._written(words.DATA_LIST.mark, self._attributes(name, told), name)

    def _attributes(self, name: str, told: Collection[str]) -> list[str]:
        session = self._session
        account, edition = session.there, session.edition
        mailbox = account.mailboxes.get(name)
        found = [] if mailbox is not None else [words.NON_EXISTENT if edition.is_utf8 else words.NO_SELECT]
        has_children = account.has_inferiors(name)
        if words.LIST_WITH_CHILDREN.mark in told or edition.is_utf8 and mailbox is None and has_children:
            found.append(words.HAS_CHILDREN if has_children else words.HAS_NO_CHILDREN)
        if words.LIST_WITH_SUBSCRIBED.mark in told and name in account.subscribed:
            found.append(words.IS_SUBSCRIBED)
        if edition.tells_uses and (use := self._use(name)):
            found.append(use)
        return found

    def _written(self, mark: str, attributes: Iterable[str], name: str) -> bytes:
        told = " ".join(attributes)
        return b"%b (%b) %b %b" % (mark.encode(), told.encode(), _DELIMITER, self._session.edition.written(name))

    # LSUB

    def _lsub(self, request: Request) -> Answer:
        reference, pattern = request.argument(0, str), request.argument(1, str)
        mark = words.DATA_LSUB.mark
        if not pattern:
            return _listed([self._root(mark)])
        fits, subscribed = Pattern(reference + pattern), self._session.there.subscribed
        found: dict[str, list[str]] = {name: [] for name in subscribed if fits.matches(name)}
        if fits.ends_open:  # a level above what is subscribed to stands for it (RFC 3501 §6.3.9)
            above = {up for name in subscribed if name not in found for up in superiors(name) if fits.matches(up)}
            found.update({name: [words.NO_SELECT] for name in above if name not in found})
        return _listed([self._written(mark, found[name], name) for name in sorted(found)])

    # LIST with choices (RFC 9051 §6.3.9, RFC 6154 §2)

    def _list_chosen(self, request: Request) -> Answer:
        choices, reference, patterns, returns = request.arguments
        assert isinstance(reference, str) and isinstance(patterns, tuple)
        only = choices.names if isinstance(choices, Choices) else ()
        told = returns if isinstance(returns, Choices) else Choices()
        if patterns == ("",):
            return _listed([self._root(words.DATA_LIST.mark)])
        wanted = [Pattern(reference + pattern) for pattern in patterns]
        uses_only = words.LIST_SPECIAL_USE.mark in only

        def fits(name: str) -> bool:
            return any(one.matches(name) for one in wanted) and (not uses_only or bool(self._use(name)))

        if words.LIST_SUBSCRIBED.mark not in only:
            names = [name for name in self._session.there.hierarchy() if fits(name)]
            return _listed([line for name in names for line in self._lines(name, told)])
        told = told._replace(names=(*told.names, words.LIST_WITH_SUBSCRIBED.mark))
        return _listed(self._subscribed(fits, told, words.LIST_RECURSIVE.mark in only))

    def _use(self, name: str) -> str:
        """What a mailbox is for, such as ``\\Sent``, or "" (RFC 6154 §2)."""
        mailbox = self._session.there.mailboxes.get(name)
        return mailbox.special_use if mailbox is not None else ""

    def _lines(self, name: str, told: Choices) -> list[bytes]:
        """A name's line, and that of its status where it is wanted and the name can be opened."""
        mailbox = self._session.there.mailboxes.get(name)
        lines = [self.line(name, told.names)]
        if mailbox is not None and words.LIST_WITH_STATUS.mark in told.names:
            lines.append(self._status.line(mailbox, told.status))
        return lines

    def _subscribed(self, fits: Callable[[str], bool], told: Choices, recursive: bool) -> list[bytes]:
        """The names that are subscribed to, and those that have such names below them."""
        subscribed = self._session.there.subscribed
        found = {name for name in subscribed if fits(name)}
        below: set[str] = set()
        if recursive:
            # A name that is not subscribed to is told only for the sake of one that is not told itself (§6.3.9.6).
            parents = {(up, name not in found) for name in subscribed for up in superiors(name) if fits(up)}
            below = {up for up, is_hidden in parents if up in found or is_hidden}
        lines: list[bytes] = []
        for name in sorted(found | below):
            first, *status = self._lines(name, told)
            lines += [first + (_BELOW if name in below else b""), *(status if name in found else ())]
        return lines


def _listed(lines: Iterable[bytes]) -> Answer:
    return Answer(ALWAYS, b"that is all", untagged=tuple(lines))
