"""Checks of what POP2 servers can get wrong: each drives popsim's server with octets alone."""

from __future__ import annotations

from typing import Any

from tests.pop2.scene import FOLDER, HELO, MAIL, WAY, held, say, session_in, stage

SHAPES = (
    b"Subject: dots\r\n\r\n.\r\n..\r\n.end\r\n",
    b".\r\n",
    b"+ OK\r\n=12\r\n- error\r\n",
    b"\r\n",
    b"Subject: long\r\n\r\n" + b".x" * 9000 + b"\r\n",
)


def number(answer: bytes, mark: bytes) -> int:
    """The number in a reply that is one line and opens with a character."""
    assert answer[:1] == mark and answer.endswith(b"\r\n") and answer.count(b"\r\n") == 1, answer[:80]
    return int(answer[1:].split()[0])


def the_data_are_the_announced_octets() -> None:
    session = session_in("MBOX", stage(SHAPES))
    for place, octets in enumerate(SHAPES, 1):
        (length,) = say(session, f"READ {place}")
        assert number(length, b"=") == len(octets)
        assert session.send(b"RETR\r\n") == octets
        assert session.state == "NEXT"
        following = SHAPES[place] if place < len(SHAPES) else b""
        assert number(session.send(b"ACKS\r\n"), b"=") == len(following)


def every_sequence_error_is_fatal() -> None:
    allowed = {
        "AUTH": {"HELO", "QUIT"},
        "MBOX": {"FOLD", "READ", "QUIT"},
        "ITEM": {"FOLD", "READ", "RETR", "QUIT"},
        "NEXT": {"ACKS", "ACKD", "NACK"},
    }
    lines = (
        HELO,
        "FOLD INBOX",
        "READ",
        "READ 1",
        "RETR",
        "ACKS",
        "ACKD",
        "NACK",
        "QUIT",
        "STAT",
        "",
        "READ x",
        "QUIT 1",
    )
    for state, words in allowed.items():
        for line in lines:
            if line.split(" ")[0] in words and line not in ("READ x", "QUIT 1"):
                continue
            session = session_in(state)
            answer = session.send(line.encode() + b"\r\nQUIT\r\n")
            assert answer.startswith(b"-") and answer.count(b"\r\n") == 1, (state, line, answer)
            assert session.engine.closed, (state, line)


def quit_is_no_answer_to_a_message() -> None:
    server = stage()
    session = session_in("ITEM", server)
    say(session, "RETR", "ACKD", "RETR")
    assert session.state == "NEXT"
    assert say(session, "QUIT")[0].startswith(b"-") and session.engine.closed
    assert held(server) == len(MAIL)


def retr_of_nothing_closes_without_a_word() -> None:
    ways: tuple[tuple[list[bytes], tuple[str, ...]], ...] = (
        ([], ("READ",)),
        (list(MAIL), ("READ 9",)),
        (list(MAIL), ("READ 0",)),
        ([b"", *MAIL], ("READ",)),
        (list(MAIL), ("READ", "RETR", "ACKD", "READ 1")),
        (list(MAIL), ("FOLD nowhere", "READ")),
    )
    for messages, lines in ways:
        session = session_in("MBOX", stage(messages))
        assert number(say(session, *lines)[-1], b"=") == 0 and session.state == "ITEM"
        assert say(session, "RETR", "READ") == [b"", b""]
        assert session.engine.closed


def a_missing_mailbox_is_an_empty_one() -> None:
    session = session_in("MBOX")
    for name in ("nowhere", "Archive/below", "/etc/passwd", "..", "INBOX/x"):
        assert number(say(session, f"FOLD {name}")[0], b"#") == 0 and session.state == "MBOX"
    assert number(say(session, "FOLD Archive")[0], b"#") == len(FOLDER)
    assert number(say(session, "FOLD inbox")[0], b"#") == len(MAIL)


def fold_removes_what_was_marked() -> None:
    for name, there in (("Archive", len(FOLDER)), ("nowhere", 0), ("INBOX", len(MAIL) - 2)):
        server = stage()
        session = session_in("ITEM", server)
        say(session, "RETR", "ACKD", "RETR", "ACKD")
        assert held(server) == len(MAIL), "marked only"
        assert number(say(session, f"FOLD {name}")[0], b"#") == there
        assert held(server) == len(MAIL) - 2
        session.engine.lost()
        assert held(server) == len(MAIL) - 2


def only_fold_and_quit_remove() -> None:
    ends: dict[str, Any] = {
        "lost": lambda session: session.engine.lost(),
        "expired": lambda session: session.engine.expired(),
        "an error": lambda session: say(session, "STAT"),
        "RETR of nothing": lambda session: say(session, "READ 9", "RETR"),
    }
    for end in ends.values():
        server = stage()
        session = session_in("ITEM", server)
        say(session, "RETR", "ACKD")
        end(session)
        assert session.engine.closed and held(server) == len(MAIL) and server.locks() == []
    server = stage()
    session = session_in("ITEM", server)
    say(session, "RETR", "ACKD", "QUIT")
    assert held(server) == len(MAIL) - 1 and server.locks() == []


def an_acknowledgement_moves_on_and_a_refusal_stays() -> None:
    session = session_in("NEXT")
    assert number(say(session, "NACK")[0], b"=") == len(MAIL[0])
    assert say(session, "RETR")[0] == MAIL[0]
    assert number(say(session, "ACKD")[0], b"=") == len(MAIL[1]), "numbers stay until the mailbox is left"
    assert number(say(session, "READ")[0], b"=") == len(MAIL[1])
    assert number(say(session, "READ 1")[0], b"=") == 0


def there_is_one_try() -> None:
    session = session_in("AUTH")
    answer = session.send(b"HELO alice wrong\r\n" + HELO.encode() + b"\r\n")
    assert answer.startswith(b"-") and answer.count(b"\r\n") == 1 and session.engine.closed


def arguments_are_unquoted() -> None:
    for line in ("HELO \\alice sec\\ret", "helo alice \\s\\e\\c\\r\\e\\t"):
        session = session_in("AUTH")
        assert number(say(session, line)[0], b"#") == len(MAIL)
    for line in ("HELO alice\\ secret", "HELO alice secret\\", "HELO alice secret\\\\"):
        session = session_in("AUTH")
        assert say(session, line)[0].startswith(b"-")


def lines_of_512_octets_are_read() -> None:
    for state in WAY:
        if state in ("MBOX", "ITEM"):
            for more, taken in ((0, True), (1, False)):
                session = session_in(state)
                line = "FOLD " + "x" * (512 - len("FOLD \r\n") + more)
                assert say(session, line)[0].startswith(b"#" if taken else b"-")
        assert say(session_in(state), "x" * 100_000)[0].startswith(b"-")
