"""The judge on POP2, IMAP and SMTP: each kind of breach has a session that has it and one that has not."""

from __future__ import annotations

import pytest

from popsim.capture.dissect import dissection
from popsim.protocols import find
from tests.capture_dissect.talk import talk

Line = str | tuple[str, bytes]
Row = tuple[list[Line], str, bytes, str, list[Line]]
# what: (a session that has it, who broke it, the line, RFC and section, a session that has it not)

OPENED: list[Line] = [
    "C: s SELECT INBOX",
    ("S", b"* FLAGS ()\r\n* 3 EXISTS\r\n* 0 RECENT\r\ns OK [READ-WRITE] open\r\n"),
]
IMAP: dict[str, Row] = {
    "EXPUNGE in answer to FETCH": (
        [*OPENED, "C: a FETCH 1 FLAGS", "S: * 1 EXPUNGE", "S: a OK"], "server", b"* 1 EXPUNGE", "RFC 3501 §7.4.1",
        [*OPENED, "C: a UID FETCH 1 FLAGS", "S: * 1 EXPUNGE", "S: a OK"],
    ),
    "EXPUNGE while nothing is asked": (
        [*OPENED, "S: * 1 EXPUNGE"], "server", b"* 1 EXPUNGE", "RFC 3501 §7.4.1",
        [*OPENED, "C: a IDLE", "S: + go", "S: * 1 EXPUNGE", "C: DONE", "S: a OK"],
    ),
    "EXPUNGE of a number beyond": (
        [*OPENED, "C: a NOOP", "S: * 4 EXPUNGE", "S: a OK"], "server", b"* 4 EXPUNGE", "RFC 3501 §7.4.1",
        [*OPENED, "C: a NOOP", "S: * 3 EXPUNGE", "S: a OK"],
    ),
    "EXISTS shrinks": (
        [*OPENED, "C: a NOOP", "S: * 2 EXISTS", "S: a OK"], "server", b"* 2 EXISTS", "RFC 3501 §7.3.1",
        [*OPENED, "C: a NOOP", "S: * 1 EXPUNGE", "S: * 2 EXISTS", "S: a OK"],
    ),
    "FETCH of a number beyond": (
        [*OPENED, "C: a FETCH 1:* FLAGS", "S: * 4 FETCH (FLAGS ())", "S: a OK"], "server", b"* 4 FETCH",
        "RFC 3501 §7.4.2", [*OPENED, "C: a FETCH 1:* FLAGS", "S: * 3 FETCH (FLAGS ())", "S: a OK"],
    ),
    "unique identifiers fall": (
        [*OPENED, "C: a FETCH 1:2 UID", "S: * 1 FETCH (UID 7)", "S: * 2 FETCH (UID 6)", "S: a OK"], "server",
        b"* 2 FETCH", "RFC 3501 §2.3.1.1",
        [*OPENED, "C: a FETCH 1:2 UID", "S: * 1 FETCH (UID 6)", "S: * 2 FETCH (UID 7)", "S: a OK"],
    ),
    "a literal that is too short": (
        [*OPENED, "C: a FETCH 1 RFC822", ("S", b"* 1 FETCH (RFC822 {2}\r\nabc)\r\na OK\r\n")], "server", b"* 1 FETCH",
        "RFC 3501 §4.3", [*OPENED, "C: a FETCH 1 RFC822", ("S", b"* 1 FETCH (RFC822 {3}\r\nabc)\r\na OK\r\n")],
    ),
    "a literal that is too long": (
        [*OPENED, "C: a FETCH 1 RFC822", ("S", b"* 1 FETCH (RFC822 {99}\r\nabc)\r\na OK done\r\n")], "server",
        b"* 1 FETCH", "RFC 3501 §4.3",
        [*OPENED, "C: a FETCH 1 RFC822", ("S", b"* 1 FETCH (RFC822 {3}\r\nabc)\r\na OK done\r\n")],
    ),
    "another tag": (
        ["C: a NOOP", "S: b OK"], "server", b"b OK", "RFC 3501 §2.2.2",
        ["C: a NOOP", "C: b NOOP", "S: b OK", "S: a OK"],
    ),
    "an answer that nobody asked for": (
        ["C: a NOOP", "S: a OK", "S: a OK"], "server", b"a OK", "RFC 3501 §2.2.2",
        ["C: a NOOP", "S: a OK", "S: * OK still here"],
    ),
    "SELECT without EXISTS": (
        ["C: a SELECT x", ("S", b"* FLAGS ()\r\n* 0 RECENT\r\na OK\r\n")], "server", b"a OK", "RFC 3501 §7",
        ["C: a SELECT x", "S: a NO"],
    ),
    "CAPABILITY without data": (
        ["C: a CAPABILITY", "S: a OK"], "server", b"a OK", "RFC 3501 §7",
        ["C: a CAPABILITY", "S: * CAPABILITY IMAP4rev1", "S: a OK"],
    ),
    "LOGOUT without BYE": (
        ["C: a LOGOUT", "S: a OK"], "server", b"a OK", "RFC 3501 §7", ["C: a LOGOUT", "S: * BYE", "S: a OK"],
    ),
    "no status": (["C: a NOOP", "S: a DONE"], "server", b"a DONE", "RFC 3501 §7.1", ["C: a NOOP", "S: a ok"]),
    "LF of the server": (
        [*OPENED, "C: a NOOP", ("S", b"* 4 EXISTS\na OK\r\n")], "server", b"* 4 EXISTS\n", "RFC 3501 §2.2",
        [*OPENED, "C: a FETCH 1 RFC822", ("S", b"* 1 FETCH (RFC822 {3}\r\na\nb)\r\na OK\r\n")],
    ),
    "a number beyond": (
        [*OPENED, "C: a FETCH 9 FLAGS", "S: a BAD"], "client", b"a FETCH 9", "RFC 3501 §9",
        [*OPENED, "C: a UID FETCH 9 FLAGS", "S: a OK"],
    ),
    "a tag again": (
        ["C: a NOOP", "S: a OK", "C: a NOOP", "S: a OK"], "client", b"a NOOP", "RFC 3501 §2.2.1",
        ["C: a NOOP", "S: a OK", "C: A NOOP", "S: A OK"],
    ),
    "a literal before it was asked for": (
        ["C: a SELECT {1}", ("C", b"x\r\n"), "S: + go", "S: a NO"], "client", b"x\r\n", "RFC 3501 §4.3",
        ["C: a SELECT {1+}", ("C", b"x\r\n"), "S: a NO"],
    ),
    "not DONE": (
        [*OPENED, "C: a IDLE", "S: + go", "C: b NOOP", "S: a BAD"], "client", b"b NOOP", "RFC 2177 §3",
        [*OPENED, "C: a IDLE", "S: + go", "C: done", "S: a OK"],
    ),
    "in another state": (
        ["C: a LOGIN alice secret", "S: a NO"], "client", b"a LOGIN", "RFC 3501 §6.2.3", ["C: a NOOP", "S: a OK"],
    ),
    "no tag": (["C: NOOP", "S: * BAD"], "client", b"NOOP", "RFC 3501 §7.1.3", ["C: a NOOP", "S: a OK"]),
}  # fmt: skip

MAILED: list[Line] = ["C: MAIL FROM:<a@b>", "S: 250 ok", "C: RCPT TO:<alice@x>", "S: 250 ok"]
TEXT: list[Line] = [*MAILED, "C: DATA", "S: 354 go"]
SMTP: dict[str, Row] = {
    "codes that differ": (
        ["C: HELP", ("S", b"250-a\r\n214 b\r\n")], "server", b"250-a", "RFC 5321 §4.2.1",
        ["C: HELP", ("S", b"214-a\r\n214 b\r\n")],
    ),
    "no last line": (
        ["C: HELP", ("S", b"214-a\r\nb\r\n")], "server", b"214-a", "RFC 5321 §4.2.1", ["C: HELP", "S: 214 a"],
    ),
    "no code": (["C: NOOP", "S: fine"], "server", b"fine", "RFC 5321 §4.2", ["C: NOOP", "S: 251 fine"]),
    "two answers": (
        ["C: NOOP", "S: 250 ok", "S: 250 ok"], "server", b"250 ok", "RFC 5321 §4.2", ["C: NOOP", "S: 250 ok"],
    ),
    "a long reply": (
        ["C: NOOP", "S: 250 " + "x" * 507], "server", b"250 x", "RFC 5321 §4.5.3.1.5",
        ["C: NOOP", "S: 250 " + "x" * 506],
    ),
    "a reply with LF alone": (
        ["C: NOOP", ("S", b"250 ok\n")], "server", b"250 ok\n", "RFC 5321 §2.3.8", ["C: NOOP", "S: 250 ok"],
    ),
    "an answer that no row allows": (
        ["C: DATA", "S: 354 go", "C: .", "S: 250 ok"], "client", b"DATA", "RFC 5321 §4.1.1.4",
        [*TEXT, "C: .", "S: 250 ok"],
    ),
    "RCPT first": (
        ["C: RCPT TO:<a@b>", "S: 503 no"], "client", b"RCPT", "RFC 5321 §4.1.1.3",
        ["C: MAIL FROM:<a@b>", "S: 250 ok", "C: RCPT TO:<a@b>", "S: 250 ok"],
    ),
    "MAIL twice": (
        ["C: MAIL FROM:<a@b>", "S: 250 ok", "C: MAIL FROM:<a@b>", "S: 503 no"], "client", b"MAIL", "RFC 5321 §4.1.1.2",
        ["C: MAIL FROM:<a@b>", "S: 250 ok", "C: RSET", "S: 250 ok", "C: MAIL FROM:<a@b>", "S: 250 ok"],
    ),
    "a dot that is not doubled": (
        [*TEXT, ("C", b"a\r\n.b\r\n.\r\n"), "S: 250 ok"], "client", b".b\r\n", "RFC 5321 §4.5.2",
        [*TEXT, ("C", b"a\r\n..b\r\n.\r\n"), "S: 250 ok"],
    ),
    "a lone LF in the text": (
        [*TEXT, ("C", b"a\nb\r\n.\r\n"), "S: 250 ok"], "client", b"a\n", "RFC 5321 §2.3.8",
        [*TEXT, ("C", b"a\r\nb\r\n.\r\n"), "S: 250 ok"],
    ),
    "another end of the text": (
        [*TEXT, ("C", b"a\n.\n"), "S: 250 ok"], "client", b"a\n", "RFC 5321 §4.1.1.4",
        [*TEXT, ("C", b"a\r\n.\r\n"), "S: 250 ok"],
    ),
    "a long line of text": (
        [*TEXT, ("C", b"x" * 999 + b"\r\n.\r\n"), "S: 250 ok"], "client", b"x", "RFC 5321 §4.5.3.1.6",
        [*TEXT, ("C", b".." + b"x" * 997 + b"\r\n.\r\n"), "S: 250 ok"],
    ),
    "octets above 127": (
        [*TEXT, ("C", b"\xe9\r\n.\r\n"), "S: 250 ok"], "client", b"\xe9", "RFC 5321 §2.4",
        ["C: MAIL FROM:<a@b> BODY=8BITMIME", "S: 250 ok", "C: RCPT TO:<a@b>", "S: 250 ok", "C: DATA", "S: 354 go",
         ("C", b"\xe9\r\n.\r\n"), "S: 250 ok"],
    ),
    "text before it was asked for": (
        [*MAILED, "C: DATA", ("C", b"a\r\n.\r\n"), "S: 354 go", "S: 250 ok"], "client", b"a\r\n", "RFC 5321 §4.1.1.4",
        [*TEXT, ("C", b"a\r\n.\r\n"), "S: 250 ok"],
    ),
    "behind what comes last": (
        ["C: NOOP", "C: NOOP", "S: 250 ok", "S: 250 ok"], "client", b"NOOP", "RFC 2920 §3.1",
        ["C: RSET", "C: NOOP", "S: 250 ok", "S: 250 ok"],
    ),
    "no base64": (
        ["C: AUTH PLAIN", "S: 334 ", "C: a secret", "S: 501 no"], "client", b"a secret", "RFC 4954 §4",
        ["C: AUTH PLAIN", "S: 334 ", "C: *", "S: 501 no"],
    ),
    "clear text after STARTTLS": (
        ["C: STARTTLS", "C: NOOP", "S: 220 go", ("C", b"\x16\x03\x01\0\1\1"), ("S", b"\x16\x03\x01\0\1\2")],
        "client", b"NOOP", "RFC 3207 §4",
        ["C: STARTTLS", "S: 220 go", ("C", b"\x16\x03\x01\0\1\1"), ("S", b"\x16\x03\x01\0\1\2")],
    ),
}  # fmt: skip

ASKED: list[Line] = ["C: READ", "S: =5"]
POP2: dict[str, Row] = {
    "fewer octets": (
        [*ASKED, "C: RETR", ("S", b"abc"), "C: ACKS", "S: =0"], "server", b"abc", "RFC 937 p.5",
        [*ASKED, "C: RETR", ("S", b"abcde"), "C: ACKS", "S: =0"],
    ),
    "more octets": (
        [*ASKED, "C: RETR", ("S", b"abcdefg\r\n"), "C: ACKS", "S: =0"], "server", b"fg\r\n", "RFC 937 p.5",
        [*ASKED, "C: RETR", ("S", b"a"), ("S", b"bcde"), "C: ACKS", "S: =0"],
    ),
    "a length after NACK": (
        [*ASKED, "C: RETR", ("S", b"abcde"), "C: NACK", "S: =6"], "server", b"=6", "RFC 937 p.9",
        [*ASKED, "C: RETR", ("S", b"abcde"), "C: NACK", "S: =5"],
    ),
    "two lengths of one message": (
        ["C: READ 1", "S: =5", "C: READ 1", "S: =6"], "server", b"=6", "RFC 937 p.5",
        ["C: READ 1", "S: =5", "C: READ 2", "S: =6"],
    ),
    "no number": (["C: READ", "S: =many"], "server", b"=many", "RFC 937 p.10", ["C: READ", "S: =5 octets"]),
    "no sign": (["C: READ", "S: fine"], "server", b"fine", "RFC 937 p.6", ["C: READ", "S: =5"]),
    "another sign": (["C: READ", "S: #5"], "server", b"#5", "RFC 937 p.23", ["C: FOLD x", "S: #5"]),
    "two answers": (["C: READ", "S: =5", "S: =5"], "server", b"=5", "RFC 937 p.6", [*ASKED, *ASKED]),
    "QUIT in NEXT": (
        [*ASKED, "C: RETR", ("S", b"abcde"), "C: QUIT", "S: - no"], "client", b"QUIT", "RFC 937 p.10",
        [*ASKED, "C: RETR", ("S", b"abcde"), "C: ACKS", "S: =0", "C: QUIT", "S: + bye"],
    ),
    "RETR in MBOX": (["C: RETR", "S: - no"], "client", b"RETR", "RFC 937 p.8", [*ASKED, "C: RETR", ("S", b"abcde")]),
    "after an error": (
        ["C: XYZZY", "S: - no", "C: READ", "S: =5"], "client", b"XYZZY", "RFC 937 p.23",
        ["C: read", "S: =5"],
    ),
    "a long line of a message": (
        ["C: READ", "S: =1001", "C: RETR", ("S", b"x" * 999 + b"\r\n")], "server", b"x", "RFC 937 p.12",
        ["C: READ", "S: =1000", "C: RETR", ("S", b"x" * 998 + b"\r\n")],
    ),
    "LF alone": (["C: READ", ("S", b"=5\n")], "server", b"=5\n", "RFC 937 p.15", ["C: READ", "S: =5"]),
}  # fmt: skip

BEGINS: dict[str, tuple[int, list[Line], list[Line]]] = {
    "imap": (143, ["S: * OK ready"], ["C: k LOGIN alice secret", "S: k OK"]),
    "smtp": (25, ["S: 220 ready"], ["C: EHLO x", "S: 250 hello"]),
    "pop2": (109, ["S: + POP2 ready"], ["C: HELO alice secret", "S: #2"]),
}
KINDS = {"imap": IMAP, "smtp": SMTP, "pop2": POP2}
ALL = [(name, row) for name, kinds in KINDS.items() for row in kinds.values()]
NAMES = [f"{name}: {kind}" for name, kinds in KINDS.items() for kind in kinds]


def found(name: str, lines: list[Line]) -> list[tuple[str, str, bytes, str]]:
    port, greeting, login = BEGINS[name]
    said = dissection([talk(*greeting, *login, *lines, port=port)], find(name).extended())
    return [(b.endpoint, b.reference, b.octets, str(b)) for b in said.breaches]


@pytest.mark.parametrize(("name", "row"), ALL, ids=NAMES)
def test_the_first_line_that_breaks_it(name: str, row: Row) -> None:
    lines, who, line, reference, _ = row
    breaches = found(name, lines)
    assert breaches, "no breach was found"
    assert breaches[0][:2] == (who, reference) and breaches[0][2].startswith(line), breaches


@pytest.mark.parametrize(("name", "row"), ALL, ids=NAMES)
def test_a_session_without_it(name: str, row: Row) -> None:
    assert found(name, row[-1]) == []


def test_a_greeting_of_something_else() -> None:
    breaches = dissection([talk("S: + POP3 ready", port=109)], find("pop2")).breaches
    assert [(b.endpoint, b.reference) for b in breaches] == [("server", "RFC 937 p.10")]


def test_a_secret_is_in_no_word_of_a_breach() -> None:
    lines: list[Line] = ["C: a LOGIN alice hunter2 x", "S: a BAD", "C: a LOGIN bob hunter2", "S: a NO"]
    said = dissection([talk("S: * OK", *lines, port=143)], find("imap")).breaches
    assert said and not any("hunter2" in str(b) or "hunter2" in repr(b) for b in said)
