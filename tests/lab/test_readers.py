"""Mail readers in a lab: in virtual time, in the record, in the scenario, and as a student sees them."""

import pytest

from popsim import Lab, pop3, samples
from popsim.lab.reading import MailReading
from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.mail.store import User
from popsim.protocols.pop3.client import Ending
from popsim.protocols.protocol import Protocol

OCTETS = [m.octets for m in samples.inbox()]
FEW = Mail("few", [Message(b"Subject: %s\r\n\r\n%s\r\n" % (name, name)) for name in (b"one", b"two")])
MINUTE, DAY = 60 * 10**9, 24 * 3600 * 10**9


def numbers(reading: MailReading, which: str) -> list[list[int]]:
    return [[item.number for item in getattr(visit, which)] for visit in reading.visits]


def kept(lab: Lab, folder: str) -> list[bytes]:
    return [message.octets for message in lab.folders[folder].messages]


def test_home_and_work_leave_mail_on_the_server() -> None:
    lab = Lab(pop3, mail=FEW)
    home = lab.read("leave on server", folder="home")
    work = lab.read("leave on server", folder="work", pipelined=True)
    assert numbers(home, "fetched") == numbers(work, "fetched") == [[1, 2]]
    again = lab.read("leave on server", folder="home")
    assert numbers(again, "fetched") == [[]]
    assert numbers(again, "skipped") == [[1, 2]]
    gone = lab.read("download and delete", folder="home")
    assert numbers(gone, "deleted") == [[1, 2]]
    assert numbers(lab.read("leave on server", folder="work"), "listed") == [[]]
    assert kept(lab, "home") == kept(lab, "work") == [m.octets for m in FEW]


@pytest.mark.parametrize("protocol", [pop3, pop3.extended(), pop3.edition(1460)], ids=str)
@pytest.mark.parametrize("pipelined", [False, True])
def test_what_a_reader_does_can_be_run_again_from_one_line(protocol: Protocol, pipelined: bool) -> None:
    lab = Lab(protocol)
    reading = lab.read("download and delete", pipelined=pipelined, after="3 s", times=2)
    assert reading.complete
    assert kept(lab, "mail") == OCTETS
    assert str(lab.scenario) in str(lab.timeline.header["scenario"])
    again = Lab.of(str(lab.scenario))
    assert again.timeline.digest() == lab.timeline.digest()
    assert again.scenario == lab.scenario


def test_a_fork_inside_of_a_visit() -> None:
    lab = Lab(pop3, mail=FEW)
    lab.read("download and delete", pipelined=False)
    lines = [action.line for action in lab.scenario.actions]
    assert lines[-1] == b"QUIT"
    place = next(e.index for e in reversed(lab.timeline.events("message")) if b"QUIT" in lab.timeline.octets(e))
    other = lab.fork(place, instead="RSET")
    other.send("QUIT")
    assert other.timeline.at(len(other.timeline) - 1) != lab.timeline.at(len(lab.timeline) - 1)
    assert "0 removed, 2 left" in str(other.transcript())
    assert "2 removed, 0 left" in str(lab.transcript())


def test_time_passes_between_visits_and_no_connection_stays_open() -> None:
    lab = Lab(pop3, mail=FEW)
    reading = lab.read("leave on server", every="12 min", times=3)
    first, second, third = reading.times
    assert second - first >= 12 * MINUTE
    assert third - second >= 12 * MINUTE
    assert numbers(reading, "fetched") == [[1, 2], [], []]
    assert len(lab.timeline.connections) == 3
    # Ten minutes of silence would have ended an open one (RFC 1939 §3): none was.
    assert not [event for event in lab.timeline if "timed out" in str(event.values)]
    assert [visit.ending for visit in reading.visits] == [Ending.DONE] * 3


def test_a_connection_that_nobody_uses_serves_the_first_visit() -> None:
    lab = Lab(pop3, mail=FEW)
    lab.read()
    assert len(lab.timeline.connections) == 1
    lab = Lab(pop3, mail=FEW)
    lab.send("NOOP")
    lab.read()
    assert len(lab.timeline.connections) == 2


def test_deletion_after_days() -> None:
    lab = Lab(pop3, mail=FEW)
    reading = lab.read("delete after 3 days", every="24 h", times=5)
    assert numbers(reading, "deleted") == [[], [], [], [1, 2], []]
    assert reading.times[3] >= 3 * DAY
    assert len(reading.folder) == 2


def test_the_server_asks_for_a_pause_between_logins() -> None:
    lab = Lab(pop3.extended(2449), mail=FEW, policy="login-delay:60s")
    reading = lab.read(every="5 s", times=3)
    assert reading.complete
    assert reading.times[1] - reading.times[0] >= MINUTE
    too_soon = lab.read(folder="other")
    assert (too_soon.last.ending, too_soon.last.code) == (Ending.REFUSED, "LOGIN-DELAY")


def test_a_maildrop_that_a_student_has_open() -> None:
    lab = Lab(pop3.extended(2449), mail=FEW)
    lab.run("USER alice", "PASS secret")
    reading = lab.read()
    assert not reading.complete
    assert reading.last.code == "IN-USE"
    lab.send("QUIT")
    assert lab.read().complete


def test_an_edition_without_unique_ids() -> None:
    lab = Lab(pop3.edition(1460), mail=FEW)
    reading = lab.read("leave on server")
    assert reading.last.ending is Ending.STOPPED
    assert "UIDL is needed" in str(reading)
    assert lab.read("download and delete").complete


def test_the_user_whose_login_is_a_digest() -> None:
    lab = Lab(pop3, users=[User("mrose", "tanstaaf", "APOP"), User("alice", "secret")], mail={"mrose": FEW})
    assert lab.read().last.way == "APOP"
    assert lab.read(user="alice").last.way == "USER"
    with pytest.raises(ValueError, match="the lab has the users mrose, alice, not 'bob'"):
        lab.read(user="bob")


def test_secrets_do_not_show() -> None:
    lab = Lab(pop3.extended(), mail=FEW)
    for login in ("USER", "PLAIN", "LOGIN", "CRAM-MD5", ""):
        reading = lab.read(login=login, folder=login or "best")
        assert reading.complete
        assert "secret" not in str(reading) + reading.html()
    assert "PASS ****" in str(lab.transcript())
    assert "c2VjcmV0" not in str(lab.transcript())


# As a student sees it


def test_a_reading_as_text() -> None:
    lab = Lab(pop3, mail=FEW)
    assert str(lab.read("leave on server", folder="home", every="10 min", times=2)) == (
        "leave on server: 2 visits as alice, folder home (2 kept)\n"
        "  over at   login  listed  fetched  kept earlier  marked  deleted  end\n"
        "  380.0 ms  USER   1-2     1-2      -             -       -        done\n"
        "  0:10:01   USER   1-2     -        1-2           -       -        done"
    )
    assert str(lab.folders["home"]) == (
        "folder home: 2 messages\n  280.0 ms  21 octets  one\n  320.0 ms  21 octets  two"
    )


def test_a_reading_as_html_says_the_same() -> None:
    lab = Lab(pop3, mail=Mail("odd", [Message(b"Subject: <b>&\r\n\r\nx\r\n")]), faults=["cut before QUIT"])
    reading = lab.read("download and delete", folder="<home>")
    html = reading.html()
    assert "&lt;home&gt;" in html
    assert "<home>" not in html
    assert "connection lost" in html
    assert reading.last.problem in html
    folder = reading.folder.html()
    assert "&lt;b&gt;&amp;" in folder
    assert "<b>" not in folder
    assert str(Lab(pop3, mail=FEW).read("headers only").folder).startswith("folder headers: 2 headers\n")
    assert "popsim" not in str(reading)


def test_an_empty_folder() -> None:
    lab = Lab(pop3, mail=Mail("none", []))
    lab.read()
    assert str(lab.folders["mail"]) == "folder mail: empty"
    assert "empty" in lab.folders["mail"].html()


def test_headers_and_messages_do_not_share_a_folder() -> None:
    lab = Lab(pop3, mail=FEW)
    lab.read("headers only")
    with pytest.raises(ValueError, match="'headers' has headers in it"):
        lab.read("leave on server", folder="headers")
    assert lab.read("leave on server").complete


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"reader": "read it all"}, "mail reader"),
        ({"times": 0}, "1 or more"),
        ({"every": "soon"}, "a time such as"),
        ({"login": "GSSAPI"}, "SCRAM-SHA-256"),
        ({"tls": "maybe"}, "if offered"),
    ],
)
def test_arguments_that_can_not_be_understood(arguments: dict[str, object], words: str) -> None:
    lab = Lab(pop3, mail=FEW)
    before = len(lab.timeline)
    with pytest.raises(ValueError, match=words):
        lab.read(**arguments)  # type: ignore[arg-type]
    assert len(lab.timeline) == before


# Exchanges, typed and performed


def test_an_exchange_can_be_typed_line_by_line() -> None:
    lab = Lab(pop3.extended())
    text = str(lab.run("AUTH PLAIN", "AGFsaWNlAHNlY3JldA==", "STAT"))
    assert "AUTH exchange -> TRANSACTION" in text
    assert "+OK 8 55443" in text
    assert "AGFsaWNl" not in text
    assert Lab.of(str(lab.scenario)).timeline.digest() == lab.timeline.digest()


def test_a_line_after_a_cancelled_exchange_is_a_command_again() -> None:
    lab = Lab(pop3.extended())
    lab.run("AUTH CRAM-MD5", "*")
    assert lab.send("CAPA").positive
    assert lab.state == "AUTHORIZATION"


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN", "cram-md5"])
@pytest.mark.parametrize("initial", [True, False])
def test_authenticate(mechanism: str, initial: bool) -> None:
    lab = Lab(pop3.extended(), mail=FEW)
    text = str(lab.authenticate(mechanism, initial=initial))
    assert lab.state == "TRANSACTION"
    assert f"AUTH {mechanism.upper()}" in text
    assert "secret" not in text
    again = Lab.of(str(lab.scenario), [FEW])
    assert again.timeline.digest() == lab.timeline.digest()


def test_authenticate_tells_what_is_wrong() -> None:
    lab = Lab(pop3.extended(), mail=FEW)
    with pytest.raises(ValueError, match="SCRAM-SHA-256, CRAM-MD5, PLAIN, LOGIN"):
        lab.authenticate("GSSAPI")
    with pytest.raises(ValueError, match="not 'bob'"):
        lab.authenticate("PLAIN", user="bob")
    assert "-ERR" in str(Lab(pop3, mail=FEW).authenticate("PLAIN"))
    lab.send("QUIT")
    with pytest.raises(ValueError, match="connection 0 is closed"):
        lab.authenticate("PLAIN")


def test_players_follow_a_reader() -> None:
    lab = Lab(pop3, mail=FEW)
    player = lab.player()
    lab.read()
    player.step = len(player.steps) - 1
    assert "RETR 2" in str(player)


# In TLS


@pytest.mark.parametrize("login", ["USER", "PLAIN", ""])
def test_a_reader_begins_tls(login: str) -> None:
    lab = Lab(pop3.extended(), mail=FEW)
    reading = lab.read("download and delete", tls="always", login=login)
    assert reading.complete
    assert reading.last.secured
    assert kept(lab, "mail") == [m.octets for m in FEW]
    assert lab.timeline.is_secured(0)
    assert Lab.of(str(lab.scenario), [FEW]).timeline.digest() == lab.timeline.digest()


def test_a_reader_that_wants_tls_says_nothing_where_there_is_none() -> None:
    lab = Lab(pop3.extended(2449), mail=FEW)
    reading = lab.read(tls="always")
    assert reading.last.ending is Ending.REFUSED
    assert "no TLS" in reading.last.problem
    assert "USER" not in [line.split()[0].decode() for line in (a.line for a in lab.scenario.actions)]
