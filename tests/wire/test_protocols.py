"""Several protocols in one run: one store and one clock behind them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from popsim.protocols import SPEAKS, find, spoken
from popsim.protocols.protocol import Protocol
from popsim.timeline import Timeline
from popsim.timeline.event import mark_key
from popsim.wire import Scenario, Simulation, fork, run
from popsim.wire.speech import Speech

MILLISECOND = 1_000_000
BASE = 'imap edition=3501 extension=2177 user=alice:secret mail=alice:four "delay=40 ms" seed=1 -- '
READER = '"a1 LOGIN alice secret" "a2 SELECT INBOX" '
POST = (
    '"connect> smtp edition=5321" "1> HELO ana.example" "1> MAIL FROM:<ana@ana.example>" '
    '"1> RCPT TO:<alice@popsim.example>" "1> DATA" "1> Subject: new" "1> " "1> hello" "1> ." '
)


def said(timeline: Timeline, connection: int, end: str = "server") -> str:
    return timeline.stream(connection, end).decode()


def sent_at(timeline: Timeline, connection: int, octets: bytes) -> int:
    """When the server sent a message that begins so, in nanoseconds."""
    sent = [e for e in timeline.events("message", "Sent") if (e.connection, e.endpoint) == (connection, "server")]
    return next(event.time for event in sent if timeline.octets(event).startswith(octets))


def last_answer(timeline: Timeline) -> int:
    """When the server sent its last word on the connection that brought the mail."""
    sent = [e for e in timeline.events("message", "Sent") if (e.connection, e.endpoint) == (1, "server")]
    return sent[-1].time


@pytest.mark.parametrize(
    "text",
    [
        "imap edition=3501",
        "imap edition=9051",
        "pop3 edition=1460 minimal",
        "pop3 edition=1939 extension=2449 extension=2595 without=TOP tls",
        "smtp edition=821",
    ],
)
def test_what_is_spoken_has_words_that_can_be_read_back(text: str) -> None:
    assert str(Speech.parse(text)) == text
    assert Speech.parse(text).tls is text.endswith("tls")


@pytest.mark.parametrize("text", ["pop9", "imap edition=937", "imap colour=red", "imap seed=1", "pop3 TOP"])
def test_what_is_no_speech_gets_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        Speech.parse(text)


def test_a_connection_of_another_protocol_is_named_in_the_header(tmp_path: Path) -> None:
    scenario = Scenario.parse(BASE + READER + POST + '"connect> pop3 edition=1460" "2> USER alice" connect>')
    timeline = run(scenario)
    assert [str(spoken(timeline.header, n)) for n in timeline.connections] == [
        "IMAP (RFC 3501 + 2177)",
        "SMTP (RFC 5321)",
        "POP3 (RFC 1460)",
        "IMAP (RFC 3501 + 2177)",
    ]
    assert sorted(timeline.header[SPEAKS]) == ["1", "2"]
    loaded = Timeline.load(timeline.save(tmp_path / "mixed.jsonl"))
    assert loaded.digest() == timeline.digest()
    assert spoken(loaded.header, 2) == find("pop3").edition(1460)


def test_the_text_of_a_scenario_with_several_protocols_runs_again_to_the_nanosecond() -> None:
    scenario = Scenario.parse(BASE + READER + POST + '"connect> pop3 edition=1939" "2> USER alice" "2> PASS secret"')
    again = Scenario.parse(str(scenario))
    assert again == scenario
    assert run(again).digest() == run(scenario).digest()


def test_tls_may_come_first_on_one_connection_and_not_on_another() -> None:
    timeline = run(Scenario.parse(BASE + '"a1 NOOP" "connect> pop3 edition=1939 tls" "1> USER alice"'))
    assert [timeline.is_secured(n) for n in timeline.connections] == [False, True]
    assert timeline.header[SPEAKS]["1"]["port"] == 995
    assert said(timeline, 1).count("+OK") == 2


def test_mail_that_comes_by_smtp_is_told_to_who_waits_and_shown_to_who_logs_in() -> None:
    rest = '"connect> pop3 edition=1939" "2> USER alice" "2> PASS secret" "2> STAT" "2> RETR 5"'
    timeline = run(Scenario.parse(BASE + READER + '"a3 IDLE" ' + POST + rest))
    assert "* 5 EXISTS\r\n" in said(timeline, 0)
    assert sent_at(timeline, 0, b"* 5 EXISTS") == last_answer(timeline)
    assert "Subject: new\r\n\r\nhello\r\n" in said(timeline, 2)
    last = timeline.at(len(timeline) - 1)
    assert last.marks("alice") == dict.fromkeys(range(1, 6), "kept")
    assert [row[0] for row in timeline.header["mail"]["alice"]] == [1, 2, 3, 4, 5]
    # Before it came it was not there: whoever steps back to the beginning sees four.
    assert timeline.initial[mark_key("alice", 5)] == ""
    assert 5 not in timeline.at(-1).marks("alice")


def test_the_news_leave_in_the_moment_of_the_change() -> None:
    timeline = run(Scenario.parse(BASE + READER + '"a3 IDLE" "connect> imap edition=3501" '
                                  '"1> b1 LOGIN alice secret" "1> b2 SELECT INBOX" '
                                  '"1> b3 STORE 2 +FLAGS.SILENT (\\\\Deleted)" "1> b4 EXPUNGE"'))  # fmt: skip
    assert sent_at(timeline, 0, b"* 2 FETCH") == sent_at(timeline, 1, b"b3 OK")
    assert sent_at(timeline, 0, b"* 2 EXPUNGE") == sent_at(timeline, 1, b"* 2 EXPUNGE")


def test_what_pop3_deletes_is_gone_in_imap_at_its_quit_and_not_before() -> None:
    pop3 = '"connect> pop3 edition=1939" "1> USER alice" "1> PASS secret" "1> DELE 1" '
    timeline = run(Scenario.parse(BASE + READER + pop3 + '"a3 NOOP" "a4 EXPUNGE" "1> QUIT" "a5 NOOP"'))
    answers = said(timeline, 0)
    assert "a3 OK" in answers.partition("* 1 EXPUNGE")[0]
    assert "a4 NO" in answers.partition("* 1 EXPUNGE")[0]
    assert "a5 OK" in answers.partition("* 1 EXPUNGE")[2]


def test_a_lost_pop3_session_gives_the_mailbox_back() -> None:
    pop3 = '"connect> pop3 edition=1939" "1> USER alice" "1> PASS secret" "1> DELE 1" '
    imap = '"a3 STORE 2 +FLAGS.SILENT (\\\\Deleted)" "a4 EXPUNGE" "1> cut>" "+1s> a5 EXPUNGE"'
    timeline = run(Scenario.parse(BASE + READER + pop3 + imap))
    before, _, after = said(timeline, 0).partition("* 2 EXPUNGE")
    assert "a4 NO" in before and "a5 OK" in after
    assert timeline.at(len(timeline) - 1).marks("alice")[1] == "kept"


def test_a_fork_of_a_mixed_run_keeps_its_past() -> None:
    scenario = Scenario.parse(BASE + READER + POST + '"a3 NOOP"')
    parent = run(scenario)
    at = next(e.index for e in parent.events("message", "Sent") if parent.octets(e).startswith(b"RCPT"))
    child = run(fork(scenario, at, b"RCPT TO:<nobody@popsim.example>"))
    assert "550" in said(child, 1) and "550" not in said(parent, 1)
    assert [e for e in child][: at - 1] == [e for e in parent][: at - 1]


@pytest.mark.parametrize("name", ["pop1", "imap2"])
def test_a_page_of_history_is_not_run(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^[^\n]*popsim table {name}[^\n]*$"):
        Simulation(Scenario(protocol=name, edition=find(name).number))


@pytest.mark.parametrize("protocol", [find(name) for name in ("pop2", "pop3", "imap", "smtp")], ids=str)
def test_each_protocol_greets_and_says_goodbye(protocol: Protocol) -> None:
    goodbye = {"imap": "a1 LOGOUT"}.get(protocol.name, "QUIT")
    simulation = Simulation(Scenario(protocol=protocol.name, edition=protocol.number))
    simulation.perform(Scenario().then(goodbye).actions)
    timeline = simulation.timeline
    assert timeline.at(len(timeline) - 1).state() == "CLOSED"
    # Two segments until the server greets, the greeting, the command, its answer with the FIN behind it, the last FIN.
    assert timeline.duration == 7 * 20 * MILLISECOND


EVERYTHING = (
    BASE.replace("extension=2177 ", "").replace("edition=3501", "edition=3501 extension=2177 extension=7162")
    + READER
    + '"a3 FETCH 1:* (FLAGS UID RFC822.SIZE INTERNALDATE ENVELOPE BODYSTRUCTURE)" "a4 SEARCH OR FROM dan SUBJECT snow" '
    '"a5 CREATE Old/2024" "a6 COPY 2:3 Old/2024" "a7 LIST \\"\\" *" "a8 STORE 1,3 +FLAGS (\\\\Seen $Forwarded Junk)" '
    '"a9 APPEND INBOX (\\\\Draft) {14}" "Subject: x\\r\\n\\r\\n" "b1 STATUS Old/2024 (MESSAGES UNSEEN UIDNEXT)" '
    + POST
    + '"c1 NOOP" "b2 FETCH 6 BODY[]" "connect> pop2 edition=937" "2> HELO alice secret" "2> READ" "2> RETR" "2> ACKD" '
    '"2> QUIT" '
    '"b3 NOOP" "b4 LOGOUT" "1> QUIT"'
)


def test_a_fresh_process_with_another_hash_seed_and_time_zone_gives_the_same() -> None:
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONHASHSEED": "99", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONPATH": root}
    program = "import sys; from popsim.wire import Scenario, run; print(run(Scenario.parse(sys.argv[1])).digest())"
    command = [sys.executable, "-c", program, EVERYTHING]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    timeline = run(Scenario.parse(EVERYTHING))
    assert done.stdout.strip() == timeline.digest()
    assert " BAD " not in said(timeline, 0) and "-ERR" not in said(timeline, 2)
    assert "* 1 EXPUNGE" in said(timeline, 0)  # what POP2 has removed
