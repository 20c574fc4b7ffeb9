"""Simulated sessions of POP3's relatives to dissect, and what is compared."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from popsim.timeline import Event, Timeline
from popsim.wire import Scenario
from tests.capture_dissect.sessions import claimed, possible, value

PLAIN = "AGFsaWNlAHNlY3JldA=="

IMAP_LINES = [
    "a1 CAPABILITY", "a2 NOOP", "a3 LOGIN alice secret", "a4 LOGIN alice wrong", "a5 login {5}", "a5 login {5+}",
    "alice secret", "alice {6}", "alice {6+}", "secret", "a6 AUTHENTICATE PLAIN", f"a6 AUTHENTICATE PLAIN {PLAIN}",
    PLAIN, "AGFsaWNlAHdyb25n", "*", "!!", "a7 SELECT INBOX", "a7 SELECT nope", "a8 EXAMINE INBOX", "a9 LIST \"\" *",
    "b1 STATUS INBOX (MESSAGES)", "b2 CREATE x", "b3 DELETE x", "b4 APPEND INBOX {10}", "b4 APPEND INBOX {10+}",
    "b4 APPEND x {10+}", "12345678\\r\\n", "Subject: \\r\\n", "b5 FETCH 1 (FLAGS)", "b5 FETCH 1:* BODY[]",
    "b5 FETCH 9 FLAGS", "b5 FETCH 1 BODY[HEADER]", "b6 STORE 1 +FLAGS (\\\\Deleted)", "b6 STORE 2 FLAGS.SILENT ()",
    "b7 EXPUNGE", "b8 CLOSE", "b9 UNSELECT", "c1 UID FETCH 1:* (FLAGS)", "c2 SEARCH ALL", "c2 SEARCH CHARSET X ALL",
    "c3 COPY 1 x", "c3 COPY 1 nope", "c4 MOVE 2 x", "c5 IDLE", "DONE", "done", "c6 CHECK", "c7 ID NIL",
    "c8 ENABLE CONDSTORE", "c9 NAMESPACE", "d1 STARTTLS", "d2 LOGOUT", "d3 XYZZY", "NOOP", "", " ", "\\x00\\xff",
    "d4", "* NOOP", "+ go", "d5 FETCH 1 {3}", "d5 SELECT {5+}", "INBOX", "A" * 300, "d6 LOGIN", "a1 NOOP",
]  # fmt: skip
IMAP_LOGIN = ["k1 LOGIN alice secret", "k2 SELECT INBOX"]
IMAP_USUAL = [
    "n1 NOOP", "n2 FETCH 1 FLAGS", "n3 FETCH 1:2 RFC822", "n4 STORE 1 +FLAGS (\\\\Seen)", "n5 SEARCH UNSEEN",
    "n6 UID SEARCH ALL", "n7 IDLE", "DONE", "n8 EXPUNGE", "n9 STORE 1:2 +FLAGS (\\\\Deleted)",
]  # fmt: skip

SMTP_LINES = [
    "EHLO client.example", "HELO client.example", "EHLO", "MAIL FROM:<a@b.example>", "MAIL FROM:<a@b.example> SIZE=10",
    "MAIL FROM:<a@b.example> FOO=1", "MAIL FROM:<>", "MAIL", "RCPT TO:<alice@popsim.example>",
    "RCPT TO:<nobody@popsim.example>", "RCPT TO:<x@elsewhere.example>", "DATA", "Subject: x", "", "hello", ".", "..",
    ".\\r\\n", "\\r\\n.\\r\\n", "RSET", "NOOP", "NOOP x", "VRFY alice", "VRFY nobody", "EXPN x", "HELP", "HELP MAIL",
    "HELP xx", "TURN", "AUTH PLAIN", f"AUTH PLAIN {PLAIN}", PLAIN, "AGFsaWNlAHdyb25n", "*", "!!", "STARTTLS", "QUIT",
    "XYZZY", " ", "\\x00\\xff", "250 OK", "A" * 600, "a\\rb", "a\\nb",
]  # fmt: skip
SMTP_LOGIN = ["EHLO client.example", "MAIL FROM:<a@b.example>", "RCPT TO:<alice@popsim.example>"]
SMTP_USUAL = ["DATA", "Subject: x", ".", "NOOP", "MAIL FROM:<a@b.example>", "RCPT TO:<alice@popsim.example>", "RSET"]

POP2_LINES = [
    "HELO alice secret", "HELO alice wrong", "HELO", "READ", "READ 1", "READ 2", "READ 9", "RETR", "ACKS", "ACKD",
    "NACK", "FOLD INBOX", "FOLD nope", "QUIT", "XYZZY", "", "retr", "A" * 600, "\\x00\\xff", "+ OK", "=5",
]  # fmt: skip
POP2_LOGIN = ["HELO alice secret", "READ", "RETR"]
POP2_USUAL = ["READ", "RETR", "ACKS", "ACKD", "NACK", "READ 1", "READ 2"]


@dataclass(frozen=True)
class Speech:
    """What is said in sessions of one protocol."""

    headings: tuple[str, ...]
    lines: list[str]
    login: list[str]
    usual: list[str]
    last: str


SPEECHES = {
    "imap": Speech(
        (
            "imap",
            "imap edition=9051",
            "imap extension=7888 extension=2177",
            "imap extension=7888 extension=2177 extension=4315 extension=6851 extension=3691 extension=4959",
            "imap extension=5161 extension=7162 extension=2971 extension=2342 extension=2177",
        ),
        IMAP_LINES,
        IMAP_LOGIN,
        IMAP_USUAL,
        "z9 LOGOUT",
    ),
    "smtp": Speech(
        (
            "smtp",
            "smtp edition=821",
            "smtp extension=2920 extension=4954",
            "smtp extension=1870 extension=6152 extension=4954 extension=2920",
            "smtp extension=3207 extension=2920",
        ),
        SMTP_LINES,
        SMTP_LOGIN,
        SMTP_USUAL,
        "QUIT",
    ),
    "pop2": Speech(("pop2",), POP2_LINES, POP2_LOGIN, POP2_USUAL, "QUIT"),
}


@st.composite
def scenarios(draw: st.DrawFn, name: str, most: int = 14) -> Scenario:
    """A scenario with one or two connections; the server's answers are those of a server that keeps to the table."""
    speech = SPEECHES[name]
    settings = [draw(st.sampled_from(speech.headings)), "user=alice:secret"]
    settings += [f"mail=alice:{draw(st.sampled_from(['minimal', 'dots']))}"]
    settings += [f"mss={draw(st.sampled_from([1460, 200, 31, 7]))}"]
    settings += draw(st.sampled_from([[], [], ["'rate=56 kbit/s'"], ["loss=20%"], ["'jitter=30 ms'", "loss=5%"]]))
    if draw(st.integers(0, 3)) == 0:
        who, octet = draw(st.sampled_from(["client", "server"])), draw(st.integers(0, 600))
        settings += [f"'fault=cut {who} after {octet}'"]
    line = st.sampled_from(speech.lines) | st.sampled_from(speech.usual)
    marks = st.sampled_from(["", "", "pipelined> ", "pipelined> ", "1> "])
    said = [f"{draw(marks)}{draw(line)}" for _ in range(draw(st.integers(0, most)))]
    said[:0] = draw(st.sampled_from([[], speech.login, speech.login]))
    said += draw(st.sampled_from([[], [speech.last], [speech.last, f"pipelined> {speech.usual[0]}"]]))
    if draw(st.booleans()):
        said.insert(0, "connect>")
    if draw(st.integers(0, 9)) == 0:
        said.append("cut>")
    return Scenario.parse(" ".join(settings)).then(*said)


def said_by_server(timeline: Timeline, connection: int) -> list[Event]:
    """What a server has said: of news that stand together the first, for octets do not tell them apart."""
    sent = timeline.events("message", "Sent")
    own = [e for e in sent if e.connection == connection and e.endpoint == "server"]
    return [e for before, e in zip([None, *own], own, strict=False) if not (before and is_news(before) and is_news(e))]


def is_news(event: Event) -> bool:
    """Whether it is data that nobody has asked for."""
    return any("|mailbox changed|" in rule for rule in claimed(event))


def standing(timeline: Timeline, connection: int) -> dict[int, list[str]]:
    """The states in which a server may be when it has said something, by where in its stream it says that."""
    found: dict[int, list[str]] = {}
    states, start = ["START"], -1
    for event in timeline:
        if event.connection != connection or event.endpoint != "server":
            continue
        if event.layer == "message" and event.kind == "Sent":
            start = event.start
        elif event.layer == "message":
            start = -1
        elif (event.layer, event.kind) == ("session", "Moved") and not is_silent(event):
            states = possible(event)
        else:
            continue
        if start >= 0:
            found[start] = states
    return found


def is_silent(event: Event) -> bool:
    """Whether it is a move of which nothing crosses the wire: by a timer, or with the loss of the line."""
    return any("|timed out|" in rule or "|connection lost|" in rule for rule in claimed(event))


def crossed(timeline: Timeline, event: Event) -> bool:
    """Whether the first octet of a message has left its sender."""
    sent = timeline.events("segment", "Sent")
    own = ((e.start, e.end) for e in sent if (e.connection, e.endpoint) == (event.connection, event.endpoint))
    return any(start <= event.start < end for start, end in own)


def requests(timeline: Timeline, connection: int) -> list[tuple[int, int]]:
    """What the server has read of the client: where it stands."""
    read = timeline.events("message", "Delivered")
    return [(e.start, e.end) for e in read if e.connection == connection and e.endpoint == "server"]


def status(event: Event) -> str:
    """The status of a reply."""
    return str(value(event, "reply") or "")
