"""The table of IMAP: what its rows are made of stands in ``word_table`` and in the modules that are gathered there.

Read it as the RFCs' own summary. A row is part of an edition exactly when it cites that edition's RFC; RFC 9051 has
folded many extensions of RFC 3501 in, so that their rows cite both.
"""

# ruff: noqa: F403, F405
from __future__ import annotations

from popsim.protocols.imap import mailbox_table, message_table, session_table
from popsim.protocols.imap.word_table import *
from popsim.protocols.model import Limit
from popsim.protocols.protocol import Protocol, Table

_AS_ADVISED = "(no limit is set; RFC 2683 §3.2.1.5 advises 8000 octets at least)"
_LITERAL = "(no limit is set; what is beyond it is refused)"

LIMITS = (
    Limit("command line", 8192, "octets of a command line with its CRLF, literals not counted",
          f"3501 §7.1.3 {_AS_ADVISED}; 9051 §7.1.3 {_AS_ADVISED}"),
    Limit("literal", 32 * 1024 * 1024, "octets of a command with its literals",
          f"3501 §4.3 {_LITERAL}; 9051 §4.3 {_LITERAL}"),
    Limit("literal at once", 4096, "octets of a literal that nobody has asked for", "9051 §4.3"),
    Limit("literal at once", 32 * 1024 * 1024, "octets of a literal that nobody has asked for",
          f"7888 §4 {_LITERAL}"),
    Limit("autologout", 1800, "seconds of silence after which the server closes the connection",
          "3501 §5.4 (a server may have a timer, of 30 minutes at least); "
          "9051 §5.4 (a server may have a timer, of 30 minutes at least once the client is known)"),
)  # fmt: skip

EXTENSIONS = (4959, 7888, 5161, 2971, 2177, 2342, 4315, 3691, 6851, 6154, 4731, 7162)

IMAP = Protocol(
    Table(
        name="imap",
        title="IMAP",
        port=143,
        secure_port=993,
        editions=(9051, 3501),
        extensions=EXTENSIONS,
        states=STATES,
        forms=(CAPABILITY, NOOP, LOGOUT, ID, STARTTLS, AUTHENTICATE, AUTHENTICATE_INITIAL, LOGIN,
               ENABLE, SELECT, SELECT_CONDSTORE, EXAMINE, EXAMINE_CONDSTORE, CREATE, DELETE, RENAME, SUBSCRIBE,
               UNSUBSCRIBE, LIST, LIST_EXTENDED, LSUB, NAMESPACE, STATUS, APPEND, IDLE,
               CHECK, CLOSE, UNSELECT, EXPUNGE, UID_EXPUNGE, SEARCH, SEARCH_RETURN, FETCH, FETCH_CHANGED, STORE,
               STORE_UNCHANGED, COPY, MOVE, UID_SEARCH, UID_SEARCH_RETURN, UID_FETCH, UID_FETCH_CHANGED, UID_STORE,
               UID_STORE_UNCHANGED, UID_COPY, UID_MOVE),
        replies=REPLIES,
        rules=(*session_table.RULES, *mailbox_table.RULES, *message_table.RULES),
        limits=LIMITS,
        capabilities=CAPABILITIES,
        codes=CODES,
        tagged=True,
        data=DATA,
        words=WORDS,
    ),
    number=3501,
)  # fmt: skip
