"""Mailboxes as a whole: made, removed, renamed, subscribed to, listed, and asked how they are."""

from __future__ import annotations

import re

import pytest

from popsim.mail.message import Message
from popsim.mail.policy import Policy
from popsim.protocols.imap.table import IMAP
from popsim.protocols.protocol import Protocol
from tests.imap.mailroom import MODERN, Mailroom, letter
from tests.imap.view import View

NEWER = IMAP.edition(9051)


def listed(view: View, command: str) -> list[tuple[str, str]]:
    """Attributes and name of each mailbox that a list tells."""
    answers = view.say(command)
    assert answers[-1].word == "OK", answers
    found = []
    for answer in answers[:-1]:
        match = re.fullmatch(r'\((.*?)\) "/" "?(.*?)"?', answer.rest.decode())
        assert match, answer
        found.append((match[1], match[2]))
    return found


def names(view: View, command: str) -> list[str]:
    return [name for _, name in listed(view, command)]


def status(view: View, command: str) -> str:
    return view.say(command)[-1].word


# What there is


def test_superiors_are_made_and_inferiors_stay() -> None:
    room = Mailroom(1)
    view = room.client(box="")
    assert status(view, "CREATE a/b/c") == "OK"
    assert names(view, 'LIST "" *') == ["INBOX", "a", "a/b", "a/b/c"]
    assert status(view, "DELETE a/b") == "OK"
    assert listed(view, 'LIST "" *')[1:] == [("", "a"), ("\\Noselect", "a/b"), ("", "a/b/c")]
    assert status(view, "SELECT a/b") == "NO" == status(view, "STATUS a/b (MESSAGES)")
    assert view.say("CREATE a/b/c")[-1].word == "NO"
    assert status(view, "CREATE a/b") == "OK" == status(view, "SELECT a/b")


@pytest.mark.parametrize("name", ["a//b", "/a", "a/", '""', '"a\tb"', "x" * 201, "/".join("x" * 200 for _ in range(5))])
def test_names_that_no_mailbox_has(name: str) -> None:
    view = Mailroom().client(box="")
    answer = view.say(f"CREATE {name}")[-1]
    if name == "a/":  # only says that there will be others below it (RFC 3501 §6.3.3)
        assert answer.word == "OK" and names(view, 'LIST "" a*') == ["a"]
    else:
        assert answer.word == "NO" and names(view, 'LIST "" *') == ["INBOX"]


def test_uids_of_a_mailbox_that_was_deleted_do_not_come_back() -> None:
    """RFC 3501 §6.3.3: greater, or another UIDVALIDITY."""
    room = Mailroom(2)
    view = room.client(box="")
    told: list[bytes] = []
    for _ in range(2):
        view.say("CREATE x")
        told.append(view.say("STATUS x (UIDVALIDITY UIDNEXT)")[0].rest)
        view.say("DELETE x")
    assert told[0] != told[1]
    view.say("CREATE y")
    before = view.say("STATUS y (UIDVALIDITY)")[0].rest.rpartition(b"(")[2]
    view.say("RENAME y z")
    assert view.say("STATUS z (UIDVALIDITY)")[0].rest.rpartition(b"(")[2] == before


def test_messages_move_out_of_the_inbox_when_it_is_renamed() -> None:
    room = Mailroom(3)
    view, other = room.client(box=""), room.client("b")
    assert status(view, "RENAME INBOX old") == "OK"
    assert b"MESSAGES 3" in view.say("STATUS old (MESSAGES)")[0].rest
    assert b"MESSAGES 0" in view.say("STATUS INBOX (MESSAGES)")[0].rest
    assert [answer.word for answer in other.say("NOOP")] == ["EXPUNGE"] * 3 + ["OK"]


def test_the_codes_that_tell_a_program_why() -> None:
    """RFC 9051 §7.1; the older edition has none of them."""
    view = Mailroom(protocol=NEWER).client(box="", protocol=NEWER)
    for command in ("CREATE a/b", "DELETE a"):
        view.say(command)
    codes = {
        "DELETE a": "HASCHILDREN", "CREATE INBOX": "ALREADYEXISTS", "CREATE x//y": "CANNOT", "DELETE x": "NONEXISTENT",
        "DELETE INBOX": "", "RENAME x y": "NONEXISTENT", "RENAME a INBOX": "ALREADYEXISTS", "SELECT x": "NONEXISTENT",
        "STATUS x (MESSAGES)": "NONEXISTENT",
    }  # fmt: skip
    assert {command: view.say(command)[-1].code for command in codes} == codes
    old = Mailroom(protocol=IMAP).client(box="", protocol=IMAP)
    assert {old.say(command)[-1].code for command in codes} == {""}


def test_renaming_goes_below_and_nowhere_else() -> None:
    view = Mailroom().client(box="")
    for name in ("a/b", "ab", "c"):
        view.say(f"CREATE {name}")
    assert status(view, "RENAME a a/b/d") == "NO" == status(view, "RENAME a c") == status(view, "RENAME a a//b")
    assert status(view, "RENAME a x/y") == "OK"
    assert names(view, 'LIST "" *') == ["INBOX", "ab", "c", "x", "x/y", "x/y/b"]
    assert status(view, "RENAME c INBOX") == "NO" and status(view, "RENAME nothing d") == "NO"


def test_a_pop_session_has_the_inbox_to_itself() -> None:
    """What it may find again is not taken away by the back door."""
    room = Mailroom(2)
    view = room.client(box="")
    room.pop3()
    assert status(view, "RENAME INBOX old") == "NO" and names(view, 'LIST "" *') == ["INBOX"]
    assert b"MESSAGES 2" in view.say("STATUS INBOX (MESSAGES)")[0].rest
    room.feed("p", b"QUIT\r\n")
    assert status(view, "RENAME INBOX old") == "OK"


def test_a_mailbox_is_deleted_under_a_session_s_feet() -> None:
    room = Mailroom(1)
    view, other = room.client(box=""), room.client("b", box="")
    view.say("CREATE x")
    room.account.mailboxes["x"].append(room.account.inbox.items[0].message)
    other.say("SELECT x")
    assert status(view, "DELETE x") == "OK"
    assert other.say("FETCH 1 UID")[-1].word in ("OK", "NO") and status(other, "NOOP") == "OK"
    assert status(other, "SELECT x") == "NO" and room.engines["b"].state.name == "Authenticated"


# Subscriptions


def test_what_stands_above_a_subscribed_name() -> None:
    """RFC 3501 §6.3.9: % tells foo of foo/bar, with \\Noselect, and * does not."""
    view = Mailroom().client(box="")
    for command in ("CREATE foo/bar", "SUBSCRIBE foo/bar", "UNSUBSCRIBE INBOX"):
        assert status(view, command) == "OK"
    assert listed(view, 'LSUB "" %') == [("\\Noselect", "foo")]
    assert listed(view, 'LSUB "" *') == [("", "foo/bar")]
    assert listed(view, "LSUB foo/ %") == [("", "foo/bar")]
    view.say("SUBSCRIBE foo")
    assert listed(view, 'LSUB "" %') == [("", "foo")]


def test_a_subscription_outlives_its_mailbox() -> None:
    view = Mailroom().client(box="")
    for command in ("CREATE x", "SUBSCRIBE x", "DELETE x"):
        assert status(view, command) == "OK"
    assert names(view, 'LSUB "" *') == ["INBOX", "x"] and names(view, 'LIST "" *') == ["INBOX"]
    assert status(view, "SUBSCRIBE x") == "NO" and status(view, "UNSUBSCRIBE x") == "OK"
    assert status(view, "UNSUBSCRIBE x") == "NO"


# How a mailbox is


@pytest.mark.parametrize("protocol", [IMAP, MODERN, NEWER], ids=str)
def test_status_tells_what_is_so_and_changes_nothing(protocol: Protocol) -> None:
    room = Mailroom(4, protocol)
    other = room.client("b", protocol=protocol)
    other.say("STORE 1:2 +FLAGS (\\Seen)")
    other.say("STORE 1 +FLAGS (\\Deleted)")
    room.deliver(letter("new"))
    view = room.client("a", box="", protocol=protocol)
    items = "MESSAGES UIDNEXT UIDVALIDITY UNSEEN"
    told = {"MESSAGES": 5, "UIDNEXT": 6, "UIDVALIDITY": 1, "UNSEEN": 3}
    if protocol is NEWER:
        items, told = items + " SIZE DELETED", told | {"SIZE": room.account.inbox.octets, "DELETED": 1}
    else:
        items, told = items + " RECENT", told | {"RECENT": 1}
    if protocol is MODERN:
        items, told = items + " HIGHESTMODSEQ", told | {"HIGHESTMODSEQ": room.account.inbox.highest_modseq}
    expected = " ".join(f"{name} {told[name]}" for name in items.split())
    for _ in range(2):
        assert view.say(f"STATUS inbox ({items})")[0].rest.decode() == f"INBOX ({expected})"
    assert room.engines["a"].state.name == "Authenticated"


def test_a_list_with_status_in_the_newer_edition() -> None:
    room = Mailroom(2, NEWER)
    view = room.client(box="", protocol=NEWER)
    view.say("CREATE x/y")
    view.say("DELETE x")
    answers = view.say('LIST "" * RETURN (STATUS (MESSAGES) CHILDREN)')
    assert [(a.word, a.rest.decode()) for a in answers[:-1]] == [
        ("LIST", '(\\HasNoChildren) "/" INBOX'),
        ("STATUS", "INBOX (MESSAGES 2)"),
        ("LIST", '(\\NonExistent \\HasChildren) "/" x'),
        ("LIST", '(\\HasNoChildren) "/" x/y'),
        ("STATUS", "x/y (MESSAGES 0)"),
    ]


@pytest.mark.parametrize("protocol", [IMAP.extended(6154), NEWER.extended(6154)])
def test_a_list_of_those_that_are_for_something(protocol: Protocol) -> None:
    """RFC 6154 §2: who announces SPECIAL-USE knows the selection option and the return option."""
    room = Mailroom(1, protocol)
    view = room.client(box="", protocol=protocol)
    for name in ("Sent", "Drafts", "Plain", "a/Sent"):
        view.say(f"CREATE {name}")
    for command in ('LIST (SPECIAL-USE) "" *', 'LIST (SPECIAL-USE) "" (* %) RETURN (SPECIAL-USE)'):
        assert listed(view, command) == [("\\Drafts", "Drafts"), ("\\Sent", "Sent")]
    assert names(view, 'LIST "" (P% S%) RETURN (SPECIAL-USE)') == ["Plain", "Sent"]
    assert names(view, 'LIST () "" ("P%")') == ["Plain"]


# Opening


def test_what_the_site_lets_nobody_change_opens_read_only() -> None:
    """RFC 3501 §6.3.1; nothing is put into it either."""
    room = Mailroom(2, policy=Policy.parse("read-only:Archive"))
    view = room.client()
    view.say("CREATE Archive")
    room.account.mailboxes["Archive"].append(Message.of(letter("old")))
    assert status(view, "COPY 1 Archive") == "NO" == status(view, "MOVE 1 Archive")
    assert status(view, "APPEND Archive {2+}\r\nhi") == "NO"
    opened = view.say("SELECT Archive")[-1]
    assert opened.word == "OK" and opened.rest.startswith(b"[READ-ONLY]")
    assert status(view, "STORE 1 +FLAGS (\\Seen)") == "NO" == status(view, "EXPUNGE")
    assert status(view, "COPY 1 INBOX") == "OK" and len(room.account.inbox) == 3
    assert view.say("SELECT INBOX")[-1].rest.startswith(b"[READ-WRITE]")


def test_a_failed_select_leaves_nothing_open_and_bad_changes_nothing() -> None:
    """RFC 3501 §6.3.1."""
    room = Mailroom(2)
    view = room.client()
    assert room.feed("a", b"x SELECT\r\n").startswith(b"x BAD") and room.engines["a"].state.name == "Selected"
    assert view.say("FETCH 1 UID")[-1].word == "OK"
    assert status(view, "SELECT nothing") == "NO" and room.engines["a"].state.name == "Authenticated"
    assert room.feed("a", b"x FETCH 1 UID\r\n").startswith(b"x BAD")


def test_reselecting_removes_nothing() -> None:
    room = Mailroom(3)
    view = room.client()
    view.say("STORE 1:2 +FLAGS (\\Deleted)")
    for command in ("SELECT INBOX", "EXAMINE INBOX", "SELECT nothing", "SELECT INBOX"):
        view.say(command)
    assert len(room.truth()) == 3


def test_who_only_examines_takes_nobody_s_recent() -> None:
    room = Mailroom(2)
    told: list[int | None] = []
    for command in ("EXAMINE", "EXAMINE", "SELECT", "SELECT", "EXAMINE"):
        view = room.client(f"c{len(told)}", box="")
        told += [answer.number for answer in view.say(f"{command} INBOX") if answer.word == "RECENT"]
    assert told == [2, 2, 2, 0, 0]


def test_the_code_of_what_is_open_and_how() -> None:
    room = Mailroom(1)
    view = room.client(box="")
    assert view.say("SELECT INBOX")[-1].code == "READ-WRITE" and view.say("EXAMINE INBOX")[-1].code == "READ-ONLY"
    answers = view.say("EXAMINE INBOX")
    assert [a.rest for a in answers if a.code.startswith("PERMANENTFLAGS")][0].startswith(b"[PERMANENTFLAGS ()]")


def test_keywords_are_among_the_flags() -> None:
    room = Mailroom(1)
    view = room.client()
    view.say("STORE 1 +FLAGS ($Forwarded Work)")
    answers = view.say("SELECT INBOX")
    (flags,) = [a.rest for a in answers if a.word == "FLAGS"]
    (kept,) = [a.code for a in answers if a.code.startswith("PERMANENTFLAGS")]
    assert flags.endswith(b"\\Draft $Forwarded Work)") and kept.endswith("$Forwarded Work \\*)")
    assert [a.code for a in answers if a.code.startswith("HIGHESTMODSEQ")] == [
        f"HIGHESTMODSEQ {room.account.inbox.highest_modseq}"
    ]
