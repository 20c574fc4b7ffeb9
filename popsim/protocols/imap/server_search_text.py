"""Looking for a text in a message (RFC 3501 §6.4.4): decoded, and in upper and lower case alike."""

from __future__ import annotations

from functools import cached_property

from popsim.mail.fields import Field, fields
from popsim.mail.header import decoded
from popsim.mail.message import Message
from popsim.mail.parts import header_end, structure
from popsim.mail.reading import body_texts, fields_text, people
from popsim.protocols.imap import item_table as words

_PEOPLE = {
    words.KEY_BCC.mark: b"bcc",
    words.KEY_CC.mark: b"cc",
    words.KEY_FROM.mark: b"from",
    words.KEY_TO.mark: b"to",
}
_SUBJECT, _DATE = b"subject", b"date"
TEXT_KEYS = frozenset(
    {*_PEOPLE, words.KEY_SUBJECT.mark, words.KEY_HEADER.mark, words.KEY_BODY.mark, words.KEY_TEXT.mark}
)
"""The keys that look into the octets of a message for a text."""


class Text:
    """A text that is looked for.

    Args:
        key: where it is looked for: the mark of one of ``TEXT_KEYS``.
        arguments: the text, in UTF-8; for ``KEY_HEADER`` the name of the field before it.
    """

    def __init__(self, key: str, *arguments: bytes) -> None:
        self._key = key
        self._name = arguments[0].lower() if key == words.KEY_HEADER.mark else _SUBJECT
        # A text that is no UTF-8 is nowhere: what stands for its octets here stands in no message.
        self._text = folded(arguments[-1].decode("utf-8", "surrogateescape"))

    def is_in(self, message: Message) -> bool:
        """Whether the message has it there; the empty text is in every field and in every body."""
        if self._key == words.KEY_BODY.mark:
            return self._in_body(message)
        header = message.once(_header)
        if self._key == words.KEY_TEXT.mark:
            return self._text in read_last(message).header or self._in_body(message)
        if self._key in _PEOPLE:
            name = _PEOPLE[self._key]
            return any(one.name == name for one in header) and self._in(people(header, name))
        return any(one.name == self._name and self._in(decoded(one.body)) for one in header)

    def _in(self, text: str) -> bool:
        return self._text in folded(text)

    def _in_body(self, message: Message) -> bool:
        return not self._text or any(self._text in text for text in read_last(message).body)


class Read:
    """The texts of a message as they are searched, found when they are first asked for.

    A search holds all its keys against one message before it comes to the next, so the last one read is enough.
    """

    def __init__(self, message: Message) -> None:
        self.message = message

    @cached_property
    def header(self) -> str:
        """All fields."""
        return folded(fields_text(self.message.once(_header)))

    @cached_property
    def body(self) -> tuple[str, ...]:
        """What can be read in the body."""
        return tuple(map(folded, body_texts(structure(self.message))))


_last: list[Read] = []


def read_last(message: Message) -> Read:
    """The texts of a message; those of the last one are kept."""
    if not _last or _last[0].message is not message:
        _last[:] = [Read(message)]
    return _last[0]


def _header(message: Message) -> tuple[Field, ...]:
    return tuple(fields(message.octets, 0, header_end(message.octets)))


def folded(text: str) -> str:
    """Text in which upper and lower case are alike, and so are one character and what it is composed of."""
    if text.isascii():
        return text.lower()
    import unicodedata

    return unicodedata.normalize("NFKD", text).casefold()


def sent_day(message: Message) -> int:
    """The day in the Date field as it is written, whatever its time zone; counted from 1 January 1. 0 without one."""
    body = next((one.body for one in message.once(_header) if one.name == _DATE), b"")
    if not body:
        return 0
    from datetime import date
    from email.utils import parsedate

    try:
        found = parsedate(decoded(body))
        return date(*found[:3]).toordinal() if found else 0
    except (ValueError, IndexError, TypeError, OverflowError):
        return 0
