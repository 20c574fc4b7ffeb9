"""Sessions that the player is tried with, by name: each call runs one anew and gives its timeline."""

from popsim import Lab, Link, pop3
from popsim.protocols import find
from popsim.timeline import Timeline

LINK = {"delay": "40 ms", "rate": "1 Mbit/s"}
LINES = ("USER alice", "PASS secret", "STAT", "LIST", "RETR 4", "DELE 1", "RETR 6", "RSET", "DELE 3", "RETR 99", "QUIT")


def whole() -> Timeline:
    """From the greeting to the update, with a body that is stuffed, a long one, marks and a refusal."""
    lab = Lab(pop3, link=Link(**LINK))  # type: ignore[arg-type]
    lab.run(*LINES)
    return lab.timeline


def lost() -> Timeline:
    """Cut within an answer, so that nothing is removed."""
    lab = Lab(pop3, link=Link(**LINK), faults=["cut server after 5000"])  # type: ignore[arg-type]
    lab.run("USER alice", "PASS secret", "DELE 1", "RETR 6", "QUIT")
    return lab.timeline


def pipelined() -> Timeline:
    """All commands at once, and one after the last that is never read."""
    lab = Lab(pop3, link=Link(**LINK))  # type: ignore[arg-type]
    lab.run("USER alice", *(f"pipelined>{line}" for line in ("PASS secret", "DELE 2", "QUIT", "NOOP")))
    return lab.timeline


def two() -> Timeline:
    """Two connections that want the same maildrop, and a user who has none of it."""
    lab = Lab(pop3, link=Link(**LINK), users={"alice": "secret", "bob": "word"})  # type: ignore[arg-type]
    lab.run("USER alice", "PASS secret")
    second = lab.connect()
    for line in ("USER alice", "PASS secret"):
        lab.send(line, second)
    lab.run("DELE 2", "QUIT")
    return lab.timeline


def of_1993() -> Timeline:
    """An older edition, which counts the highest message-number accessed."""
    lab = Lab(pop3.edition(1460), link=Link(**LINK))  # type: ignore[arg-type]
    lab.run("USER alice", "PASS secret", "RETR 2", "LAST", "UIDL")
    return lab.timeline


def mixed() -> Timeline:
    """IMAP, POP3 and SMTP on one mailbox: what arrives by SMTP wakes the IMAP client, and POP3 shows it."""
    lab = Lab(find("imap").extended(2177, 7888), link=Link(**LINK))  # type: ignore[arg-type]
    lab.run("a1 LOGIN {5+}\r\nalice {6+}\r\nsecret", "a2 SELECT INBOX", "a3 STORE 2 +FLAGS (\\Flagged)", "a4 IDLE")
    post = lab.connect(find("smtp"))
    for line in ("EHLO client.example", "MAIL FROM:<bob@example.org>", "RCPT TO:<alice@popsim.example>", "DATA"):
        lab.send(line, post)
    for line in ("Subject: Hi", "", "..", ".", "QUIT"):
        lab.send(line, post)
    lab.run("DONE", "a5 FETCH 9 BODY[TEXT]", "a6 CREATE Saved", "a7 COPY 9 Saved")
    pop = lab.connect(pop3)
    for line in ("USER alice", "PASS secret", "DELE 1", "QUIT"):
        lab.send(line, pop)
    lab.send("a8 NOOP")
    return lab.timeline


def of_1985() -> Timeline:
    """POP2, whose client has states of its own; one line leaves it where it is."""
    lab = Lab(find("pop2"), link=Link(**LINK))  # type: ignore[arg-type]
    lab.run("HELO alice secret", "READ 2", "RETR", "ACKD", "READ 7", "FOLD Other", "FOLD INBOX", "QUIT")
    return lab.timeline


SESSIONS = {run.__name__: run for run in (whole, lost, pipelined, two, of_1993, mixed, of_1985)}
