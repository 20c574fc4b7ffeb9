"""Which protocol a conversation is likely to be of: by how its server greets, by its port, by the first command."""

from __future__ import annotations

from popsim.capture.conversation import Conversation
from popsim.capture.dissect_tls import looks_secured
from popsim.capture.ports import MAIL_PORTS, served
from popsim.protocols import PROTOCOLS
from popsim.protocols.model import START, Form, Occurrence, Unit
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import NO_TAG
from popsim.timeline.event import CLIENT, SERVER

UNKNOWN = ""
"""What is said of a conversation that looks like no mail protocol."""
_LOOKED_AT = 512
_FILES = 21  # FTP's servers greet with the digits of SMTP's


def likely(conversation: Conversation) -> str:
    """The title of the protocol that a conversation is likely to be of, such as ``POP3``; empty where none is."""
    found = guessed(conversation)
    return found.title if found else UNKNOWN


def guessed(conversation: Conversation) -> Protocol | None:
    """The protocol that a conversation is likely to be of; None where it looks like no mail."""
    known = [protocol for protocol in PROTOCOLS.values() if not protocol.table.is_history]
    server, client = (conversation.stream(end)[:_LOOKED_AT] for end in (SERVER, CLIENT))
    for protocol in known:
        if _greets(protocol, server, client, conversation):
            return protocol
    if conversation.port in MAIL_PORTS:
        return next(p for p in known if conversation.port in ports_of(p))
    if not server or (not conversation.begun and not looks_secured(client, server)):
        return next((protocol for protocol in known if _asks(protocol, client)), None)
    return None


def ports_of(protocol: Protocol) -> tuple[int, ...]:
    """The ports at which a protocol is served, in clear and over TLS, for mail that is submitted too."""
    names = [protocol.title, *(["SUBMISSION"] if protocol.title == "SMTP" else [])]
    return tuple(served(name, secured) for name in names for secured in (False, True))


def _greets(protocol: Protocol, server: bytes, client: bytes, conversation: Conversation) -> bool:
    """Whether a server of this protocol opens a connection so, or refuses to."""
    line = server.partition(b"\n")[0].rstrip(b"\r")
    marks = {rule.reply.mark.encode() for rule in protocol.outcomes(START, Occurrence.OPENED) if rule.reply}
    if protocol.table.tagged:
        return any(line.startswith(NO_TAG + b" " + mark) for mark in marks) or _has_tag(protocol, line)
    if any(Unit.STATUS_LINES in rule.units for rule in protocol.rules):
        is_one = line[:3].isdigit() and line[3:4] in (b" ", b"-", b"")
        is_there = conversation.port in MAIL_PORTS or b"SMTP" in line.upper() or _asks(protocol, client)
        return bool(line) and is_one and is_there and conversation.port != _FILES
    if all(len(reply.mark) == 1 for reply in protocol.replies):
        return any(line.startswith(mark + b" " + protocol.title.encode()) for mark in marks)
    words = [reply.mark.encode() for reply in protocol.replies if reply.positive is not None]
    return any(line.startswith(word) for word in words)


def _has_tag(protocol: Protocol, line: bytes) -> bool:
    """Whether a line is an answer with a tag, or data: the beginning was not seen."""
    words = line.split(b" ", 3)
    marks = [reply.mark.encode() for reply in protocol.replies if reply.positive is not None]
    data = [row.mark.encode() for row in protocol.data]
    return len(words) > 2 and (words[1] in marks or (words[0] == NO_TAG and (words[1] in data or words[2] in data)))


def _asks(protocol: Protocol, client: bytes) -> bool:
    """Whether a client of this protocol begins so."""
    request = protocol.parse(client.partition(b"\r\n")[0])
    return isinstance(request.trigger, Form)
