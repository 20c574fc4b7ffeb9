"""What reads octets and is no engine: IMAP's arguments, messages of many parts, names, patterns of names."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from popsim.engine.framing import Buffer, Literal
from popsim.engine.plan import Ways, announcement
from popsim.mail.message import Message
from popsim.mail.names import canonical, checked, decode, encode
from popsim.mail.parts import Part, header_end, structure
from popsim.mail.reading import body_texts
from popsim.protocols.imap import item_table as words
from popsim.protocols.imap.items import Section
from popsim.protocols.imap.server_envelope import envelope
from popsim.protocols.imap.server_patterns import Pattern
from popsim.protocols.imap.server_section import part_of, section
from popsim.protocols.imap.server_structure import bodystructure
from popsim.protocols.kind import NotRead, Syntax
from popsim.protocols.model import Occurrence
from popsim.protocols.request import Request, spans
from tests.fuzz.inputs import pieces
from tests.fuzz.servers import IMAP, SPOKEN
from tests.imap.heard import parsed

KINDS = [
    (argument.kind, keyword)
    for keyword, argument in sorted(
        {(argument.name, argument.kind.name): argument for form in IMAP.edition(9051).extended().forms
         for argument in form.arguments if isinstance(argument.kind, Syntax)}.items()
    )
]  # fmt: skip
MOST_CALLS = 60
"""How many calls a reader makes at most for each octet."""


class TooMuch(AssertionError):
    """A reader went over its octets again and again."""


def bounded(most: int, do: Callable[[], Any]) -> Any:
    """What it does, with no more calls than so many."""
    made = 0

    def count(*_: object) -> None:
        nonlocal made
        made += 1
        if made > most:
            sys.setprofile(None)
            raise TooMuch(f"more than {most} calls")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        return do()
    finally:
        sys.setprofile(before)


def syntax(data: bytes) -> None:
    """A kind of argument reads octets, or raises NotRead; the whole line says the same with and without its edition."""
    if len(data) < 2:
        return
    kind, _ = KINDS[data[0] % len(KINDS)]
    protocol = SPOKEN["imap"][data[1] % len(SPOKEN["imap"])]
    text = data[2:]
    assert isinstance(kind, Syntax)
    for one in (kind, kind.fit(protocol.rfcs) if kind.fit else kind):
        try:
            _, end = bounded(MOST_CALLS * (len(text) + 10), lambda one=one: one.read(text, 0))  # type: ignore[misc]
        except NotRead as wrong:
            assert str(wrong).isprintable()
        else:
            assert 0 <= end <= len(text)
    request = protocol.parse(text)
    assert all(0 <= one.start <= one.end <= len(text) + 2 for one in spans(request, text + b"\r\n"))


def mime(data: bytes) -> None:
    """A message's parts lie in it, none over another; all that is said of it can be read again."""
    message = Message.of(data)
    octets = message.octets
    root = bounded(MOST_CALLS * (len(octets) + 100), lambda: structure(message))
    assert (root.start, root.end) == (0, len(octets))
    _within(root, octets)
    for text in (bodystructure(message, True), bodystructure(message, False), envelope(message)):
        (found,) = parsed(text)
        assert isinstance(found, list)
    _same_shape(root, parsed(bodystructure(message, True))[0])
    _sections(message, root)
    for text_of_part in body_texts(root):
        assert isinstance(text_of_part, str)


def _within(part: Part, octets: bytes) -> None:
    assert 0 <= part.start <= part.body <= part.end <= len(octets)
    place = part.body
    for child in part.children:
        # An empty one stands behind the blank line that the next boundary has taken from its parent.
        assert place <= child.start <= child.end and (child.end <= part.end or child.start == child.end)
        place = child.end
        _within(child, octets)
    for one in part.fields:
        assert part.start <= one.start < one.end <= part.body


def _same_shape(part: Part, told: list[Any]) -> None:
    """The structure that is told has the parts that there are."""
    if part.is_multipart:
        inside = [one for one in told if isinstance(one, list)][: len(part.parts)]
        assert len(inside) == len(part.parts)
        for child, one in zip(part.parts, inside, strict=True):
            _same_shape(child, one)
    else:
        assert told[6] == b"%d" % part.size


def _sections(message: Message, root: Part, numbers: tuple[int, ...] = (), depth: int = 0) -> None:
    header = section(message, Section((), words.SECTION_HEADER.mark))
    text = section(message, Section((), words.SECTION_BODY.mark))
    assert header is not None and text is not None
    assert len(header) == header_end(message.octets) and len(header) + len(text) == message.size
    chosen = section(message, Section((), words.SECTION_FIELDS.mark, (b"subject", b"content-type")))
    others = section(message, Section((), words.SECTION_FIELDS_NOT.mark, (b"subject", b"content-type")))
    assert chosen is not None and others is not None
    for number in range(1, 4):
        path = (number,)
        part = part_of(root, path)
        got = section(message, Section(path))
        assert (part is None) == (got is None)
        if part is not None and got is not None:
            assert len(got) == part.size
            assert section(message, Section(path, words.SECTION_MIME.mark)) is not None
            section(message, Section((number, 1), words.SECTION_HEADER.mark))


def names(data: bytes) -> None:
    """A name that is read is written as it was; a name that is text has one form, and that is read again."""
    try:
        name = decode(data)
    except ValueError:
        pass
    else:
        assert encode(name) == data
    text = data.decode("utf-8", "ignore")
    assert decode(encode(text)) == text
    assert canonical(canonical(text)) == canonical(text)
    try:
        plain = checked(text)
    except ValueError:
        return
    assert checked(plain) == plain


def patterns(data: bytes) -> None:
    """A pattern fits the names that a slow and simple reader of patterns says it fits."""
    text, _, name = data.decode("latin-1").partition("\n")
    text, name = text[:60], canonical(name[:60])
    assert Pattern(text).matches(name) is slow(text, name)


def slow(text: str, name: str) -> bool:
    """Whether a name fits a pattern, as RFC 3501 §6.3.8 says it; in quadratic time."""

    def fits(pattern: str) -> bool:
        row = [True] + [False] * len(name)
        for one in pattern:
            if one in "*%":
                for place, character in enumerate(name):
                    row[place + 1] = row[place + 1] or (row[place] and (one == "*" or character != "/"))
            else:
                row = [False] + [here and character == one for here, character in zip(row, name, strict=False)]
        return row[-1]

    first, slash, rest = text.partition("/")
    inbox = name.split("/")[0] == "INBOX" and fits(first.upper() + slash + rest)
    return fits(text) or inbox


def literals(data: bytes) -> None:
    """Commands with their literals are the same however their octets are cut, and no octet is counted twice."""
    whole, size = commands([data])
    assert (whole, size) == commands(pieces(data))
    assert size <= len(data)


def commands(parts: list[bytes]) -> tuple[list[Request], int]:
    """The commands in some octets, and how many octets they have."""
    ways, buffer = Ways.of(SPOKEN["imap"][0]), Buffer()
    found: list[Request] = []
    size, part = 0, None
    for octets in parts:
        buffer.feed(octets)
        while True:
            if part is None:
                line = buffer.line(ways.line_limit)
                if line is None:
                    break
                size += buffer.size
                request = ways.read(line)
            elif buffer.part(part):
                size += part.size
                request = ways.gone_on(found.pop(), part)
            else:
                break
            found.append(request)
            is_begun = request.trigger is Occurrence.LITERAL
            part = Literal(announcement(request).size, ways.literal_limit, ways.line_limit) if is_begun else None
    return found, size


TARGETS: dict[str, Callable[[bytes], None]] = {
    "literals": literals,
    "syntax": syntax,
    "mime": mime,
    "names": names,
    "patterns": patterns,
}
