"""What a POP2 server does with mail: folders, marks, numbers, limits, quoting, and what a timeline hears of it."""

from __future__ import annotations

import pytest

from popsim.mail.message import Message
from popsim.mail.policy import Policy
from popsim.mail.store import User
from popsim.protocols.pop2.quoting import quoted, string, word
from popsim.protocols.pop2.server import Pop2Service
from popsim.protocols.services import service
from popsim.timeline.event import KINDS, lock_key, mark_key
from tests.pop2.scene import FOLDER, HELO, MAIL, POP2, held, say, session_in, stage
from tests.transcripts.stage import Session, Stage


def kinds(session: Session) -> list[tuple[str, dict[str, object]]]:
    """The changes that a timeline was told, in order."""
    timeline = session.watcher.recorder
    from popsim.timeline.timeline import Timeline

    return [(event.kind, dict(event.values or {})) for event in Timeline(timeline).events("store")]


def test_the_greeting_names_the_protocol_and_the_host() -> None:
    assert stage().connect().take() == b"+ POP2 dbc.mtview.ca.us server ready\r\n"
    bare = Pop2Service(POP2, stage().store, timestamp="")
    assert bare._opened(None).text == b"POP2 localhost server ready"  # type: ignore[arg-type]


def test_what_a_timeline_hears() -> None:
    server = stage()
    session = server.connect()
    say(session, HELO, "READ", "RETR", "ACKD", "RETR", "ACKS", "FOLD Archive", "READ", "RETR", "ACKD", "QUIT")
    archived = server.store.accounts["alice"].mailboxes["Archive"].rows
    (row,) = archived.values()
    assert kinds(session) == [
        ("Locked", {lock_key("alice"): session.number}),
        ("Marked", {mark_key("alice", 1): "deleted"}),
        ("Removed", {mark_key("alice", 1): "removed"}),
        ("Unlocked", {lock_key("alice"): None}),
        ("Marked", {mark_key("alice", row): "deleted"}),
        ("Removed", {mark_key("alice", row): "removed"}),
    ]
    assert all(("store", kind) in KINDS for kind, _ in kinds(session))


@pytest.mark.parametrize("end", ["lost", "expired", "error", "silent"])
def test_without_quit_the_marks_are_taken_back(end: str) -> None:
    server = stage()
    session = session_in("NEXT", server)
    say(session, "ACKD")
    if end == "error":
        say(session, "STAT")
    elif end == "silent":
        assert say(session, "READ 9", "RETR")[1] == b""
    else:
        getattr(session.engine, end)()
    assert session.state == "CLOSED" and held(server) == 3
    assert kinds(session)[-2:] == [
        ("Unmarked", {mark_key("alice", 1): "kept"}),
        ("Unlocked", {lock_key("alice"): None}),
    ]


def test_numbers_hold_until_the_mailbox_is_left() -> None:
    server = stage()
    session = session_in("NEXT", server)
    assert say(session, "ACKD", "READ 1", "READ 3", "READ 2")[1:] == [
        b"=0 no message 1 to be sent\r\n",
        b"=103 octets in message 3\r\n",
        b"=102 octets in message 2\r\n",
    ]
    server.store.accounts["alice"].deliver(Message(b"Subject: new\r\n\r\n"))
    assert say(session, "READ 4") == [b"=0 no message 4 to be sent\r\n"]
    assert say(session, "FOLD INBOX", "READ 1", "READ 3") == [
        b"#3 messages\r\n",
        b"=102 octets in message 1\r\n",
        b"=16 octets in message 3\r\n",
    ]


def test_a_message_of_no_octets_is_none() -> None:
    session = stage([b"", MAIL[0]]).connect()
    assert say(session, HELO, "READ", "READ 2", "RETR", "ACKS")[1:] == [
        b"=0 no message 1 to be sent\r\n",
        b"=101 octets in message 2\r\n",
        MAIL[0],
        b"=0 no message 3 to be sent\r\n",
    ]
    assert say(session, "READ 1", "RETR")[1] == b"" and session.state == "CLOSED"


def test_the_answer_to_ackd_does_not_tell_whether_the_user_may_delete() -> None:
    answers, left = [], []
    for policy in (Policy(), Policy.parse("read-only:INBOX")):
        server = stage(policy=policy)
        session = session_in("NEXT", server)
        answers.append(say(session, "ACKD", "READ 1", "QUIT"))
        left.append(held(server))
    assert answers[0][0] == answers[1][0] == b"=102 octets in message 2\r\n"
    assert answers[0][2] == answers[1][2] and left == [2, 3]
    assert (answers[0][1], answers[1][1]) == (b"=0 no message 1 to be sent\r\n", b"=101 octets in message 1\r\n")


def test_the_word_of_a_mailbox_that_may_only_be_read() -> None:
    policy = Policy.parse("read-only:INBOX read-only:Archive")
    assert policy.read_only == ("Archive", "INBOX") and Policy.parse(str(policy)) == policy
    with pytest.raises(ValueError, match="name of a mailbox without spaces"):
        Policy(read_only=("a b",))
    server = stage(policy=policy)
    session = session_in("MBOX", server)
    say(session, "FOLD Archive", "READ", "RETR", "ACKD", "FOLD INBOX", "READ", "RETR", "ACKD", "QUIT")
    assert (held(server), held(server, "Archive")) == (3, 1)
    assert [kind for kind, _ in kinds(session)] == ["Locked", "Unlocked", "Locked", "Unlocked"]


def test_a_message_that_was_acknowledged_is_seen_in_imap_where_the_site_wants_it() -> None:
    for words, flags in (("", [set(), set(), set()]), ("retr-sets-seen", [set(), {"\\Seen"}, set()])):
        server = stage(policy=Policy.parse(words))
        session = session_in("NEXT", server)
        say(session, "NACK", "READ 2", "RETR", "ACKS", "READ 2", "RETR", "ACKS")
        assert [set(item.flags) for item in server.store.accounts["alice"].inbox.items] == flags
        assert [kind for kind, _ in kinds(session)].count("Flagged") == len(words[:1])
    server = stage(policy=Policy.parse("retr-sets-seen read-only:INBOX"))
    say(session_in("NEXT", server), "ACKS")
    assert not any(item.flags for item in server.store.accounts["alice"].inbox.items)


def test_what_could_not_be_removed_stays_and_nobody_is_told() -> None:
    server = stage(unremovable=["uid-1"])
    session = session_in("NEXT", server)
    assert say(session, "ACKD", "RETR", "ACKD", "QUIT")[3] == b"+ OK, goodbye\r\n"
    assert held(server) == 2
    assert kinds(session)[-2] == ("Removed", {mark_key("alice", 1): "kept", mark_key("alice", 2): "removed"})


def test_a_mailbox_is_one_session_s_and_imap_may_look_on() -> None:
    server = stage()
    session = session_in("ITEM", server)
    other = server.connect()
    assert say(other, HELO)[0].endswith(b"- the mailbox is open in another session (RFC 937 p.23)\r\n")
    assert other.state == "CLOSED"
    say(session, "FOLD Archive")
    third = session_in("MBOX", server)
    assert say(third, "FOLD Archive") == [b"#0 messages\r\n"]
    assert say(third, "FOLD INBOX") == [b"#3 messages\r\n"]
    account = server.store.accounts["alice"]
    assert account.inbox.is_locked and account.mailboxes["Archive"].is_locked
    assert len(account.inbox.open(9).items) == 3
    for one in (session, third):
        one.engine.lost()
    assert not account.inbox.is_locked and not account.mailboxes["Archive"].is_locked


def test_who_may_log_in() -> None:
    digest = Stage(POP2, [User("mrose", "tanstaaf", "APOP")], [])
    assert b"\r\n- " in say(digest.connect(), "HELO mrose tanstaaf")[0]
    clear = stage(policy=Policy(plaintext=False))
    assert b"- no password is taken on a line that is not encrypted" in say(clear.connect(), HELO)[0]
    clear.secured = True
    assert b"\r\n#3 messages\r\n" in say(clear.connect(), HELO)[0]


# Lines


def test_the_limits_of_lines() -> None:
    name = "x" * (512 - len("FOLD \r\n"))
    session = session_in("MBOX")
    assert say(session, f"FOLD {name}") == [b"#0 messages\r\n"]
    (refused,) = say(session, f"FOLD {name}x")
    assert refused.startswith(b"- the line is too long: at most 512 octets") and session.state == "CLOSED"
    long = b"Subject: long\r\n\r\n" + b"y" * 5000 + b"\r\n"
    session = session_in("MBOX", stage([long]))
    assert say(session, "READ", "RETR") == [b"=%d octets in message 1\r\n" % len(long), long]
    for state in ("AUTH", "MBOX", "ITEM", "NEXT"):
        (error,) = say(session_in(state), "Z" * 500)
        assert len(error) <= 512


def test_a_bare_lf_ends_no_line() -> None:
    session = session_in("MBOX")
    assert session.send(b"READ\n").startswith(b"- the line ended in LF alone") and session.state == "CLOSED"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (b"alice", b"alice"),
        (b"a\\ b", b"a b"),
        (b"\\a\\b", b"ab"),
        (b"\\\\", b"\\"),
        (b"a.b;c", b"a.b;c"),
        (b"!\"#$%&'()*+,-/:<=>?@[]^_`{|}~", b"!\"#$%&'()*+,-/:<=>?@[]^_`{|}~"),
        (b"\\\x00\\\x7f\\\t", b"\x00\x7f\t"),
    ],
)
def test_words_and_strings_are_unquoted(text: bytes, meant: bytes) -> None:
    assert word(b"HELO " + text + b" more", 5) == (meant, 5 + len(text))
    assert string(text + b" more", 0) == (meant + b" more", len(text) + 5)
    assert word(quoted(meant.decode()).encode(), 0)[0] == string(quoted(meant.decode(), True).encode(), 0)[0] == meant


@pytest.mark.parametrize("wrong", ["", "a\nb", "a\rb", "ana-maría"])
def test_what_can_not_be_quoted(wrong: str) -> None:
    with pytest.raises(ValueError, match="all that POP2 can carry"):
        quoted(wrong)


def test_a_folder_s_name_is_one_string() -> None:
    server = stage()
    server.store.accounts["alice"].create("a b\\c").append(Message(FOLDER[0]))
    for line in ("FOLD a b\\\\c", "FOLD a\\ b\\\\c", "FOLD \\a\\ \\b\\\\\\c"):
        assert say(session_in("MBOX", server), line) == [b"#1 message\r\n"], line
        server.store.accounts["alice"].maildrop._open = None
        server.store.accounts["alice"].mailboxes["a b\\c"].maildrop._open = None


def test_the_service_goes_by_name() -> None:
    assert isinstance(service(POP2, stage().store, session=1, timestamp="<1@h>"), Pop2Service)
