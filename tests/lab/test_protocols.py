"""A lab whose connections speak several protocols."""

from __future__ import annotations

import pytest

from popsim import Lab, imap, pop2, pop3, samples, smtp
from popsim.mail.message import Message
from popsim.protocols import find
from popsim.protocols.smtp.client import submit

ENVELOPE = ("HELO ana.example", "MAIL FROM:<ana@ana.example>", "RCPT TO:<alice@popsim.example>", "DATA")


def test_each_connection_has_its_protocol_its_state_and_its_diagram() -> None:
    lab = Lab(imap, mail=samples.four())
    post, old = lab.connect(smtp), lab.connect(pop3.edition(1460))
    assert [str(lab.speaks(n)) for n in (0, post, old)] == ["IMAP (RFC 3501)", "SMTP (RFC 5321)", "POP3 (RFC 1460)"]
    lab.send("a1 LOGIN alice secret")
    lab.send("HELO ana.example", post)
    assert [lab.state_of(n) for n in (0, post, old)] == ["Authenticated", "READY", "AUTHORIZATION"]
    assert lab.state == "Authenticated"
    assert "The session is in READY" in str(lab.diagram(post))
    assert lab.connect() == old + 1 and lab.speaks(old + 1) == imap


def test_tls_is_chosen_for_each_connection() -> None:
    lab = Lab(pop3)
    secured = lab.connect(imap, tls=True)
    assert [lab.timeline.is_secured(n) for n in (0, secured)] == [False, True]


def test_an_exchange_of_imap_shows_data_status_and_section() -> None:
    lab = Lab(imap, mail=samples.four())
    lab.run("a1 LOGIN alice secret", "a2 SELECT INBOX")
    answer = lab.send("a3 SEARCH FROM Dan")
    assert answer.data == ("* SEARCH 1 3",)
    assert (answer.status, answer.before, answer.after) == ("OK", "Selected", "Selected")
    assert str(answer.reference) == "RFC 3501 §6.4.4"
    assert str(answer).split("\n")[:3] == ["C: a3 SEARCH FROM Dan", "S: * SEARCH 1 3", f"S: a3 {answer.reply}"]
    refused = lab.send("a4 FETCH 9 FLAGS")
    assert (refused.status, refused.positive) == ("BAD", False)


def test_an_exchange_of_smtp_shows_every_line() -> None:
    lab = Lab(smtp.extended())
    answer = lab.send("EHLO ana.example")
    assert len(answer.data) > 3 and all(line.startswith("250-") for line in answer.data)
    assert answer.reply.startswith("250 ")


def test_a_text_that_is_typed_line_by_line_is_answered_at_its_end() -> None:
    lab = Lab(smtp, mail=samples.four())
    lab.run(*ENVELOPE)
    waits = lab.send("Subject: new")
    assert waits.rule is None and "no answer yet" in str(waits)
    assert lab.send(".").status == "250"
    assert [row[4] for row in lab.timeline.header["mail"]["alice"]][-1] == "new"


def test_an_exchange_of_pop2_shows_the_message_that_has_no_status() -> None:
    lab = Lab(pop2, mail=samples.four())
    assert lab.send("HELO alice secret").reply.startswith("#4")
    lab.send("READ 3")
    answer = lab.send("RETR")
    assert (answer.status, len(answer.body)) == ("", samples.four()[2].size)


def test_a_literal_is_typed_in_two_lines_and_a_password_in_it_is_hidden() -> None:
    lab = Lab(imap, users={"alice": "hunter2"})
    assert lab.send("a1 LOGIN alice {7}").status == "+"
    answer = lab.send("hunter2")
    assert (answer.status, answer.after) == ("OK", "Authenticated")
    assert "hunter" not in f"{answer} {lab} {lab.ladder()}"
    assert not any("hunter" in lab.player().text(step) for step in range(len(lab.player().steps) + 1))


def test_a_script_is_performed_on_a_connection_of_its_own() -> None:
    lab = Lab(imap.extended("IDLE"), mail=samples.four())
    lab.run("a1 LOGIN alice secret", "a2 SELECT INBOX", "a3 IDLE")
    message = Message(b"Subject: from a script\r\n\r\n.dots\r\n")
    sent = lab.perform(submit(message, "ana@ana.example", ["alice@popsim.example"], smtp), smtp)
    assert sent.complete
    assert b"* 5 EXISTS\r\n" in lab.timeline.stream(0, "server")
    again = Lab.of(lab.scenario, [samples.four()])
    assert again.timeline == lab.timeline


@pytest.mark.parametrize("name", ["pop1", "imap2"])
def test_a_lab_declines_history_in_one_line(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^[^\n]*page of history[^\n]*popsim table {name}[^\n]*$"):
        Lab(find(name))
