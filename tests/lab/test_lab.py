"""What a notebook holds: a session, its exchanges, its scenario, its forks; wrong calls get one line that teaches."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from popsim import Lab, Link, Scenario, pop3, samples
from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.mail.store import User
from popsim.wire import Fault, NotConnected, run


def test_a_lab_is_connected_and_greeted() -> None:
    lab = Lab()
    assert lab.state == "AUTHORIZATION" and lab.timeline.header["scenario"] == str(lab.scenario)
    assert lab.timeline.stream().startswith(b"+OK POP3 server ready <1.1@")
    assert lab.scenario == Scenario() and Lab(seed=5).scenario.seed == 5


def test_an_exchange_says_what_happened() -> None:
    lab = Lab(pop3, mail=samples.minimal(), link=Link(delay="40 ms"))
    first = lab.send("USER alice")
    assert (first.command, first.status, first.positive) == (b"USER alice", "+OK", True)
    assert (first.before, first.after, first.elapsed) == ("AUTHORIZATION", "USER accepted", 80_000_000)
    assert str(first.reference) == "RFC 1939 §7" and first.rule and first.rule.condition == "name accepted"
    lab.send("PASS secret")
    listed = lab.send("LIST")
    assert (listed.reply, listed.body) == ("+OK 2 messages (320 octets)", b"1 120\r\n2 200\r\n")
    assert (listed.before, listed.after) == ("TRANSACTION", "TRANSACTION")
    assert str(listed).splitlines() == [
        "C: LIST",
        "S: +OK 2 messages (320 octets)",
        "   1 120",
        "   2 200",
        "   TRANSACTION (stays) · 80.0 ms · RFC 1939 §5",
    ]
    wrong = lab.send("RETR 9")
    assert (wrong.status, wrong.positive, wrong.body) == ("-ERR", False, b"")
    assert wrong.rule and wrong.rule.id == "TRANSACTION|RETR msg|no such message"
    assert lab.send("RETR 1").body == samples.minimal()[0].octets
    last = lab.send("QUIT")
    assert (last.before, last.after) == ("TRANSACTION", "CLOSED") and str(last.reference) == "RFC 1939 §6"


def test_every_refusal_is_an_exchange_too() -> None:
    lab = Lab()
    for line in ("", " ", "FOO", "PASS x", "ș", b"\xff\x00", "x" * 300, "USER", "NOOP\nNOOP", "USER alice\r\nNOOP"):
        exchange = lab.send(line)
        assert exchange.status in ("-ERR", "+OK") and exchange.reference is not None
        assert str(exchange).isprintable() or "\n" in str(exchange)
        assert "<script" not in exchange.html()
    assert "&lt;script&gt;" in lab.send("<script>").html()
    assert lab.state == "AUTHORIZATION"


def test_octets_of_any_kind_are_sent_as_they_are() -> None:
    lab = Lab()
    lab.send(b"a\x00\xffb\rc")
    assert lab.timeline.stream(0, "client") == b"a\x00\xffb\rc\r\n"
    assert run(Scenario.parse(str(lab.scenario))) == lab.timeline


def test_running_several_lines_shows_just_these() -> None:
    lab = Lab(mail=samples.minimal())
    lab.send("USER alice")
    shown = str(lab.run("PASS secret", "STAT"))
    assert "PASS" in shown and "STAT" in shown and "USER alice" not in shown
    assert lab.run("pipelined> NOOP", "pipelined> QUIT") and lab.state == "CLOSED"


def test_what_was_done_is_a_scenario() -> None:
    lab = Lab(
        pop3.edition(1460), mail=samples.minimal(), link=Link("5 ms", "1 Mbit/s", 500), seed=3, faults=["keep alice 1"]
    )
    lab.run("USER alice", "PASS secret", "DELE 1", "LAST")
    lab.connect()
    lab.run("1> USER alice", "1> PASS secret")
    lab.cut(1)
    lab.send("QUIT")
    assert str(lab.scenario) == (
        "pop3 edition=1460 user=alice:secret mail=alice:minimal 'delay=5 ms' 'rate=1 Mbit/s' mss=500 seed=3 "
        "'fault=keep alice 1' -- 'USER alice' 'PASS secret' 'DELE 1' LAST 'connect>' '1> USER alice' '1> PASS secret' "
        "'1> cut>' QUIT"
    )
    assert run(lab.scenario) == lab.timeline == Lab.of(str(lab.scenario)).timeline
    assert lab.timeline.header["scenario"] == str(lab.scenario)


def test_a_timeline_taken_earlier_does_not_change() -> None:
    lab = Lab()
    early = lab.timeline
    before = early.digest(), len(early)
    lab.run("USER alice", "PASS secret", "QUIT")
    lab2 = lab.timeline
    assert (early.digest(), len(early)) == before and list(lab2)[: len(early)] == list(early)


def test_a_fork_leaves_its_parent_alone() -> None:
    lab = Lab(mail=samples.minimal())
    lab.run("USER alice", "PASS secret", "DELE 1", "QUIT")
    before = lab.timeline.digest()
    dele = next(e for e in lab.timeline if lab.timeline.octets(e) == b"DELE 1\r\n" and e.kind == "Sent")
    other = lab.fork(dele.index, instead="DELE 2")
    assert other.state == "TRANSACTION" and other.send("STAT").reply == "+OK 1 120"
    assert lab.timeline.digest() == before and lab.state == "CLOSED"
    assert list(other.timeline)[: dele.index] == list(lab.timeline)[: dele.index]


def test_users_and_mail_in_every_way() -> None:
    mail = Mail("own", [Message(b"x\r\n")])
    ways: list[Mapping[str, str] | list[User | str]] = [{"a": "x", "b": "y"}, ["a:x", "b:y"], [User("a", "x"), "b:y"]]
    for users in ways:
        lab = Lab(users=users, mail=mail)
        lab.run("USER a", "PASS x")
        assert lab.send("STAT").reply == "+OK 1 3"
    lab = Lab(users=["a:x", "b:y"], mail={"b": mail})
    lab.run("USER b", "PASS y")
    assert lab.send("RETR 1").body == b"x\r\n"
    assert Lab.of(str(lab.scenario), [mail]).timeline == lab.timeline


def test_a_fault_ends_the_session_and_the_exchange_says_so() -> None:
    lab = Lab(faults=["cut before QUIT", Fault("keep", "alice", 1)])
    lab.run("USER alice", "PASS secret", "DELE 1")
    lost = lab.send("QUIT")
    assert (lost.command, lost.status, lost.after, lost.rule) == (b"QUIT", "", "CLOSED", None)
    assert str(lost).splitlines()[:2] == ["C: QUIT", "S: (no answer: the connection was lost)"]
    assert lab.timeline.at(len(lab.timeline) - 1).marks("alice")[1] == "kept"


WRONG: list[tuple[Callable[[], object], str]] = [
    (lambda: Lab(users={}), "a lab needs at least one user, such as users={'alice': 'secret'}"),
    (lambda: Lab(users=["alice"]), "expected a user as NAME:SECRET, such as alice:secret, got 'alice'"),
    (lambda: Lab(faults=["rain"]), "expected a fault as"),
    (lambda: Lab(link=Link("fast")), "expected a time such as '40 ms'"),
    (lambda: Lab(pop3.edition(1999)), "POP3 has the editions 1081, 1225, 1460, 1725, 1939 (RFC numbers), not 1999"),
    (lambda: Lab.of("pop9"), "popsim knows the protocols pop3, imap, smtp, pop2, pop1, imap2, not 'pop9'"),
    (lambda: Lab.of("pop3 mail=alice:nothing"), "the scenario needs the mail 'nothing', which is no sample"),
    (lambda: Lab().fork(at=999), "the timeline has the events 0 to"),
    (lambda: Lab().fork(at=3, instead="NOOP"), "nothing had been sent before that event"),
    (lambda: Lab().send("NOOP", connection=1), "there is no connection 1; there are 0 to 0"),
    (lambda: Lab().cut(5), "there is no connection 5"),
    (lambda: Lab().run("1> NOOP"), "there is no connection 1"),
    (lambda: Lab().run("+soon> NOOP"), "expected a time such as '40 ms'"),
    (lambda: Lab().timeline.at(999), "the timeline has the moments -1 to"),
]


@pytest.mark.parametrize(("wrong", "words"), WRONG, ids=[words[:30] for _, words in WRONG])
def test_a_wrong_call_gets_one_line(wrong: Callable[[], object], words: str) -> None:
    with pytest.raises((ValueError, IndexError)) as caught:
        wrong()
    message = str(caught.value)
    assert message.startswith(words) and len(message.splitlines()) == 1


@pytest.mark.parametrize("end", ["QUIT", "cut"])
def test_after_the_end_nothing_is_sent(end: str) -> None:
    lab = Lab()
    lab.send("QUIT") if end == "QUIT" else lab.cut()
    before = lab.timeline.digest()
    with pytest.raises(NotConnected, match="^connection 0 is (closed|lost): nothing can be sent; open another one$"):
        lab.send("NOOP")
    with pytest.raises(NotConnected):
        lab.cut()
    assert lab.timeline.digest() == before
    number = lab.connect()
    assert number == 1 and lab.send("USER alice", connection=1).positive


def test_the_names_of_the_package() -> None:
    import popsim

    with pytest.raises(AttributeError, match="^popsim has Lab, .*; not 'lab2'$"):
        popsim.lab2  # noqa: B018
    assert {"Lab", "pop3", "samples"} <= set(dir(popsim))


def test_an_exchange_of_several_lines_shows_the_first_answer_whole() -> None:
    lab = Lab(mail=samples.minimal())
    lab.run("USER alice", "PASS secret")
    both = lab.send("LIST\r\nRETR 1")
    assert (both.reply, both.body) == ("+OK 2 messages (320 octets)", b"1 120\r\n2 200\r\n")
    first = lab.send("STAT\r\nRETR 1")
    assert (first.reply, first.body) == ("+OK 2 320", b"")


def test_the_matrix_says_what_is_allowed_where() -> None:
    assert "RETR" in str(Lab().matrix()) and "LAST" not in str(Lab().matrix())
