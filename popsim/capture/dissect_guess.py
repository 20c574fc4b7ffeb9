"""Which protocol a conversation is likely to be of: by its port, and by the first words."""

from __future__ import annotations

from popsim.capture.conversation import Conversation
from popsim.capture.ports import MAIL_PORTS, served
from popsim.protocols import PROTOCOLS
from popsim.protocols.model import Form
from popsim.timeline.event import CLIENT, SERVER

UNKNOWN = ""
"""What is said of a conversation that looks like no mail protocol."""
_GREETINGS = ((b"* ", "IMAP"), (b"220", "SMTP"), (b"554", "SMTP"))
"""How servers of protocols greet whose tables popsim does not have yet: RFC 3501 §7.1, RFC 5321 §4.2."""
_TITLES = ("POP3", "IMAP", "SMTP", "SUBMISSION", "POP2")
_LOOKED_AT = 64


def likely(conversation: Conversation) -> str:
    """The title of the protocol that a conversation is likely to be of, such as ``POP3``; empty where none is."""
    server, client = (conversation.stream(end)[:_LOOKED_AT] for end in (SERVER, CLIENT))
    for protocol in PROTOCOLS.values():
        marks = [reply.mark.encode() for reply in protocol.replies if reply.positive is not None]
        if any(server.startswith(mark) for mark in marks):
            return protocol.title
    if conversation.port in MAIL_PORTS:
        return next(name for name in _TITLES if conversation.port in (served(name), served(name, True)))
    if found := next((name for opening, name in _GREETINGS if server.startswith(opening)), ""):
        return found
    for protocol in PROTOCOLS.values():
        request = protocol.parse(client.partition(b"\r\n")[0])
        if not server and isinstance(request.trigger, Form):
            return protocol.title
    return UNKNOWN
