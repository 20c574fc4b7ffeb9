"""What the lessons tell in words and numbers, worked out or looked up again.

The sections are written here by hand from the texts of the RFCs.
"""

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from popsim import Lab, Link, imap, pop2, pop3, samples, smtp
from popsim.course.books import BOOKS
from popsim.course.wires import WIRES
from popsim.protocols.protocol import Protocol
from popsim.sasl.scram import ROUNDS
from tests.notebooks.shipped import NOTEBOOKS, read

START, STATES, DELETION, LEAVE, PASSWORDS = NOTEBOOKS[:5]
DATABASE = next(path for path in NOTEBOOKS if path.stem == "10-imap-a-database")
RELATIVE = next(path for path in NOTEBOOKS if path.stem == "08-pop2-the-relative")
WORDS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 10: "ten"}
FULL = pop3.extended(2449, 5034, 2595)
OLD = pop3.edition(1460).minimal()


def text(path: Path, cell_id: str) -> str:
    """A cell's text on one line."""
    (cell,) = [cell for cell in read(path)["cells"] if cell["id"] == cell_id]
    return " ".join("".join(cell["source"]).split())


def keywords(protocol: Protocol) -> set[str]:
    return {form.keyword for form in protocol.forms}


def from_cristi() -> list[int]:
    return [number for number, message in enumerate(samples.inbox(), 1) if "Cristi" in message.header("From")]


DELETING = b"USER alice\r\nPASS secret\r\nRETR 2\r\nDELE 2\r\nQUIT\r\n"

COUNTS: list[tuple[Path, str, str, int]] = [
    (START, "password-read", "holds {digits} of them", len(samples.inbox())),
    (START, "tops", "range(1, {digits})", len(samples.inbox()) + 1),
    (START, "tops-read", "Number {digits}.", from_cristi()[0]),
    (START, "fetch", "RETR {digits}", from_cristi()[0]),
    (START, "change", "Letter {digits} is from Cristi too", from_cristi()[1]),
    (START, "modem", "RETR {digits}", from_cristi()[1]),
    (STATES, "words", "## {Word} words", len(keywords(OLD))),
    (STATES, "replies", "you have {word} words", len(keywords(OLD))),
    (STATES, "replies", "the server has {word}:", len(OLD.replies)),
    (STATES, "states", "## {Word} states", len([s for s in OLD.states if s.kind == "state" and not s.within])),
    (STATES, "states", "of the {word} words", len(keywords(OLD))),
    (STATES, "transaction", "There are {word} messages", len(samples.four())),
    (STATES, "unknown", "one of the {word}", len(keywords(OLD))),
    (STATES, "later", "## {Word} years later", 1996 - 1993),
    (STATES, "exercise", "{Word} command lines are enough", 6),
    (STATES, "exercise", "with the {word} messages", len(samples.four())),
    (DELETION, "session-title", "{Word} messages wait", len(samples.four())),
    (DELETION, "middle-title", "its line end are {word} octets", len(b"QUIT\r\n")),
    (DELETION, "all-read", "All {digits} others", len(DELETING) - 1),
    (DELETION, "timer-title", "after {word} minutes at least", 10),
    (DELETION, "exercise", "with the same {word} messages", len(samples.four())),
    (LEAVE, "delete-title", "{Word} letters wait", len(samples.four())),
    (LEAVE, "delete-why", "All {word} letters are at home", len(samples.four())),
    (LEAVE, "leave-new", "{word} more letters come", len(samples.minimal())),
    (LEAVE, "numbers-title", '"I have 1 to {digits}.', len(samples.four()) + len(samples.minimal())),
    (LEAVE, "numbers-title", "I fetch from {digits} on", len(samples.four()) + len(samples.minimal()) + 1),
    (LEAVE, "numbers-read", "{Word} letters, and they are 1 to 5", len(samples.four()) + len(samples.minimal()) - 1),
    (LEAVE, "numbers-read", "will be number {digits}", len(samples.four()) + len(samples.minimal())),
    (LEAVE, "numbers-read", "our reader waits for {digits}", len(samples.four()) + len(samples.minimal()) + 1),
    (LEAVE, "uidl-rules", "from 1 to {digits} characters", 70),
    (LEAVE, "book-lost", "still has {word} letters", len(samples.four())),
    (LEAVE, "policy-title", "read letters after {digits} days", 7),
    (LEAVE, "policy-title", "unread ones after {digits}", 60),
    (LEAVE, "poll-title", "all {word} letters of your inbox", len(samples.inbox())),
    (LEAVE, "exercise", "a server {word} times", len(BOOKS[0].mornings)),
    (PASSWORDS, "apop-title", "of both: {digits} octets", hashlib.md5().digest_size),
    (PASSWORDS, "cost-title", "round trips of {digits} ms", 2 * 40),
    (PASSWORDS, "cost-title", "a port of its own, {digits} (", 995),
    (PASSWORDS, "exercise", "fetches message {digits} of this lesson", WIRES[0].number),
    (PASSWORDS, "exercise", "{Word} command lines are enough", WIRES[0].enough),
    (RELATIVE, "title", "Three protocols within {word} years", 1988 - 1982),
    (RELATIVE, "words", "## {Word} words", len(keywords(pop2))),
    (RELATIVE, "words", "words and {word} signs", len(pop2.replies)),
    (RELATIVE, "read", "{Word} messages.", len(samples.four())),
    (RELATIVE, "fatal", "waits for one of {word} words", len(pop2.allowed(pop2.state("NEXT")))),
    (RELATIVE, "helo-read", "It has {digits} octets", samples.inbox()[3].size),
    (DATABASE, "search-read", "from Cristi is number {digits}", from_cristi()[0]),
    (DATABASE, "columns-read", "Number {digits} has 50,094 octets", from_cristi()[1]),
    (DATABASE, "home-read", "At work, message {digits} is Cristi's", from_cristi()[0]),
    (DATABASE, "part-read", "How many of the {word} messages", len(samples.inbox())),
    (DATABASE, "uids-read", "letter is number {digits} now", from_cristi()[0] - 1),
    (DATABASE, "uids-read", "its UID is still {digits}", from_cristi()[0]),
    (DATABASE, "key-points", "that was its name in {digits}", 1988),
    *((RELATIVE, "weigh", "{digits}", limit.value) for limit in smtp.edition(821).limits if "line" in limit.name),
]


@pytest.mark.parametrize(("path", "cell_id", "words", "count"), COUNTS, ids=[f"{c[1]}-{c[3]}" for c in COUNTS])
def test_a_number_is_what_it_counts(path: Path, cell_id: str, words: str, count: int) -> None:
    word = WORDS.get(count, "")
    assert words.format(digits=count, word=word, Word=word.capitalize()) in text(path, cell_id)


def test_what_lesson_10_tells_of_one_mailbox() -> None:
    lab = Lab(imap, mail=samples.inbox())
    lab.run("a1 LOGIN alice secret", "a2 SELECT INBOX", "a2 SELECT INBOX")  # as in the lesson: nothing is recent then
    size, structure = (lab.send(f"a3 FETCH 6 {item}").data[0] for item in ("RFC822.SIZE", "BODYSTRUCTURE"))
    assert "50094" in size
    assert '"7bit" 201 7 ' in structure and structure.count('"attachment"') == 1  # a text of 7 lines, and a picture
    assert lab.send("a4 FETCH 3 FLAGS").data[0].endswith("(FLAGS ())")


def test_the_old_set_is_the_one_of_rfc_1460() -> None:
    assert keywords(OLD) == set("USER PASS QUIT STAT LIST RETR DELE NOOP LAST RSET".split())
    assert [reply.mark for reply in OLD.replies] == ["+OK", "-ERR"]


def test_letter_one_speaks_of_cristi_and_is_not_from_him() -> None:
    # The loop that looks for him reads the header only, and stops at the right letter.
    tops = [message.top(0).octets.decode("utf-8", "replace") for message in samples.inbox()]
    assert [number for number, top in enumerate(tops, 1) if "Cristi" in top] == from_cristi()
    assert "Cristi" in samples.inbox()[0].octets.decode()


def test_numbers_stay_when_a_message_is_marked() -> None:
    lab = Lab(OLD, mail=samples.four())
    lab.run("USER alice", "PASS secret", "DELE 2")
    assert [line.split()[0] for line in lab.send("LIST").body.decode().splitlines()] == ["1", "3", "4"]


def test_last_is_one_number() -> None:
    lab = Lab(OLD, mail=samples.four())
    lab.run("USER alice", "PASS secret", "RETR 3")
    assert lab.send("LAST").reply == "+OK 3"
    assert text(STATES, "last-read").startswith("It says 3. But you never fetched 1 and 2!")


def secured(protocol: Protocol = FULL, *first: str, tls: bool = False) -> Lab:
    """The session whose cost the lesson on passwords tells."""
    lab = Lab(protocol, mail=samples.four(), link=Link(delay="40 ms"), tls=tls)
    lab.run(*first, "USER alice", "PASS secret", "RETR 3", "QUIT")
    return lab


def test_what_tls_costs() -> None:
    clear, begun, first = secured(), secured(FULL, "STLS"), secured(tls=True)
    trip = 80 * 10**6
    words = text(PASSWORDS, "cost-read")
    assert (begun.timeline.duration - clear.timeline.duration) / trip == 2.5
    assert words.startswith("One round trip for the command, and one for the handshake.")
    assert "that is the other 40 ms" in words and "TLS from the first octet saves the command" in words
    assert first.timeline.duration - clear.timeline.duration == trip
    end = first.timeline.events("stream", "Secured")[-1].index
    handshake = [event.end - event.start for event in first.timeline.events("ciphertext", "Sent") if event.index < end]
    assert "about two thousand octets" in words and 1900 < sum(handshake) < 2100
    spoken = [event for event in first.timeline.events("message", "Sent") if event.sender == "client"]
    crossed = {event.cause: event.end - event.start for event in first.timeline.events("ciphertext", "Sent")}
    assert {crossed[event.index] - (event.end - event.start) for event in spoken} == {22} and "22 octets more" in words


def test_plain_is_base64_of_name_and_password() -> None:
    (cell,) = [cell for cell in read(PASSWORDS)["cells"] if cell["id"] == "plain-decode"]
    (word,) = re.findall(r'"(.*)"', "".join(cell["source"]))
    assert base64.b64encode(b"\0alice\0secret").decode() == word


def test_scram_costs_the_rounds_that_rfc_7677_asks_for() -> None:
    assert f"each try costs {ROUNDS:,} rounds" in text(PASSWORDS, "scram-read") and ROUNDS == 4096


def test_what_the_server_of_1460_remembers_is_one_number_for_all() -> None:
    lab = Lab(pop3.edition(1460), mail=samples.four())
    lab.run("USER alice", "PASS secret", "RETR 1", "RETR 2", "QUIT")
    lab.connect()
    lab.run("1> USER alice", "1> PASS secret")
    assert lab.send("LAST", 1).reply == "+OK 2"
    assert '"You have everything up to 2"' in text(LEAVE, "last-read")
    assert "LAST" in keywords(pop3.edition(1460)) - keywords(pop3.edition(1725))
    assert "UIDL" in keywords(pop3.edition(1725)) - keywords(pop3.edition(1460))


def test_no_stored_output_holds_what_crossed_under_tls() -> None:
    # It differs from run to run: what is shown of it are lengths and times.
    for cell in read(PASSWORDS)["cells"]:
        for output in cell.get("outputs", ()):
            shown = "".join(output.get("data", {}).get("text/plain", "")) or "".join(output.get("text", ""))
            assert not re.search(r"\\x(?!00)|[0-9a-f]{40}|\b17 03 03\b", shown), cell["id"]


# Where a lesson names a section, and for what: the section as the RFC has it.
CITED: list[tuple[Path, str, str]] = [
    (START, "name-read", "RFC 1939 is the text with the rules of POP3, and §7 is its seventh section"),  # USER
    (STATES, "words", "RFC 1460, from 1993, and with what every server must know (§7, §8)"),  # minimal commands
    (STATES, "diagram-read", "the states of the RFC (§3)"),  # named in Basic Operation
    (STATES, "finer-read", "only: after a name was accepted (§4)"),  # restriction of PASS
    (STATES, "marked", "`DELE` puts a *mark* on a message (§5)"),
    (STATES, "broken-read", "RFC 1939 §6 has this rule in plain words"),
    (STATES, "octets-read", "a mail reader may ignore it (§8)"),  # significance of replies
    (STATES, "last", "fetched or marked (RFC 1460 §5)"),
    (STATES, "last-read", "from session to session (RFC 1939 §7)"),  # UIDL
    (STATES, "immediately", "In 1993 `PASS` comes *after* `USER` (RFC 1460 §4)"),
    (STATES, "immediately", "*immediately* after it (RFC 1939 §7)"),
    (DELETION, "moment", "`DELE` only *marked* the message (RFC 1939 §5)"),
    (DELETION, "moment", "in the state UPDATE, and only `QUIT` leads there (§6)"),
    (DELETION, "before-read", "so the server must not remove anything (§6)"),
    (DELETION, "middle-read", "A command is whole when its line end has come (§3)"),  # terminated by a CRLF pair
    (DELETION, "next-title", "numbers are given anew in each session (§4)"),  # after the maildrop was opened
    (DELETION, "next-title", "from session to session (§7, UIDL)"),
    (DELETION, "timer-title", "RFC 1939 §3 allows a server to give up, after ten minutes at least"),
    (DELETION, "timer-read", "it does not enter UPDATE (§3)"),
    (DELETION, "disk-read", "some messages that you marked are still here (§6)"),
    (DELETION, "key-points", "all marked messages are removed together, in UPDATE (RFC 1939 §6)"),
    (LEAVE, "numbers-read", "Each session counts anew, from 1 on (RFC 1939 §4)"),
    (LEAVE, "last-title", "also from session to session (RFC 1460 §4)"),  # set when the maildrop is opened
    (LEAVE, "last-title", "and `LAST` told it (§5)"),
    (LEAVE, "uidl-title", "its *unique-id* (RFC 1939 §7)"),
    (LEAVE, "uidl-rules", "The rules of §7 in short"),
    (LEAVE, "days-title", '"without bound" (RFC 1939 §8)'),  # already-read messages accumulate
    (LEAVE, "policy-title", "POP3 permits that (RFC 1939 §8)"),  # a site policy on retention
    (LEAVE, "policy-expire", "it may take each `RETR` for a `DELE` as well (RFC 2449 §6.7)"),  # EXPIRE
    (LEAVE, "delay-title", "with `LOGIN-DELAY` and a number of seconds (RFC 2449 §6.5)"),
    (LEAVE, "key-points", "A unique-id stays with its letter (RFC 1939 §4, §7)"),
    (LEAVE, "key-points", "`EXPIRE` and `LOGIN-DELAY` tell them (RFC 2449 §6.5, §6.7)"),
    (PASSWORDS, "clear-read", "Neither is protected at all (RFC 1939 §13)"),  # PASS, RETR and TOP: in the clear
    (PASSWORDS, "clear-read", "all day long: Eve has many chances (§7)"),  # why there is APOP
    (PASSWORDS, "plain-title", "under the command `AUTH` (RFC 5034 §4)"),
    (PASSWORDS, "plain-read", "with a zero octet before each (RFC 4616 §2)"),
    (PASSWORDS, "plain-read", "should not be used where somebody can listen (RFC 4616 §5)"),
    (PASSWORDS, "apop-title", "the idea of `APOP` (RFC 1939 §7)"),
    (PASSWORDS, "apop-replay-read", "it must be different each time (RFC 1939 §7)"),
    (PASSWORDS, "guess-read", "Only a long secret that is in no list helps (RFC 1939 §13)"),
    (PASSWORDS, "store-title", "in a file (RFC 2195 §4 says so of APOP)"),  # cleartext, as is required by APOP
    (PASSWORDS, "store-title", "both in base64 (§2)"),
    (PASSWORDS, "cram-read", "can compute the same digests (RFC 2195 §4)"),  # contexts do not protect the secrets
    (PASSWORDS, "scram-letters", "Compute it (RFC 5802 §3)"),  # the algorithm's overview
    (PASSWORDS, "scram-read", "still try words at home (RFC 5802 §9)"),  # an offline dictionary attack
    (PASSWORDS, "scram-read", "RFC 7677 §4 asks for at least so many"),
    (PASSWORDS, "stls-title", "the command for it is `STLS` (RFC 2595 §4)"),
    (PASSWORDS, "cost-title", "a port of its own, 995 (RFC 8314 §3.1)"),
    (PASSWORDS, "cost-title", "It is what RFC 8314 §3 recommends"),
    (PASSWORDS, "inject-read", "between `STLS` and the end of the handshake (RFC 2595 §4)"),
    (PASSWORDS, "strip-read", "a reader should be able to refuse (RFC 2595 §9)"),  # be configurable to refuse
    (PASSWORDS, "strip-read", "it belongs to the server's name (§2.4)"),  # the identity check
    (RELATIVE, "helo-read", "a *host* says its name (RFC 821 §3.5), a *user* gives a password (RFC 937 p.7)"),
    (RELATIVE, "smtp-read", "The dot is doubled, and a lone dot ends the text (RFC 821 §4.5.2)"),
    (RELATIVE, "limits", "SMTP answers 503 and stays where it is (RFC 821 §4.1.1)"),  # at its end, on the order
    (RELATIVE, "weigh", "RFC 937 p.12 has the numbers of RFC 821 §4.5.3"),
    (RELATIVE, "key-points", "diagrams of states as part of the text (RFC 821 §4.4)"),
    # RFC 937 and RFC 1081 have pages only.
    (RELATIVE, "words", "all that a server can answer (p.6;"),  # summary of commands and replies
    (RELATIVE, "states", "but for the number after `#` and `=` (p.6)"),  # reply strings
    (RELATIVE, "states", "have four letters each (p.18)"),
    (RELATIVE, "read", "the server does not send it yet (p.7)"),
    (RELATIVE, "counted", "and nothing marks their end (p.5, p.8)"),  # message length, RETR
    (RELATIVE, "fatal", "is a basic rule of this protocol (p.2)"),
    (RELATIVE, "fatal", "and every error is the end (p.23)"),  # action 1
    (RELATIVE, "client", "for the client (p.17, p.21)"),
    (RELATIVE, "crossing-read", "and ends with a lone dot (RFC 1081 p.2)"),
    (DATABASE, "login-read", "which answer belongs to which (§2.2.1)"),
    (DATABASE, "login-read", "`BAD` I don't understand (§7.1)"),
    (DATABASE, "star", "they answer nobody by name (§2.2.2)"),
    (DATABASE, "search-read", "has looked into every message (§6.4.4)"),
    (DATABASE, "columns-read", "in-reply-to, message-id (§7.4.2)"),
    (DATABASE, "part-read", "it can give the part that you name (§6.4.5)"),
    (DATABASE, "seen-read", "The *server* keeps the mark (§2.3.2)"),
    (DATABASE, "two-title", "`OR` stands before its two (§6.4.4)"),
    (DATABASE, "home-read", "the maildrop is locked (RFC 1939 §4)"),
    (DATABASE, "home-read", "`EXPUNGE` removes what is marked (§6.4.3)"),
    (DATABASE, "number-read", "could not know which message its numbers mean (§7.4.1)"),
    (DATABASE, "noop-read", "that no other message gets (§2.3.1.1)"),
    (DATABASE, "uids-read", "there is just nothing to tell (§6.4.8)"),
    (DATABASE, "key-points", "however large the mailbox (§6.4.4)"),
    (DATABASE, "key-points", "one choice among many (§6.4.5)"),
    (DATABASE, "key-points", "two computers see the same mailbox (§2.3.2)"),
    (DATABASE, "key-points", "at safe moments only (§7.4.1)"),
    (RELATIVE, "key-points", '"draws from many previous protocols" (p.2)'),
]


@pytest.mark.parametrize(("path", "cell_id", "words"), CITED, ids=[f"{c[0].stem}-{c[1]}" for c in CITED])
def test_a_section_is_the_one_that_says_so(path: Path, cell_id: str, words: str) -> None:
    assert words in text(path, cell_id)


def test_every_section_in_the_lessons_was_looked_up() -> None:
    listed = {(path, cell_id) for path, cell_id, _ in CITED}
    for path in NOTEBOOKS:
        for cell in read(path)["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown" and "§" in source:
                known = " ".join(words for p, cell_id, words in CITED if (p, cell_id) == (path, cell["id"]))
                assert (path, cell["id"]) in listed, cell["id"]
                assert sorted(re.findall(r"§[\d.]*\d", source)) == sorted(re.findall(r"§[\d.]*\d", known)), cell["id"]


def test_every_link_leads_to_a_notebook() -> None:
    names = {path.name for path in NOTEBOOKS}
    for path in NOTEBOOKS:
        cells: list[dict[str, Any]] = read(path)["cells"]
        links = [link for cell in cells for link in re.findall(r"\]\(([^)]+)\)", "".join(cell["source"]))]
        assert set(links) <= names
