"""Extensions and a policy in a lab, in a scenario's text and on the command line."""

from __future__ import annotations

import pytest

from popsim import Lab, Policy, Scenario, pop3, samples
from popsim.protocols import spoken
from popsim.wire import run
from tests.cli.running import popsim

TEXT = (
    "pop3 edition=1939 extension=2449 extension=5034 without=TOP policy=no-pipelining policy=login-delay:60s "
    "user=alice:secret mail=alice:four -- CAPA 'USER alice' 'PASS secret' QUIT"
)


def test_a_scenario_says_it_all() -> None:
    scenario = Scenario.parse(TEXT)
    assert scenario.speaks == pop3.extended(5034).without("TOP")
    assert scenario.policy == Policy(login_delay="60 s", pipelining=False)
    assert Scenario.parse(str(scenario)) == scenario
    timeline = run(scenario)
    assert timeline.digest() == run(Scenario.parse(str(scenario))).digest()
    assert spoken(timeline.header) == scenario.speaks


def test_a_scenario_without_them_is_written_as_before() -> None:
    text = str(Scenario.parse("pop3"))
    assert not any(word in text for word in ("extension", "without", "policy"))


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("extension=99", "POP3 has the extensions 2449"),
        ("without=XTND", "no 'XTND' to leave out"),
        ("policy=often", "a policy is made of"),
    ],
)
def test_a_wrong_word_gets_one_line(word: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Scenario.parse(f"pop3 {word}")


def test_a_lab_with_extensions_and_a_policy() -> None:
    lab = Lab(pop3.extended().without("TOP"), mail=samples.find("four"), policy="login-delay:60s implementation:teapot")
    lab.send("CAPA")
    body = lab.timeline.octets(lab.timeline.events("message")[-1])
    assert b"\r\nIMPLEMENTATION teapot\r\n" in body and b"\r\nTOP\r\n" not in body
    lab.run("USER alice", "PASS secret", "QUIT", "connect>", "1> USER alice")
    assert "[LOGIN-DELAY]" in str(lab.send("PASS secret", 1))
    again = Lab.of(str(lab.scenario))
    assert again.timeline.digest() == lab.timeline.digest()
    assert again.protocol == lab.protocol
    later = Lab(pop3.extended(), policy=Policy(login_delay="60 s"))
    later.run("USER alice", "PASS secret", "QUIT", "+60s> connect>", "1> USER alice")
    assert "+OK" in str(later.send("PASS secret", 1))


def test_a_fork_keeps_them() -> None:
    lab = Lab(pop3.extended(2449), policy="expire:0")
    lab.run("USER alice", "PASS secret", "RETR 1", "QUIT")
    index = next(e.index for e in lab.timeline.events("message", "Sent") if lab.timeline.octets(e) == b"RETR 1\r\n")
    other = lab.fork(at=index, instead="TOP 1 0")
    assert other.scenario.policy == Policy(expire=0) and other.protocol == pop3.extended(2449)
    other.run("QUIT")
    assert "1 removed" in str(lab) and "0 removed" in str(other)


def test_old_mail_is_seen_to_go() -> None:
    lab = Lab(pop3.extended(2449), mail=samples.find("four"), policy="expire:1")
    lab.run("+90000s> connect>", "1> USER alice", "1> PASS secret")
    removed = lab.timeline.events("store", "Removed")
    assert [len(event.values or {}) for event in removed] == [4]
    assert "0 messages" in str(lab.transcript())


def test_mail_that_came_later_stays_longer() -> None:
    lab = Lab(pop3.extended(2449), mail=samples.find("four"), policy="expire:1")
    lab.run("+50000s> NOOP")
    lab.deliver(samples.find("minimal"))
    lab.run("+50000s> connect>", "1> USER alice", "1> PASS secret")
    assert [len(event.values or {}) for event in lab.timeline.events("store", "Removed")] == [4]
    assert f"{len(samples.find('minimal'))} message" in str(lab.transcript())


def test_an_exchange_in_a_lab_is_one_line_after_another() -> None:
    lab = Lab(pop3.extended(5034))
    lab.send("AUTH PLAIN")
    assert lab.timeline.octets(lab.timeline.events("message")[-1]) == b"+ \r\n"
    assert lab.state == "AUTH exchange"
    lab.send("AGFsaWNlAHNlY3JldA==")
    assert lab.state == "TRANSACTION"


def test_the_command_line_takes_them() -> None:
    done = popsim("run", "pop3", "CAPA", "--extension", "2449", "--without", "UIDL", "--policy", "login-delay:5min")
    assert "LOGIN-DELAY 300" in done.stdout and " UIDL\n" not in done.stdout
    assert "extension=2449 without=UIDL policy=login-delay:300s" in done.stdout
    assert "[IN-USE]" in popsim("table", "pop3", "--extension", "all").stdout
    assert "TLS handshake" in popsim("diagram", "pop3", "--extension", "STLS").stdout
