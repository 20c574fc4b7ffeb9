"""Every command in every state of every edition is answered by a row of the table, whatever its arguments are."""

from __future__ import annotations

import pytest

from popsim.engine.server import ServerEngine
from popsim.mail.policy import Policy
from popsim.protocols.imap.table import IMAP
from popsim.protocols.model import Occurrence
from popsim.protocols.protocol import Protocol
from popsim.protocols.services import service
from tests.imap.mailroom import Mailroom

PROTOCOLS = (IMAP, IMAP.extended(), IMAP.edition(9051))
STATES = {
    "Not Authenticated": b"",
    "AUTHENTICATE exchange": b"s AUTHENTICATE PLAIN\r\n",
    "TLS handshake": b"s STARTTLS\r\n",
    "Authenticated": b"s LOGIN alice secret\r\n",
    "IDLE in Authenticated": b"s LOGIN alice secret\r\ns IDLE\r\n",
    "Selected": b"s LOGIN alice secret\r\ns SELECT INBOX\r\n",
    "IDLE in Selected": b"s LOGIN alice secret\r\ns SELECT INBOX\r\ns IDLE\r\n",
}
# Each form's arguments, good ones and bad ones; written here by hand, one list for each number of arguments.
ARGUMENTS = [
    b"", b"x", b"INBOX", b"nothing", b'"a b"', b"*", b"1", b"2:4", b"9", b"0", b"()", b"NIL", b'("name" "x")', b"\xff",
    b"x y", b"alice secret", b"alice wrong", b'"" *', b'"" ""', b"INBOX other", b"foo bar", b"1 INBOX", b"1 nothing",
    b"9 INBOX", b"1 FLAGS", b"1 (FLAGS UID BODY[1])", b"9 FLAGS", b"1 +FLAGS (\\Seen)", b"1 FLAGS (\\Wrong)",
    b"1 BODY[]<0.1>", b"ALL", b"9", b"CHARSET X ALL", b"RETURN (COUNT) ALL", b"INBOX (MESSAGES)", b"nothing (MESSAGES)",
    b"PLAIN", b"X", b"PLAIN AGFsaWNlAHNlY3JldA==", b"PLAIN =", b"CRAM-MD5 eA==", b"PLAIN !", b"CONDSTORE X",
    b"INBOX (CONDSTORE)", b"1 FLAGS (CHANGEDSINCE 1)", b"1 (UNCHANGEDSINCE 1) FLAGS (\\Seen)", b"1 INBOX x",
    b"(SUBSCRIBED) \"\" * RETURN (STATUS (MESSAGES))", b"INBOX {3+}", b"INBOX {3}", b"a/../b", b"a//b", b"INBOX /",
    b"1 BINARY[1]", b"1:* (MODSEQ)", b"UID 1", b"$", b"$ FLAGS", b"&AA-", b"&Jjo-", b"\"&\"", b"Sent",
]  # fmt: skip


def engine(protocol: Protocol, policy: str = "") -> tuple[ServerEngine, list[tuple[object, str]]]:
    """A server in START, and where its handlers' conditions are noted."""
    room = Mailroom(3, protocol)
    made = service(
        protocol, room.store, session=1, timestamp="<1@a>", policy=Policy.parse(policy), clock=lambda: 10**18
    )
    noted: list[tuple[object, str]] = []
    handlers = made.handlers
    assert isinstance(handlers, dict)
    for trigger, handler in list(handlers.items()):

        def note(request, trigger=trigger, handler=handler):  # type: ignore[no-untyped-def]
            answer = handler(request)
            noted.append((trigger, answer.condition))
            return answer

        handlers[trigger] = note
    one = ServerEngine(protocol, made)
    one.opened()
    return one, noted


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=str)
def test_every_command_in_every_state_with_any_arguments(protocol: Protocol) -> None:
    """One fresh session for each state and keyword, on which all arguments are tried until the state is left."""
    keywords = sorted({form.keyword for form in protocol.forms})
    for state, opening in STATES.items():
        if state not in {str(known) for known in protocol.states}:
            continue
        for keyword in keywords:
            server, _ = engine(protocol)
            for arguments in ARGUMENTS:
                if server.state.name != state or server.securing:
                    server, _ = engine(protocol)
                    server.receive(opening)
                    assert server.state.name == state
                    server.take()
                server.receive(b"x %b\r\n" % b" ".join([keyword.encode(), arguments]).strip())
                sent = b"".join(server.take())
                is_literal = arguments.endswith(b"{3}") and sent.startswith(b"+ ") and server.state.name == state
                if arguments.endswith(b"+}") or is_literal:
                    server.receive(b"abc\r\n")
                    sent += b"".join(server.take())
                if state != "TLS handshake":
                    assert sent.endswith(b"\r\n") and (b"x " in sent or b"s " in sent or b"+ " in sent), (state, sent)


def test_every_condition_of_the_table_about_the_session_is_chosen() -> None:
    """Each row that a handler of the session chooses is chosen by something that a client can do."""
    plays: list[tuple[Protocol, str, bytes]] = []
    newer, modern = IMAP.edition(9051), IMAP.extended()
    good = b"\r\n".join([
        b"l LOGIN alice wrong", b"l AUTHENTICATE NONE", b"l AUTHENTICATE PLAIN", b"!", b"l AUTHENTICATE PLAIN", b"*",
        b"l AUTHENTICATE LOGIN", b"eA==", b"eA==", b"l AUTHENTICATE PLAIN", b"eA==",
        b"l AUTHENTICATE PLAIN =", b"l AUTHENTICATE NONE =", b"l AUTHENTICATE PLAIN !", b"l AUTHENTICATE CRAM-MD5 eA==",
        b"l AUTHENTICATE LOGIN eA==", b"eA==", b"l AUTHENTICATE PLAIN AHgAeA==",
        b"l LOGIN {9000}", b"l LOGIN {5}", b"alice {6+}", b"secret",
        b"l CREATE x/y", b"l CREATE x", b"l CREATE a//b", b"l DELETE x", b"l DELETE x", b"l DELETE z",
        b"l DELETE INBOX",
        b"l RENAME x z", b"l RENAME no z", b"l RENAME z INBOX", b"l RENAME z a//b", b"l DELETE z/y",
        b"l SUBSCRIBE INBOX", b"l SUBSCRIBE no", b"l UNSUBSCRIBE INBOX", b"l UNSUBSCRIBE INBOX",
        b'l LIST "" *', b'l LSUB "" *', b'l LIST () "" *', b"l NAMESPACE", b"l ID NIL", b"l ENABLE CONDSTORE",
        b"l STATUS INBOX (MESSAGES)", b"l STATUS no (MESSAGES)",
        b"l APPEND INBOX {3+}", b"abc", b"l APPEND no {3}", b"abc", b"l APPEND a//b {3+}", b"abc",
        b"l APPEND INBOX (\\Wrong) {3+}", b"abc",
        b"l SELECT INBOX", b"l EXAMINE INBOX", b"l SELECT no", b"l EXAMINE no",
        b"l SELECT INBOX (CONDSTORE)", b"l EXAMINE INBOX (CONDSTORE)", b"l SELECT no (CONDSTORE)",
        b"l EXAMINE no (CONDSTORE)", b"l CAPABILITY", b"l NOOP", b"l LOGOUT", b"",
    ])  # fmt: skip
    for protocol in (IMAP, modern, newer):
        plays.append((protocol, "", good))
    plays.append((modern, "", b"l LOGIN {5}\r\nalice {6}\r\nsecret\r\nl APPEND INBOX {33554433}\r\n"))
    plays.append((newer, "", b"l LOGIN alice secret\r\nl APPEND INBOX {4097+}\r\n" + b"x" * 4097 + b"\r\n"))
    plays.append((IMAP, "", b"l LOGIN {5+}\r\nalice secret\r\n"))
    plays.append((modern, "", b"l LOGIN {5+}\r\nalice {6+}\r\nsecret\r\n"))
    plays.append((modern, "", b"l AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==\r\n"))
    plays.append((modern, "", b"l AUTHENTICATE PLAIN\r\nAGFsaWNlAHNlY3JldA==\r\n"))
    plays.append((modern, "", b"l STARTTLS\r\n"))
    clear = b"l LOGIN alice secret\r\nl AUTHENTICATE PLAIN\r\nl AUTHENTICATE PLAIN =\r\n"
    plays.append((modern, "no-plaintext", clear))
    chosen: set[tuple[object, str]] = set()
    for protocol, policy, octets in plays:
        server, noted = engine(protocol, policy)
        server.receive(octets)
        if server.securing:
            server.secured()
            server.receive(b"l STARTTLS\r\n")
        chosen.update(noted)
    mine = {
        *(f for f in (*modern.forms, *newer.forms) if f.keyword in MINE),
        Occurrence.OPENED, Occurrence.LITERAL, Occurrence.SECURED, Occurrence.COMMITTED,
    }  # fmt: skip
    rows = {(r.trigger, r.condition) for p in (modern, newer) for r in p.rules if r.trigger in mine}
    never = {(str(trigger), condition) for trigger, condition in rows - chosen if condition not in OTHERS}
    assert never == NEVER


MINE = """CAPABILITY NOOP LOGOUT ID STARTTLS LOGIN AUTHENTICATE ENABLE NAMESPACE SELECT EXAMINE CREATE DELETE RENAME
SUBSCRIBE UNSUBSCRIBE LIST LSUB STATUS APPEND""".split()
OTHERS = (
    "the client is known already", "no service now", "such names can't be listed", "TLS can't begin here",
    "the server can't do it now",
)  # fmt: skip
"""What a server may say for which there is no reason here; a client knows it."""
NEVER = {
    ("DELETE mailbox", "somebody else has the mailbox to himself"),  # these need a POP session: see test_mailboxes
    ("RENAME mailbox new-name", "somebody else has the mailbox to himself"),
    ("SELECT mailbox", "opened for reading only"),  # every mailbox here can be written
    ("SELECT mailbox (parameters)", "opened for reading only"),
}
