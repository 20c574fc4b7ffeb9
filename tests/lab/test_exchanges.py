"""An exchange of each protocol as a notebook prints it: data, literals, statuses, what comes without a line."""

from popsim import Lab
from popsim.protocols import find


def printed(lab: Lab, line: str) -> list[str]:
    return str(lab.send(line)).splitlines()


def test_data_and_a_literal_before_the_status() -> None:
    lab = Lab(find("imap"))
    lab.run("a1 LOGIN alice secret", "a2 SELECT INBOX")
    found = printed(lab, "a3 FETCH 6 (BODY.PEEK[])")
    assert found[0] == "C: a3 FETCH 6 (BODY.PEEK[])"
    assert found[1] == "S: * 6 FETCH (BODY[] {50094}"
    assert found[2] == "   From: Cristi Munteanu <cristi@example.org>"
    assert found[8].startswith("   ... ") and found[8].endswith(" lines more")
    assert found[9:11] == ["S: )", "S: a3 OK fetched"]
    assert found[11].startswith("   Selected (stays) ") and len(found) == 12
    exchange = lab.send("a4 SEARCH ALL")
    assert (exchange.status, exchange.data) == ("OK", ("* SEARCH 1 2 3 4 5 6 7 8",))


def test_the_tag_of_an_answer_is_no_part_of_its_text() -> None:
    lab = Lab(find("imap"))
    said = [lab.send(line) for line in ("a1 LOGIN {5}", "alice {6}", "secret", "a2 SELECT INBOX", "a3 NOOP")]
    assert [(one.status, one.text.split()[0]) for one in said][:3] == [("+", "go"), ("+", "go"), ("OK", "[CAPABILITY")]
    assert said[3].text.startswith("[READ-WRITE]") and not said[4].text.startswith("a3")


def test_lines_that_open_with_the_status() -> None:
    lab = Lab(find("smtp"))
    found = printed(lab, "EHLO client.example")
    assert found[1:3] == ["S: 250-popsim.example greets client.example", "S: 250 HELP"]
    lab.run("MAIL FROM:<a@example.org>", "RCPT TO:<alice@popsim.example>", "DATA")
    assert printed(lab, "Subject: Hi")[1] == "S: (no answer yet: the server reads on)"
    assert printed(lab, ".")[1] == "S: 250 OK"


def test_octets_that_come_without_a_line() -> None:
    lab = Lab(find("pop2"))
    assert printed(lab, "HELO alice secret")[:2] == ["C: HELO alice ****", "S: #8 messages"]
    assert printed(lab, "READ 3")[1] == "S: =641 octets in message 3"
    found = printed(lab, "RETR")
    assert found[1] == "S: (no line: what was asked for comes at once)"
    assert found[2] == "   From: Cristi Munteanu <cristi@example.org>"
