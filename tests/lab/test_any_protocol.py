"""A lab's clients in whatever is spoken: mail readers, programs that send mail, logins, and others meanwhile."""

import pytest

from popsim import Lab, imap, pop2, pop3, samples, smtp
from popsim.engine.script import Connect, Disconnected, Listen, Script, Send
from popsim.engine.visit import Ending
from popsim.lab.reading import MailReading
from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.protocols.imap.client import Login, errand
from popsim.protocols.imap.client_exchange import Talk
from popsim.protocols.imap.client_mailbox import await_news, open_mailbox
from popsim.protocols.protocol import Protocol

FEW = Mail("few", [Message(b"Subject: %s\r\n\r\n%s\r\n" % (name, name)) for name in (b"one", b"two")])
TWINS = Mail("twins", [FEW[0], FEW[0], FEW[1]])
SECOND, MINUTE = 10**9, 60 * 10**9
MINIMAL = [message.octets for message in samples.minimal()]


def numbers(reading: MailReading, which: str) -> list[list[int]]:
    return [[item.number for item in getattr(visit, which)] for visit in reading.visits]


def kept(lab: Lab, folder: str = "mail") -> list[bytes]:
    return [message.octets for message in lab.folders[folder].messages]


@pytest.mark.parametrize("protocol", [imap, imap.extended(), imap.edition(9051), pop2, pop3], ids=str)
def test_a_reader_that_leaves_mail_there_and_one_that_takes_it_home(protocol: Protocol) -> None:
    lab = Lab(protocol, mail=TWINS)
    first = lab.read(times=2, meanwhile=["+5 min> mail> alice minimal"])
    assert first.complete and kept(lab) == [*(message.octets for message in TWINS), *MINIMAL]
    assert numbers(first, "listed") == [[1, 2, 3], [1, 2, 3, 4, 5]] and first.times[1] - first.times[0] >= 10 * MINUTE
    last = lab.read("download and delete")
    assert last.complete and numbers(last, "deleted") == [[1, 2, 3, 4, 5]] and len(kept(lab)) == 5
    assert numbers(lab.read(), "listed") == [[]]
    again = Lab.of(str(lab.scenario), [TWINS])
    assert again.timeline.digest() == lab.timeline.digest()


def test_what_has_no_unique_id_is_known_by_its_octets_until_it_is_gone() -> None:
    lab = Lab(pop2, mail=FEW)
    lab.read()
    lab.deliver(FEW)  # the same octets again are other messages
    assert numbers(lab.read(), "fetched") == [[1, 2, 3, 4]] and len(kept(lab)) == 4
    lab.read("download and delete")
    lab.deliver(FEW)
    assert lab.read().complete and len(kept(lab)) == 6
    lab.read("download and delete", folder="another")
    lab.deliver(FEW)
    assert lab.read().complete and len(kept(lab)) == 6
    lab.read("download and delete", folder="another")
    assert numbers(lab.read(), "listed") == [[]]
    lab.deliver(FEW)
    assert lab.read().complete and len(kept(lab)) == 8


@pytest.mark.parametrize("end", ["client", "server"])
def test_a_line_that_is_cut_loses_nothing_and_doubles_nothing_by_pop2(end: str) -> None:
    whole = Lab(pop2, mail=TWINS)
    whole.read("download and delete")
    for place in range(1, len(whole.timeline.wire(0, end)), 7):
        lab = Lab(pop2, mail=TWINS, faults=[f"cut {end} after {place}"])
        first = lab.read("download and delete")
        again = lab.read("download and delete")
        assert again.complete and sorted(kept(lab)) == sorted(message.octets for message in TWINS), place
        assert len(first.last.deleted) + len(again.last.deleted) <= 3 and not lab.read().last.listed


def test_what_is_removed_by_one_protocol_is_gone_in_the_others() -> None:
    lab = Lab(pop3, mail=FEW)
    by_imap = lab.read(protocol=imap)
    by_pop2 = lab.read(protocol=pop2)
    assert by_imap.folder.name == "mail by IMAP" and by_pop2.folder.name == "mail by POP2"
    assert kept(lab, "mail by IMAP") == kept(lab, "mail by POP2") == [message.octets for message in FEW]
    assert lab.read("download and delete").complete
    assert numbers(lab.read(protocol=imap), "listed") == numbers(lab.read(protocol=pop2), "listed") == [[]]


def test_another_mailbox() -> None:
    lab = Lab(imap, mail=FEW)
    lab.run("a LOGIN alice secret", "b CREATE Archive", "c SELECT INBOX", "d COPY 2 Archive", "e LOGOUT")
    reading = lab.read(mailbox="Archive")
    assert reading.complete and kept(lab, "mail of Archive") == [FEW[1].octets]
    nowhere = lab.read(mailbox="Nowhere")
    assert nowhere.last.ending is Ending.STOPPED and "no" in nowhere.last.problem.lower()


@pytest.mark.parametrize("login", ["LOGIN", "PLAIN", "CRAM-MD5", ""])
def test_imap_in_tls(login: str) -> None:
    lab = Lab(imap.extended(), mail=FEW)
    reading = lab.read(tls="always", login=login)
    assert reading.complete and reading.last.secured and lab.timeline.is_secured(0)
    assert "secret" not in str(lab.transcript()) + str(reading)


@pytest.mark.parametrize(
    ("protocol", "arguments", "words"),
    [
        (imap, {"reader": "read it all"}, "'headers only' or such as 'delete after 3 days'"),
        (pop2, {"reader": "headers only"}, "expected 'download and delete' or 'leave on server'"),
        (imap, {"login": "APOP"}, "AUTHENTICATE, SCRAM-SHA-256"),
        (pop2, {"login": "PLAIN"}, "expected HELO"),
        (pop2, {"tls": "always"}, "no command that begins TLS"),
        (pop2, {"pipelined": True}, "waits for the answer"),
        (pop3, {"mailbox": "x"}, "one maildrop"),
        (smtp, {}, "no mail is read by SMTP: mail readers speak pop3, imap, pop2"),
        (imap, {"tls": "maybe"}, "if offered"),
        (imap, {"meanwhile": ["+soon> x"]}, "a time such as"),
    ],
)
def test_arguments_that_can_not_be_understood(protocol: Protocol, arguments: dict[str, object], words: str) -> None:
    lab = Lab(protocol, mail=FEW)
    before = len(lab.timeline)
    with pytest.raises(ValueError, match=words):
        lab.read(**arguments)  # type: ignore[arg-type]
    assert len(lab.timeline) == before


def test_a_folder_has_the_mail_of_one_mailbox() -> None:
    lab = Lab(imap, mail=FEW)
    lab.read(folder="home")
    with pytest.raises(ValueError, match="'home' has mail in it that came by IMAP, not by POP3: name another one"):
        lab.read(folder="home", protocol=pop3)
    with pytest.raises(ValueError, match="not by IMAP, mailbox Archive"):
        lab.read(folder="home", mailbox="Archive")


# Logins and sending


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN"])
@pytest.mark.parametrize("initial", [True, False])
@pytest.mark.parametrize("protocol", [imap.extended(), smtp.extended()], ids=["IMAP", "SMTP"])
def test_authenticate(protocol: Protocol, mechanism: str, initial: bool) -> None:
    lab = Lab(protocol)
    if protocol.name == "smtp":
        lab.send("EHLO client.example")
    text = str(lab.authenticate(mechanism, initial=initial))
    done = {"imap": "Not Authenticated -> Authenticated", "smtp": "235 "}[protocol.name]
    assert done in text or "AUTHENTICATE exchange -> Authenticated" in text
    assert "secret" not in text
    assert Lab.of(str(lab.scenario)).timeline.digest() == lab.timeline.digest()


def test_pop2_has_no_mechanisms() -> None:
    with pytest.raises(ValueError, match="POP2 knows no mechanisms: they are used in pop3, imap, smtp"):
        Lab(pop2).authenticate("PLAIN")


@pytest.mark.parametrize("protocol", [smtp, pop3], ids=str)
def test_mail_comes_by_the_front_door(protocol: Protocol) -> None:
    lab = Lab(protocol, mail=Mail("none", []))
    sent = lab.submit(samples.minimal()[0], "dan@example.org", "alice@popsim.example", "bob@popsim.example")
    assert sent.taken == ("alice@popsim.example",) and [one.recipient for one in sent.refused] == ["bob@popsim.example"]
    lab.read(protocol=imap)
    (message,) = lab.folders["mail by IMAP"].messages
    assert message.octets.endswith(samples.minimal()[0].octets)
    with pytest.raises(ValueError, match="mail is sent by SMTP, not by IMAP"):
        lab.submit(b"x\r\n", "", "alice@popsim.example", protocol=imap)


def test_mail_is_sent_by_a_user_who_has_logged_in() -> None:
    lab = Lab(smtp.extended())
    sent = lab.submit(
        b"Subject: x\r\n\r\nx\r\n", "alice@popsim.example", "alice@popsim.example", user="alice", tls="always"
    )
    assert sent.complete and sent.way and sent.secured, str(sent)
    assert Lab.of(str(lab.scenario)).timeline.digest() == lab.timeline.digest()


# Listening


def waiting(talk: Talk) -> Script[list[int]]:
    opened = yield from open_mailbox(talk)
    return (yield from await_news(talk, opened.uid_next, 20 * MINUTE, 2))


def idle(lab: Lab, *meanwhile: str) -> list[int] | None:
    script = errand(Login("alice", "secret", "LOGIN"), waiting, protocol=lab.protocol, nonce=lambda: "n0nce")
    return lab.perform(script, meanwhile=meanwhile).result


def test_news_end_the_waiting() -> None:
    lab = Lab(imap.extended("IDLE"), mail=FEW)
    assert idle(lab, "+90 s> mail> alice minimal") == [3, 4]
    assert 90 * SECOND < lab.timeline.duration < 91 * SECOND
    actions = [str(action) for action in lab.scenario.actions]
    place = actions.index("a3 IDLE")
    assert actions[place + 2] == "DONE" and actions[place + 1].endswith("mail> alice minimal")
    assert Lab.of(str(lab.scenario), [FEW]).timeline.digest() == lab.timeline.digest()


def test_without_news_the_waiting_ends_when_its_time_is_over() -> None:
    lab = Lab(imap.extended("IDLE"), mail=FEW)
    assert idle(lab) == []
    assert 40 * MINUTE < lab.timeline.duration < 40 * MINUTE + SECOND
    late = Lab(imap.extended("IDLE"), mail=FEW)
    assert idle(late, "+41 min> mail> alice minimal") == []
    assert late.timeline.digest() == lab.timeline.digest()


def test_another_client_ends_the_waiting() -> None:
    """What it does is news; it is not the mail that was waited for, so the waiting begins again."""
    lab = Lab(imap.extended("IDLE"), mail=FEW)
    other = lab.connect()
    lab.run(f"{other}> a LOGIN alice secret", f"{other}> b SELECT INBOX")
    found = idle(lab, f"+60 s> {other}> c STORE 1 +FLAGS (\\Flagged)", "+60 s> mail> alice minimal")
    assert found == [3, 4] and [str(a) for a in lab.scenario.actions].count("2> DONE" if other == 2 else "DONE") <= 2
    assert "* 1 FETCH (FLAGS (\\Flagged" in str(lab.transcript())
    assert lab.timeline.duration < 3 * MINUTE


def test_without_idle_the_reader_looks_again_and_again() -> None:
    lab = Lab(imap, mail=FEW)
    assert idle(lab, "+5 min> mail> alice minimal") == [3, 4]
    assert 20 * MINUTE < lab.timeline.duration < 21 * MINUTE


def test_a_line_that_is_cut_while_a_client_listens() -> None:
    lab = Lab(imap.extended("IDLE"), mail=FEW)

    def script() -> Script[str]:
        yield Connect()
        yield Send.of("a LOGIN alice secret", "b SELECT INBOX")
        yield Send.of("c IDLE")
        try:
            yield Listen(MINUTE)
        except Disconnected as lost:
            return str(lost)
        return "nothing happened"

    assert "lost" in lab.perform(script(), meanwhile=["+10 s> cut>"])
