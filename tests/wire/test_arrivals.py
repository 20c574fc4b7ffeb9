"""Mail that arrives while the clock runs: the next session sees it, the open one does not."""

import pytest

from popsim import Lab, Scenario, player, pop3, samples
from popsim.mail.collection import Mail
from popsim.mail.message import Message

LOGIN = ("USER alice", "PASS secret")


def test_the_open_session_does_not_see_it_and_the_next_one_does() -> None:
    lab = Lab(pop3, mail=samples.minimal())
    lab.run(*LOGIN)
    lab.deliver(samples.four())
    assert lab.send("STAT").text.split()[0] == "2"
    lab.send("QUIT")
    lab.connect()
    lab.run("1> USER alice", "1> PASS secret", "1> DELE 3", "1> QUIT")
    assert lab.timeline.at(len(lab.timeline) - 1).marks("alice") == {
        1: "kept", 2: "kept", 3: "removed", 4: "kept", 5: "kept", 6: "kept",
    }  # fmt: skip


def test_before_it_arrives_it_is_not_there() -> None:
    lab = Lab(pop3, mail=samples.minimal())
    lab.run(*LOGIN)
    lab.deliver(samples.four())
    timeline = lab.timeline
    (arrived,) = timeline.events("store", "Arrived")
    assert timeline.at(arrived.index - 1).marks("alice") == {1: "kept", 2: "kept"}
    assert len(timeline.at(arrived.index).marks("alice")) == 6
    assert "997ac9bb" not in player(timeline).text(1)
    assert "997ac9bb" in player(timeline).text(-1)


def test_a_scenario_says_what_arrives_when() -> None:
    lab = Lab(pop3, mail=samples.minimal())
    lab.run(*LOGIN, "+5s> mail> alice four", "QUIT")
    (arrived,) = lab.timeline.events("store", "Arrived")
    assert arrived.time >= 5 * 10**9
    assert Lab.of(str(lab.scenario)).timeline == lab.timeline
    assert Scenario.parse(str(lab.scenario)) == lab.scenario


def test_mail_of_ones_own_can_arrive_twice() -> None:
    letter = Mail("letter", [Message.of(b"Subject: hello\n\nagain\n")])
    lab = Lab(pop3, mail=samples.empty())
    lab.deliver(letter)
    lab.deliver(letter)
    lab.run(*LOGIN)
    uids = [line.split()[1] for line in lab.send("UIDL").body.splitlines()]
    assert len(set(uids)) == 2
    assert Lab.of(lab.scenario, [letter]).timeline == lab.timeline


def test_a_player_that_is_open_shows_it() -> None:
    lab = Lab(pop3, mail=samples.minimal())
    shown = lab.player(step=-1)
    lab.deliver(samples.four())
    lab.send("USER alice")
    assert len(shown.payload["head"]["mail"]["alice"]) == 6
    assert shown.timeline == lab.timeline


@pytest.mark.parametrize("text", ["mail> bob four", "mail> alice", "mail>"])
def test_mail_for_nobody_gets_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="^expected mail that arrives as 'NAME MAIL'"):
        Lab(pop3).run(text)
