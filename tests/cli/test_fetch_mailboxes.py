"""`popsim fetch` by IMAP and POP2: several mailboxes, what stays on the server, what is known again, what is wrong."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from popsim import imap, pop2, pop3
from popsim.cli.place import Place
from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.mail.store import Store, User
from popsim.sockets import Server
from tests.cli.fetching import SECRET, Fetch, fetching
from tests.cli.running import COMMAND, environment, popsim
from tests.sockets.nasty import ENDLESS, MESSAGES, write
from tests.sockets.running import EVERYTHING, serving
from tests.sockets.scripted import scripted

THREE = [b"Subject: %d\r\n\r\ntext\r\n" % n for n in (1, 2, 3)]
SENT = b"Subject: sent\r\n\r\nby me\r\n"


@pytest.fixture
def fetch(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Fetch:
    """Runs the command in this process."""
    return fetching(tmp_path / "mail", capsys, monkeypatch)


def store(validity: int = 1) -> Store:
    """Three messages in the INBOX, one in each of two other mailboxes."""
    mail = Mail("three", [Message(octets) for octets in THREE])
    made = Store([User("alice", SECRET)], {"alice": mail}, uid_validity=validity)
    account = made.account("alice")
    assert account
    for name in ("Täglich/2026", "007"):
        account.create(name)
        account.mailboxes[name].append(Message(SENT))
    return made


def left(made: Store, mailbox: str = "INBOX") -> list[bytes]:
    account = made.account("alice")
    assert account
    return [item.message.octets for item in account.mailboxes[mailbox].items]


@pytest.fixture
def mail() -> Store:
    return store()


@pytest.fixture
def server(mail: Store) -> Iterator[Server]:
    """IMAP without TLS."""
    with Server(imap.extended("IDLE", "UIDPLUS"), mail).start() as running:
        yield running


@pytest.fixture
def old_server(mail: Store) -> Iterator[Server]:
    """POP2."""
    with Server(pop2, mail).start() as running:
        yield running


# IMAP


def test_by_imap_nothing_on_the_server_changes_unless_it_is_asked_for(
    server: Server, mail: Store, fetch: Fetch
) -> None:
    first = fetch(server.port, scheme="imap")
    assert (first.code, first.err, first.mail) == (0, "", THREE)
    assert first.out == f"3 messages stored in {first.folder} (60 octets)\n"
    account = mail.account("alice")
    assert account and left(mail) == THREE and not any(item.flags for item in account.inbox.items)
    assert b" EXAMINE " in server.timeline.stream(0, "client") and b" SELECT " not in server.timeline.stream(
        0, "client"
    )
    again = fetch(server.port, scheme="imap")
    assert again.out.endswith("(0 octets); 3 stored by an earlier run\n") and again.mail == THREE
    account.deliver(Message(SENT), 0)
    gone = fetch(server.port, "--delete", scheme="imap")
    assert gone.out.endswith("; 3 stored by an earlier run; 4 deleted on the server\n")
    assert gone.mail == [*THREE, SENT] and left(mail) == []


def test_mailboxes_by_name(server: Server, mail: Store, fetch: Fetch) -> None:
    url = f"imap://alice@127.0.0.1:{server.port}/T%C3%A4glich/2026"
    done = fetch(0, "--mailbox", "inbox", "--mailbox", "007", "--delete", url=url)
    assert (done.code, done.out.count("1 message stored"), done.out.count("3 messages stored")) == (0, 2, 1)
    assert done.mail == THREE and done.within("007") == done.within("T%C3%A4glich/2026") == [SENT]
    assert left(mail) == left(mail, "007") == left(mail, "Täglich/2026") == []


def test_all_mailboxes(server: Server, fetch: Fetch) -> None:
    done = fetch(server.port, "--all", scheme="imap")
    assert (done.code, done.err) == (0, "")
    assert done.mail == THREE and done.within("007") == done.within("T%C3%A4glich/2026") == [SENT]
    assert fetch(server.port, "--all", scheme="imap").out.count("0 messages stored") == 4


def test_a_mailbox_that_there_is_not(server: Server, fetch: Fetch) -> None:
    told = fetch(server.port, "--mailbox", "Nowhere", scheme="imap").told()
    assert "EXAMINE was refused: " in told and "(is the mailbox's name right? --all fetches all that there are)" in told
    some = fetch(server.port, "--mailbox", "Nowhere", "--mailbox", "INBOX", scheme="imap")
    assert some.mail == THREE and ": Nowhere: EXAMINE was refused" in some.told()


def test_names_that_lead_nowhere_else(fetch: Fetch, tmp_path: Path) -> None:
    """What a server calls its mailboxes is no path."""
    names = [b'"../../x"', b"/etc", b"{4}\r\na\\b*", b'"\\"q\\""', b"&bad", b"123", b"nil", b'"caf\xc3\xa9"']
    rows = b"".join(b'* LIST (\\HasNoChildren) "/" %b\r\n' % name for name in names)
    rows += b'* LIST (\\Noselect \\HasChildren) "/" above\r\n* LIST () NIL inbox\r\nX'

    def answer(line: bytes) -> bytes | None:
        tag, word = line.split(b" ")[:2]
        if word == b"LOGOUT":
            return None
        data = {
            b"LIST": rows[:-1],
            b"EXAMINE": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 5] x\r\n",
            b"UID": b"* 1 FETCH (UID 1 RFC822.SIZE 3 BODY[] {3}\r\nabc)\r\n",
        }
        return data.get(word, b"") + tag + b" OK done\r\n"

    with scripted(answer, b"* OK [CAPABILITY IMAP4rev1] here\r\n") as server:
        done = fetch(server.port, "--all", scheme="imap")
    assert done.code == 0, done.err
    assert not any(b"above" in line for line in server.heard)
    found = sorted(path.relative_to(tmp_path / "mail").as_posix() for path in tmp_path.rglob("*.eml"))
    assert found == [
        "%22q%22/000001.eml", "%2E./%2E./x/000001.eml", "%5Cud826bad/000001.eml", "000001.eml", "123/000001.eml",
        "a%5Cb%2A/000001.eml", "caf%C3%A9/000001.eml", "etc/000001.eml", "nil/000001.eml",
    ]  # fmt: skip
    asked = [line.split(b" ", 2)[2] for line in server.heard if b" EXAMINE " in line]
    assert b"&bad" in asked and b"123" in asked and b'"\\"q\\""' in asked


def test_other_uids_are_other_messages(fetch: Fetch, mail: Store) -> None:
    """What was stored is never overwritten."""
    with Server(imap, mail) as first:
        assert len(fetch(0, url=f"imap://alice@localhost:{first.port}").mail) == 3
    with Server(imap, store(validity=77), port=first.port) as second:
        again = fetch(0, url=f"imap://alice@localhost:{second.port}")
        assert again.mail == THREE * 2 and again.out.startswith("3 messages stored")
        assert fetch(0, url=f"imap://alice@localhost:{second.port}").out.startswith("0 messages stored")


def test_what_came_before_the_line_was_cut_is_kept(fetch: Fetch, mail: Store) -> None:
    box = dict(enumerate(THREE, 1))

    def answer(line: bytes) -> bytes | None:
        tag, *words = line.split(b" ")
        if words == [b"LOGOUT"]:
            return None
        if words[:2] == [b"UID", b"FETCH"] and words[2] == b"1:*":
            rows = b"".join(b"* %d FETCH (UID %d RFC822.SIZE 20)\r\n" % (n, n) for n in box)
            return rows + tag + b" OK\r\n"
        if words[:2] == [b"UID", b"FETCH"]:
            number = int(words[2])
            whole = b"* %d FETCH (UID %d BODY[] {20}\r\n%b)\r\n%b OK\r\n" % (number, number, box[number], tag)
            return whole if number < 3 or not cut else None if cut == "before" else whole[:-20]
        opened = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 5] x\r\n" if words[0] in (b"SELECT", b"EXAMINE") else b""
        return opened + tag + b" OK done\r\n"

    with scripted(answer, b"* OK [CAPABILITY IMAP4rev1] here\r\n") as server:
        for cut in ("before", "inside"):
            lost = fetch(server.port, "--timeout", "1", "--delete", scheme="imap")
            assert lost.mail == THREE[:2] and ("closed the connection" in lost.told() or cut == "inside")
            assert not any(b"STORE" in line or b"EXPUNGE" in line for line in server.heard)
        cut = ""
        assert fetch(server.port, scheme="imap").mail == THREE


def test_what_is_not_handed_out_is_not_deleted(fetch: Fetch) -> None:
    def answer(line: bytes) -> bytes | None:
        tag, *words = line.split(b" ")
        if words == [b"LOGOUT"]:
            return None
        opened = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 5] x\r\n" if words[0] == b"SELECT" else b""
        if words[:3] == [b"UID", b"FETCH", b"1:*"]:
            opened = b"".join(b"* %d FETCH (UID %d RFC822.SIZE 20)\r\n" % (n, n) for n in (1, 2, 3))
        elif words[:2] == [b"UID", b"FETCH"] and words[2] != b"2":
            number = int(words[2])
            opened = b"* %d FETCH (UID %d BODY[] {20}\r\n%b)\r\n" % (number, number, THREE[number - 1])
        return opened + tag + b" OK done\r\n"

    with scripted(answer, b"* OK [CAPABILITY IMAP4rev1 UIDPLUS] here\r\n") as server:
        done = fetch(server.port, "--delete", scheme="imap")
    assert done.mail == [THREE[0], THREE[2]] and "2 deleted on the server" in done.out
    assert "the server did not hand out 1 message (2)" in done.told()
    assert [line.split(b" ")[3] for line in server.heard if b" STORE " in line] == [b"1,3"]


def test_the_same_mail_by_two_protocols_is_known_by_each(server: Server, mail: Store, fetch: Fetch) -> None:
    """What one lists no more the other still has under its own unique-ids."""
    with Server(pop3.extended("CAPA", "SASL"), mail) as other:
        for _ in range(2):
            by_imap = fetch(0, url=f"imap://alice@127.0.0.1:{server.port}")
            by_pop3 = fetch(0, "--keep", url=f"pop3://alice@127.0.0.1:{other.port}")
    assert by_imap.out.startswith("0 messages stored") and by_pop3.out.startswith("0 messages stored")
    assert by_imap.mail == THREE * 2
    with Server(imap, mail, port=other.port) as same_port:
        again = fetch(0, url=f"imap://alice@127.0.0.1:{same_port.port}", scheme="imap")
        assert again.out.startswith("3 messages stored")
    with Server(pop3.extended("CAPA", "SASL"), mail, port=other.port):
        assert fetch(other.port, "--keep").out.startswith("0 messages stored")


def test_a_wrong_password(server: Server, old_server: Server, fetch: Fetch) -> None:
    assert "(are name and password right?)" in fetch(server.port, scheme="imap", secret="no").told()
    assert "(are name and password right?)" in fetch(server.port, "--all", scheme="imap", secret="no").told()
    assert "(are name and password right?)" in fetch(old_server.port, scheme="pop2", secret="no").told()


def test_no_tls(server: Server, fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "the server offers no TLS" in fetch(server.port, "--starttls", "always", scheme="imap").told()
    assert "expected TLS, got octets that are none" in fetch(server.port, scheme="imaps").told()
    monkeypatch.setattr(Place, "is_here", False)
    with scripted(lambda line: line.split(b" ")[0] + b" OK\r\n", b"* OK [CAPABILITY IMAP4rev1] x\r\n") as bare:
        told = fetch(bare.port, scheme="imap").told()
        assert "would cross in clear" in told and "use imaps:// if the server has it, or --clear" in told
        assert not any(b"alice" in line for line in bare.heard)


@pytest.mark.parametrize(
    ("scheme", "options", "words"),
    [
        ("pop3", ["--mailbox", "x"], "one mailbox in POP3"),
        ("pop3s", ["--all"], "one mailbox in POP3"),
        ("pop2", ["--all"], "POP2 can't list mailboxes"),
        ("imap", ["--all", "--mailbox", "x"], "name none beside it"),
        ("pop2", ["--starttls", "always"], "POP2 has no command that begins TLS"),
        ("pop2", ["--mailbox", "a\nb"], "expected"),
    ],
)
def test_what_a_protocol_can_not_do(fetch: Fetch, scheme: str, options: list[str], words: str) -> None:
    assert words in fetch(1, *options, scheme=scheme).told(2)


# POP2


def test_by_pop2_mail_is_deleted_when_it_is_stored(old_server: Server, mail: Store, fetch: Fetch) -> None:
    done = fetch(old_server.port, scheme="pop2")
    assert (done.code, done.err, done.mail) == (0, "", THREE)
    assert done.out == f"3 messages stored in {done.folder} (60 octets); 3 deleted on the server\n"
    assert left(mail) == [] and left(mail, "007") == [SENT]
    other = fetch(old_server.port, "--mailbox", "007", "--keep", scheme="pop2")
    assert other.within("007") == left(mail, "007") == [SENT]
    assert fetch(old_server.port, "--mailbox", "No", scheme="pop2").out.startswith("0 messages")  # RFC 937 p.11


def test_by_pop2_mail_is_known_by_its_content(old_server: Server, mail: Store, fetch: Fetch) -> None:
    assert fetch(old_server.port, "--keep", scheme="pop2").mail == THREE
    account = mail.account("alice")
    assert account
    account.deliver(Message(THREE[0]), 0)  # the same octets, and another message
    again = fetch(old_server.port, "--keep", scheme="pop2")
    assert again.mail == [*THREE, THREE[0]] and "3 fetched again" in again.out
    assert fetch(old_server.port, scheme="pop2").mail == again.mail and left(mail) == []
    account.deliver(Message(THREE[0]), 0)  # what was deleted comes as a new one
    assert len(fetch(old_server.port, scheme="pop2").mail) == 5


def test_a_password_in_clear_stays_on_this_machine(
    old_server: Server, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Place, "is_here", False)
    assert "; --clear lets it" in fetch(old_server.port, scheme="pop2").told()
    assert b"HELO" not in old_server.timeline.stream(0, "client")
    assert fetch(old_server.port, "--clear", scheme="pop2").mail == THREE


# As programs of their own


def test_a_nasty_mailbox_from_popsim_serve(tmp_path: Path, fetch: Fetch) -> None:
    """Octet for octet, in clear, by STARTTLS, under TLS and by POP2."""
    wanted = write(tmp_path / "box", [*MESSAGES, ENDLESS])
    with serving(*EVERYTHING, "--mail", tmp_path / "box") as server:
        for n, (scheme, *options) in enumerate((
            ("imap", "--starttls", "never"), ("imap", "--starttls", "always", "--insecure"),
            ("imaps", "--insecure"), ("pop2", "--keep"),
        )):  # fmt: skip
            url = f"{scheme}://alice@127.0.0.1:{server.by_name[scheme]}"
            fetched = fetch(0, *options, "--output", str(tmp_path / str(n)), url=url, secret="secret")
            assert (fetched.code, fetched.err) == (0, "")
            # A literal has no NUL in it (RFC 3501 §4.3.1): IMAP's servers put something else there.
            whole = [octets.replace(b"\0", b"\x80") for octets in wanted] if scheme != "pop2" else wanted
            assert stored(tmp_path / str(n)) == whole
        assert server.end() == 0


@pytest.mark.parametrize(
    ("scheme", "options"),
    [
        ("pop2", []),
        pytest.param("imap", ["--delete"], marks=pytest.mark.slow),
        pytest.param("imap", [], marks=pytest.mark.slow),
    ],
)
def test_taken_up_after_kills(scheme: str, options: list[str], tmp_path: Path) -> None:
    """Nothing is lost, nothing comes twice."""
    wanted = [b"Subject: %d\r\n\r\n" % number + b"%d 56789\r\n" % number * 2000 for number in range(50)]
    made = Store([User("alice", SECRET)], {"alice": Mail("many", [Message(octets) for octets in wanted])})
    folder, protocol = tmp_path / "mail", {"imap": imap.extended(), "pop2": pop2}[scheme]
    with Server(protocol, made) as server:
        url = f"{scheme}://alice@127.0.0.1:{server.port}"
        command = ["fetch", url, "--output", str(folder), "--insecure", *options]
        assert killed(command, folder, (1, 15, 35), lambda: {*stored(folder)} <= {*wanted})
        time.sleep(0.2)  # the server learns of the last kill
        done = popsim(*command, POPSIM_PASSWORD=SECRET)
        assert (done.returncode, done.stderr) == (0, "")
    assert sorted(stored(folder)) == sorted(wanted)
    assert left(made) == ([] if options or scheme == "pop2" else wanted)
    assert {path.suffix for path in folder.iterdir()} == {".eml", ".fetched"}


def stored(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("*.eml"))]


def killed(command: list[str], folder: Path, counts: tuple[int, ...], check: Callable[[], bool]) -> int:
    """Begin again and again, and kill it when so many messages are stored. Returns how often it was in time."""
    kills = 0
    for count in counts:
        process = subprocess.Popen(
            [*COMMAND, *command],
            env=environment(POPSIM_PASSWORD=SECRET),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        end = time.monotonic() + 20
        while len(list(folder.glob("*.eml"))) < count and process.poll() is None:
            assert time.monotonic() < end
            time.sleep(0.001)
        kills += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)
        assert check()
    return kills
