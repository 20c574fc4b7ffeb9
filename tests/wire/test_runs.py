"""The same scenario gives the same timeline, to the octet and the nanosecond, wherever and whenever it is run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from popsim.mail import samples
from popsim.timeline import Timeline
from popsim.wire import Link, Scenario, Simulation, run
from popsim.wire.mailroom import mail_name
from tests.timeline.recordings import SCENARIOS

SCENARIO = (
    "pop3 user=alice:secret user=mrose:tanstaaf:APOP mail=alice:inbox mail=mrose:minimal 'delay=40 ms' "
    "'rate=1 Mbit/s' mss=536 seed=7 'fault=keep alice 2' 'fault=cut server after 20000 on 3' -- "
    "'USER alice' 'PASS secret' STAT LIST 'UIDL 3' 'RETR 2' 'TOP 3 2' 'pipelined> DELE 2' 'pipelined> DELE 5' FOO "
    "connect> '1> APOP mrose x' '1> USER alice' '1> PASS secret' '+5 s> 1> QUIT' QUIT connect> '2> USER alice' "
    "'2> PASS secret' '2> pipelined> RETR 1' '2> pipelined> RETR 4' '2> RETR 5' '2> QUIT'"
)

# What the timeline of this scenario is, every event, octet and nanosecond of it. It changes with the wording of a
# reply, a letter of the sample mail, the model of the link or the format of a file: where one of these was meant to
# change, put the new digest here. Where none was, something has come to depend on chance, machine or moment.
DIGEST = "1b42138a1733e85ab345040141d17c09651e2280c41599ca1ce668267849d431"

PROGRAM = "import sys; from popsim.wire import Scenario, run; print(run(Scenario.parse(sys.argv[1])).digest())"
PLACES = [
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "4242", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "PYTHONOPTIMIZE": "1"},
]


@pytest.mark.parametrize("place", PLACES, ids=lambda p: p["TZ"])
def test_a_fresh_process_anywhere_gives_the_committed_digest(place: dict[str, str]) -> None:
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, **place, "PYTHONPATH": root}
    command = [sys.executable, "-c", PROGRAM, SCENARIO]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == DIGEST


def test_this_process_gives_it_too_and_again() -> None:
    assert run(Scenario.parse(SCENARIO)).digest() == run(Scenario.parse(SCENARIO)).digest() == DIGEST


UNPIPELINED = [name for name, text in SCENARIOS.items() if "pipelined>" not in text]


@pytest.mark.parametrize("name", UNPIPELINED)
def test_step_by_step_or_at_once(name: str) -> None:
    """What is done in several calls is what is done in one."""
    scenario = Scenario.parse(SCENARIOS[name])
    simulation = Simulation(scenario)
    for action in scenario.actions:
        simulation.perform([action])
    assert simulation.timeline == run(scenario)


def outcome(timeline: Timeline) -> list[str]:
    return [
        str(e.values["0.server.rule"] if e.values else "")
        for e in timeline.events("message", "Sent")
        if e.endpoint == "server"
    ]


def test_the_seed_is_the_only_chance() -> None:
    one, two = (run(Scenario(seed=seed).then("QUIT")) for seed in (1, 2))
    assert one != two and outcome(one) == outcome(two)
    assert b"<1.1@popsim.example>" in one.stream() and b"<1.2@popsim.example>" in two.stream()


@pytest.mark.parametrize("first", [0, 1])
def test_two_clients_race_for_one_maildrop(first: int) -> None:
    """Both have said who they are; whose password arrives first has the lock, until QUIT."""
    other = 1 - first
    scenario = Scenario(mail=(("alice", "minimal"),)).then(
        "connect>", "0> USER alice", "1> USER alice", f"{first}> PASS secret", f"{other}> pipelined> PASS secret",
        f"{first}> DELE 1", f"{other}> STAT", f"{first}> QUIT",
        f"{other}> USER alice", f"{other}> PASS secret", f"{other}> STAT",
    )  # fmt: skip
    timeline = run(scenario)
    winner, loser = first, other
    read = timeline.events("message", "Delivered")
    times = {e.connection: e.time for e in read if timeline.octets(e) == b"PASS secret\r\n" and e.time < 10**9}
    assert times[winner] <= times[loser]
    holders = [timeline.at(i).lock("alice") for i in range(len(timeline))]
    changes = [holder for n, holder in enumerate(holders) if n and holder != holders[n - 1]]
    assert changes == [winner, None, loser]
    heard = timeline.stream(loser, "server")
    assert heard.count(b"-ERR the maildrop is locked by another session") == 1
    assert heard.count(b"-ERR STAT is not allowed") == 1 and heard.endswith(b"+OK 1 200\r\n")


def test_several_users_have_their_own_mail() -> None:
    scenario = Scenario.parse(
        "pop3 user=a:x user=b:y mail=a:minimal -- 'USER b' 'PASS y' STAT QUIT "
        "connect> '1> USER a' '1> PASS x' '1> STAT'"
    )
    timeline = run(scenario)
    assert b"\r\n+OK 0 0\r\n" in timeline.stream(0) and timeline.stream(1).endswith(b"\r\n+OK 2 320\r\n")
    assert timeline.header["mail"]["b"] == [] and [row[1] for row in timeline.header["mail"]["a"]] == [120, 200]


def test_mail_that_is_no_sample_is_named_by_its_digest() -> None:
    from popsim.mail.collection import Mail
    from popsim.mail.message import Message

    own = Mail("inbox", [Message(b"another inbox\r\n")])
    assert mail_name(samples.inbox()) == "inbox" and mail_name(own) == own.digest[:16]
    with pytest.raises(ValueError, match="which is no sample .*hand it in too$"):
        run(Scenario(mail=(("alice", "nothing"),)))


def test_the_wire_records_a_message_by_reference() -> None:
    """However often it is fetched, a message is one piece of octets in memory, and so it stands in the record."""
    simulation = Simulation(Scenario(mail=(("alice", "dots"),), link=Link(mss=100)))
    simulation.perform(Scenario().then("USER alice", "PASS secret", "RETR 1", "RETR 1").actions)
    message = simulation.store.accounts["alice"].maildrop.messages[0]
    pieces = simulation.recorder.stream(0, 1)._pieces  # noqa: SLF001 - what is meant is the object
    assert sum(piece is message.dot_stuffed for piece in pieces) == 2


def test_time_passes_where_it_is_told_to() -> None:
    timeline = run(Scenario(link=Link(0)).then("+9 min> USER alice", "+1 ns> QUIT"))
    assert [e.time for e in timeline.events("message", "Sent") if e.endpoint == "client"] == [
        540 * 10**9,
        540 * 10**9 + 1,
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pop3 mail=bob:minimal", "the scenario has the users alice, not 'bob'"),
        ("pop3 'fault=keep bob 1'", "the scenario has the users alice, not 'bob'"),
        ("pop3 user=alice:se:cret", "expected NAME:SECRET or NAME:SECRET:COMMAND for a login, got 'alice:se:CRET'"),
    ],
)
def test_a_scenario_that_can_not_be_run_gets_one_line(text: str, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        run(Scenario.parse(text))
    assert str(caught.value) == words
