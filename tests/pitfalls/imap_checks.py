"""Checks of what real IMAP servers have got wrong: each drives popsim's server with octets alone."""

from __future__ import annotations

import re

from popsim.engine.client import ClientEngine
from popsim.protocols.imap.table import IMAP
from tests.imap.heard import Heard, heard
from tests.imap.mailroom import Mailroom, letter
from tests.imap.view import View

REV1 = IMAP.edition(3501)
HIGHEST = 2**32 - 1


def words(answers: list[Heard], word: str) -> list[Heard]:
    return [answer for answer in answers if answer.word == word and answer.tag == "*"]


def only(answers: list[Heard], word: str = "FETCH") -> Heard:
    found = words(answers, word)
    assert len(found) == 1, answers
    return found[0]


def status(view: View, command: str) -> str:
    return view.say(command)[-1].word


def expunged_behind_its_back(count: int = 4) -> tuple[Mailroom, View]:
    """A client that has not been told that messages 2 and 3 are gone."""
    room = Mailroom(count)
    a, b = room.client("a"), room.client("b")
    assert status(a, "FETCH 1:* (UID FLAGS)") == "OK"
    assert status(b, "STORE 2:3 +FLAGS.SILENT (\\Deleted)") == "OK"
    assert status(b, "EXPUNGE") == "OK"
    return room, a


def no_expunge_where_numbers_are_used() -> None:
    for command in ("FETCH 1 (FLAGS)", "STORE 1 +FLAGS (\\Seen)", "SEARCH ALL", "FETCH 4 (UID)"):
        room, view = expunged_behind_its_back()
        answers = view.say(command)
        assert not words(answers, "EXPUNGE") and len(view.messages) == 4
        assert [m.uid for m in view.messages] == [1, 2, 3, 4]
        assert only(view.say("FETCH 4 (UID)")).data == {"UID": b"4"}
    room, view = expunged_behind_its_back()
    assert room.tell()["a"] == b"", "nothing is told while no command is in progress"
    assert only(view.say("FETCH 4 (UID)")).data == {"UID": b"4"}


def expunge_is_told_where_it_may_be() -> None:
    for command in (
        "NOOP", "CHECK", "UID FETCH 1 (FLAGS)", "UID STORE 1 +FLAGS (\\Seen)", "UID SEARCH ALL", "IDLE",
        "UID COPY 1 INBOX", "EXPUNGE", "STATUS INBOX (MESSAGES)",
    ):  # fmt: skip
        _, view = expunged_behind_its_back()
        answers = view.say(command)
        assert [answer.number for answer in words(answers, "EXPUNGE")] == [2, 2], command
        assert [m.uid for m in view.messages][:2] == [1, 4]
    room = Mailroom(3)
    a, b = room.client("a"), room.client("b")
    a.say("IDLE")
    b.say("STORE 2 +FLAGS.SILENT (\\Deleted)")
    b.say("EXPUNGE")
    told = a.hear(room.tell()["a"], "IDLE")
    assert [answer.number for answer in words(told, "EXPUNGE")] == [2] and len(a.messages) == 2


def exists_never_shrinks() -> None:
    room, view = expunged_behind_its_back()
    room.deliver(letter("m5"))
    assert only(view.say("FETCH 1 (FLAGS)"), "EXISTS").number == 5, "removals are not told yet, so they count"
    assert not words(view.say("NOOP"), "EXISTS") and len(view.messages) == 3


def a_uid_range_to_the_end_has_the_last_message() -> None:
    view = Mailroom(3).client()
    for numbers in ("9999:*", "*:9999", "*", "4294967295:*"):
        answer = only(view.say(f"UID FETCH {numbers} (UID)"))
        assert (answer.number, answer.data) == (3, {"UID": b"3"}), numbers
        assert words(view.say(f"UID SEARCH UID {numbers}"), "SEARCH")[0].numbers == [3]
    assert [a.word for a in view.say("UID FETCH 9999 (UID)")] == ["OK"]
    empty = Mailroom(0).client()
    assert [a.word for a in empty.say("UID FETCH 1:* (UID)")] == ["OK"]


def a_number_beyond_the_last_is_bad() -> None:
    view = Mailroom(3).client()
    for command in (
        "FETCH 4 (UID)", "FETCH 1:4 (UID)", "STORE 3:4 +FLAGS (\\Seen)", "COPY 4 INBOX", "SEARCH 4", "SEARCH NOT 2:9",
        "MOVE 5 INBOX",
    ):  # fmt: skip
        answers = view.say(command)
        assert [answer.word for answer in answers] == ["BAD"], command
    assert words(view.say("FETCH 1:* (FLAGS)"), "FETCH")[2].flags == {"\\Recent"}, "BAD has changed nothing"
    assert status(Mailroom(0).client(), "FETCH 1 (UID)") == "BAD"


def a_failed_select_leaves_no_mailbox() -> None:
    view = Mailroom(2).client()
    assert status(view, "SELECT nowhere") == "NO"
    assert status(view, "FETCH 1 (UID)") in ("BAD", "NO")
    assert status(view, "SELECT INBOX") == "OK"
    assert status(view, "EXAMINE nowhere") == "NO"
    assert status(view, "SEARCH ALL") in ("BAD", "NO")


def bad_changes_nothing() -> None:
    room = Mailroom(2)
    view = room.client()
    for command in (
        "SELECT",
        "SELECT a b c",
        "EXAMINE (",
        "NONSENSE",
        "FETCH",
        "STORE 1 FLAGS",
        "CLOSE now",
        "UID NOOP",
    ):
        view._said += 1
        answers = heard(room.feed("a", f"x{view._said} {command}\r\n".encode()))
        assert [answer.word for answer in answers] == ["BAD"], command
        assert room.engines["a"].state.name == "Selected"
    assert words(view.say("FETCH 1 (UID)"), "FETCH")


def a_literal_waits_to_be_asked_for() -> None:
    for size in (0, 4):
        room = Mailroom(1, REV1)
        view = room.client("a")
        asked = room.feed("a", b"x1 SEARCH SUBJECT {%d}\r\n" % size)
        assert asked.startswith(b"+ ") and asked.count(b"\r\n") == 1, "the server waits, even for no octets"
        answers = view.hear(room.feed("a", b"m1  "[:size] + b"\r\n"), "SEARCH")
        assert [answer.word for answer in answers] == ["SEARCH", "OK"], answers
        asked = room.feed("a", b"x2 APPEND INBOX {%d}\r\n" % size)
        assert asked.startswith(b"+ ") and asked.count(b"\r\n") == 1
        assert view.hear(room.feed("a", b"a:b\r\n"[-size:] * bool(size) + b"\r\n"), "APPEND")[-1].word == "OK"


def a_literal_may_be_refused() -> None:
    room = Mailroom(1, REV1)
    room.client("a")
    too_much = heard(room.feed("a", b"x1 APPEND INBOX {4000000000}\r\n"))
    assert [answer.word for answer in too_much] in (["NO"], ["BAD"]) and too_much[0].tag == "x1"
    refused = heard(room.feed("a", b"x2 LOGIN {5}\r\n"))
    assert [answer.word for answer in refused] in (["NO"], ["BAD"])
    assert heard(room.feed("a", b"x3 NOOP\r\n"))[-1][:3] == ("x3", None, "OK"), "what follows is a command again"


def a_client_waits_to_be_asked() -> None:
    for size in (0, 3):
        for answer, goes_on in ((b"+ go on\r\n", True), (b"a2 NO too much\r\n", False), (b"a2 BAD no\r\n", False)):
            client = ClientEngine(REV1)
            client.receive(b"* OK ready\r\n")
            client.request("a1 LOGIN alice secret")
            client.receive(b"a1 OK welcome\r\n")
            client.take()
            client.request(b"a2 APPEND INBOX {%d}" % size)
            assert b"".join(client.take()) == b"a2 APPEND INBOX {%d}\r\n" % size
            assert not client.exchange_open, "the server was not heard yet"
            client.receive(answer)
            assert client.exchange_open is goes_on, answer
            if goes_on:
                client.carry_on(b"abc"[:size] + b"\r\n")
                assert [a.positive for a in client.receive(b"a2 OK done\r\n")] == [True]
            client.request("a3 NOOP")
            assert client.take()[-1] == b"a3 NOOP\r\n" and client.waiting == 1


def identifiers_fit_32_bits() -> None:
    room = Mailroom(2)
    view = room.client("a", "")
    seen: list[int] = []
    for box in ("INBOX", "one", "INBOX/two", "one"):
        if box != "INBOX":
            if box in room.account.mailboxes:
                assert status(view, f"DELETE {box}") == "OK"
            assert status(view, f"CREATE {box}") == "OK"
        answers = view.say(f"SELECT {box}")
        codes = dict(code.split()[:2] for code in (a.code for a in answers) if " " in code)
        for name in ("UIDVALIDITY", "UIDNEXT"):
            assert 0 < int(codes[name]) <= HIGHEST, codes
        seen.append(int(codes["UIDVALIDITY"]))
        assert status(view, "COPY 1:* one" if view.messages else "NOOP") in ("OK", "NO")
    assert seen[1] < seen[3], "a name that was there before has a higher UIDVALIDITY (RFC 3501 §6.3.4)"
    view.say("SELECT INBOX")
    for answer in words(view.say("FETCH 1:* (UID)"), "FETCH"):
        assert 0 < int(answer.data["UID"]) <= HIGHEST


def a_part_of_the_octets_says_where_it_begins() -> None:
    octets = letter("m1", "0123456789")
    view = Mailroom([octets]).client()
    for first, count in ((0, 5), (0, 5000), (7, 3), (5000, 9)):
        answer = only(view.say(f"FETCH 1 (BODY.PEEK[]<{first}.{count}>)"))
        assert answer.data == {f"BODY[]<{first}>": octets[first : first + count]}
    answer = only(view.say("FETCH 1 (BODY.PEEK[])"))
    assert answer.data == {"BODY[]": octets}


def close_expunges_without_a_word() -> None:
    room = Mailroom(3)
    view = room.client()
    view.say("STORE 2 +FLAGS.SILENT (\\Deleted)")
    assert [answer.word for answer in view.say("CLOSE")] == ["OK"]
    assert [uid for uid, _ in room.truth()] == [1, 3]


def leaving_otherwise_removes_nothing() -> None:
    for command in ("SELECT INBOX", "EXAMINE INBOX", "UNSELECT", "LOGOUT", "SELECT nowhere", ""):
        room = Mailroom(3)
        view = room.client()
        view.say("STORE 2 +FLAGS.SILENT (\\Deleted)")
        if command:
            view.say(command)
        else:
            room.engines["a"].lost()
        assert len(room.truth()) == 3, command
    room = Mailroom(3)
    room.client("a").say("STORE 2 +FLAGS.SILENT (\\Deleted)")
    reader = room.client("b", "")
    reader.say("EXAMINE INBOX")
    assert status(reader, "CLOSE") == "OK" and len(room.truth()) == 3


def reading_marks_and_says_so() -> None:
    room = Mailroom(3)
    view = room.client()
    for item in ("BODY.PEEK[]", "RFC822.HEADER", "BODY.PEEK[TEXT]<0.3>", "ENVELOPE", "BODYSTRUCTURE"):
        view.say(f"FETCH 1 ({item})")
        assert room.truth()[0][1] == frozenset(), item
    for number, item in enumerate(("BODY[]", "BODY[TEXT]<0.3>", "RFC822"), 1):
        flags = only(view.say(f"FETCH {number} ({item})")).data.get("FLAGS", [])
        assert b"\\Seen" in flags, "the change is told in the same response (RFC 3501 §6.4.5)"
        assert "FLAGS" not in only(view.say(f"FETCH {number} ({item})")).data
    reader = Mailroom(1).client("b", "")
    reader.say("EXAMINE INBOX")
    assert "FLAGS" not in only(reader.say("FETCH 1 (BODY[])")).data


def sizes_are_those_of_the_octets() -> None:
    view = Mailroom([b"a: b\n\nlf only\n", letter("m2", ".\r\n..")]).client()
    for answer in words(view.say("FETCH 1:* (RFC822.SIZE BODY.PEEK[])"), "FETCH"):
        assert int(answer.data["RFC822.SIZE"]) == len(answer.data["BODY[]"])


def lines_and_literals_are_bounded() -> None:
    room = Mailroom(1)
    room.client("a")
    engine = room.engines["a"]
    for _ in range(64):
        engine.receive(b"x" * 65_536)
    assert _kept(engine) < 1_000_000, "an endless line is not kept"
    engine.receive(b"\r\n")
    assert b"BAD" in b"".join(engine.take())
    engine.receive(b"y1 SEARCH SUBJECT {200000000+}\r\n")
    for _ in range(64):
        engine.receive(b"x" * 65_536)
    assert _kept(engine) < 1_000_000, "octets that were refused are not kept"


def _kept(engine: object) -> int:
    """How many octets a server's engine holds that have come and were not read."""
    buffer, part = vars(engine)["_buffer"], vars(engine)["_part"]
    waiting: int = len(buffer._octets) - buffer._place
    return waiting + (sum(map(len, part._pieces)) if part else 0)


def clear_octets_do_not_survive_the_handshake() -> None:
    room = Mailroom(1)
    view = room.stranger("a")
    assert re.search("STARTTLS", repr(view.say("CAPABILITY")))
    assert room.feed("a", b"x1 STARTTLS\r\nx2 LOGIN alice secret\r\n").count(b"\r\n") == 1
    room.engines["a"].secured()
    assert room.feed("a", b"") == b"" and room.engines["a"].state.name == "Not Authenticated"
    assert "STARTTLS" not in repr(view.say("CAPABILITY"))
