"""Sessions that the player is tried with, by name: each call runs one anew and gives its timeline."""

from popsim import Lab, Link, pop3
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


SESSIONS = {run.__name__: run for run in (whole, lost, pipelined, two, of_1993)}
