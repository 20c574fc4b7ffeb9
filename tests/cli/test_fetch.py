"""`popsim fetch`: what it stores, what it deletes, and what it says when something is wrong."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from popsim import pop3
from popsim.cli.place import SCHEMES, Place
from popsim.mail import archive, archive_disk
from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.mail.store import Store, User
from popsim.sockets import Server
from tests.cli.fetching import SECRET, Fetch, fetching
from tests.cli.running import COMMAND, complaint, environment, popsim
from tests.sockets.clients import Raw
from tests.sockets.nasty import ENDLESS, MESSAGES, write
from tests.sockets.running import served
from tests.sockets.scripted import Maildrop, scripted

THREE = {n: b"Subject: %d\r\n\r\ntext\r\n" % n for n in (1, 2, 3)}
UIDS = {1: b"one", 2: b"two", 3: b"three"}


@pytest.fixture
def fetch(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Fetch:
    """Runs the command in this process."""
    return fetching(tmp_path / "mail", capsys, monkeypatch)


def mail() -> Mail:
    return Mail("three", [Message(octets) for octets in THREE.values()])


@pytest.fixture
def server() -> Iterator[Server]:
    """A server with three messages, without TLS."""
    with Server(pop3.extended("CAPA", "SASL"), Store([User("alice", SECRET)], {"alice": mail()})).start() as running:
        yield running


# What comes of it


def test_everything_is_stored_and_then_deleted(server: Server, fetch: Fetch) -> None:
    first = fetch(server.port)
    assert (first.code, first.err) == (0, "")
    assert first.out == f"3 messages stored in {first.folder} (60 octets); 3 deleted on the server\n"
    assert first.mail == list(THREE.values())
    assert fetch(server.port).out.startswith("0 messages stored in ")


def test_a_nasty_mailbox_from_popsim_serve(tmp_path: Path) -> None:
    """Octet for octet, in clear, by STLS and under TLS."""
    wanted = write(tmp_path / "box", [*MESSAGES, ENDLESS])
    with served("--pop3s", "0", "--mail", tmp_path / "box") as server:
        plain, secure = server.ports
        for n, (url, *options) in enumerate((
            (f"pop3://alice@127.0.0.1:{plain}", "--starttls", "never"),
            (f"pop3://alice@127.0.0.1:{plain}", "--starttls", "always", "--insecure"),
            (f"pop3s://alice@localhost:{secure}", "--insecure"),
        )):  # fmt: skip
            folder = tmp_path / str(n)
            keep = ["--keep"] * (n < 2)
            done = popsim("fetch", url, "--password", "secret", "--output", folder, *options, *keep)
            assert (done.returncode, done.stderr) == (0, "")
            assert [path.read_bytes() for path in sorted(folder.glob("*.eml"))] == wanted
        with Raw(plain) as client:
            client.login()
            assert client.say("STAT") .startswith(b"+OK 0 0")  # fmt: skip
        assert server.end() == 0


def test_kept_mail_is_fetched_once(server: Server, fetch: Fetch) -> None:
    assert fetch(server.port, "--keep").out.count("deleted") == 0
    again = fetch(server.port, "--keep")
    assert again.out.endswith("(0 octets); 3 stored by an earlier run\n") and again.mail == list(THREE.values())
    assert fetch(server.port).out.endswith("; 3 stored by an earlier run; 3 deleted on the server\n")


def test_unique_ids_that_look_like_paths(fetch: Fetch, tmp_path: Path) -> None:
    drop = Maildrop(THREE, {1: b"../../x", 2: b"/etc/passwd", 3: b"a\nstored 000009.eml"})
    with scripted(drop) as server:
        assert fetch(server.port, "--keep").mail == list(THREE.values())
        assert fetch(server.port, "--keep").out.startswith("0 messages stored")
    found = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert found == ["000001.eml", "000002.eml", "000003.eml", f"alice@127.0.0.1-{server.port}.fetched"]


def test_equal_unique_ids_are_all_stored(fetch: Fetch) -> None:
    with scripted(Maildrop(THREE, dict.fromkeys(UIDS, b"same"))) as server:
        assert fetch(server.port, "--keep").mail == list(THREE.values())
        assert fetch(server.port, "--keep").out.startswith("0 messages stored")


@pytest.mark.parametrize("keep", [True, False])
def test_a_server_without_unique_ids(fetch: Fetch, keep: bool) -> None:
    drop = Maildrop({**THREE, 4: THREE[1]})
    with scripted(drop) as server:
        options = ["--keep"] if keep else []
        drop.changed[b"QUIT"] = None  # as if the line had been cut
        assert "closed the connection" in fetch(server.port, *options).err or keep
        del drop.changed[b"QUIT"]
        again = fetch(server.port, *options)
        assert "; 4 fetched again, for the server gives no unique-ids, and known by their content" in again.out
        assert again.mail == [*THREE.values(), THREE[1]]
        assert len(drop.messages) == (4 if keep else 0)
        drop.messages[1] = THREE[1]  # the same once more
        assert len(fetch(server.port, *options).mail) == (4 if keep else 5)


# When something is lost on the way


def test_deleted_only_when_the_server_has_said_so(fetch: Fetch) -> None:
    drop = Maildrop(THREE, UIDS, {b"QUIT": b"-ERR some messages were not removed\r\n"})
    with scripted(drop) as server:
        once = fetch(server.port)
        assert "0 deleted on the server" in once.out and "could not remove all" in once.told()
        drop.changed[b"QUIT"] = None
        lost = fetch(server.port)
        assert "3 stored by an earlier run; 0 deleted" in lost.out
        assert "what became of the 3 messages to delete the server has not said; all are stored" in lost.told()
        drop.changed.clear()
        assert "3 stored by an earlier run; 3 deleted" in fetch(server.port).out
        drop.messages.update({1: b"another\r\n"})  # the unique-id comes again when its message is gone
        assert fetch(server.port).mail == [*THREE.values(), b"another\r\n"]


def test_a_line_that_is_cut_in_a_message(fetch: Fetch) -> None:
    drop = Maildrop(THREE, UIDS)
    half = b"+OK\r\n" + THREE[2][:-3]
    with scripted(lambda line: half if line == b"RETR 2" else drop(line)) as server:
        cut = fetch(server.port, "--timeout", "1")
        assert "was silent for 1 second" in cut.told() and cut.mail == [THREE[1]]
        assert b"DELE 2" not in server.heard
        assert len(drop.messages) == 3


def test_a_message_that_is_refused_stays(fetch: Fetch) -> None:
    drop = Maildrop(THREE, UIDS, {b"RETR 2": b"-ERR [SYS/TEMP] not now\r\n"})
    with scripted(drop) as server:
        done = fetch(server.port)
        assert done.mail == [THREE[1], THREE[3]] and "2 deleted on the server" in done.out
        assert "did not hand out 1 message (2)" in done.told()
        assert list(drop.messages) == [2]


def test_a_message_that_is_too_large_to_take_stays(fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("popsim.engine.client_hearing.BODY_LIMIT", 1000)
    drop = Maildrop({**THREE, 2: b"x" * 2000 + b"\r\n"}, UIDS)
    with scripted(drop) as server:
        done = fetch(server.port)
        assert done.mail == [THREE[1], THREE[3]] and "(2)" in done.told()
        assert list(drop.messages) == [2]


def test_a_message_that_its_server_cuts_at_a_dot_stays(fetch: Fetch) -> None:
    """A server that doubles no dot ends a message where a line is one; what follows answers nothing."""
    drop = Maildrop({1: b".\r\n+OK\r\n"}, UIDS)
    with scripted(drop) as server:
        done = fetch(server.port)
        assert done.mail == [] and list(drop.messages) == [1] and not any(b"DELE" in line for line in server.heard)
        assert "said what nobody had asked for: ''" in done.told()


def test_the_disk_is_full(fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    real = archive_disk.write

    def write_two(path: Path, octets: bytes) -> None:
        if path.name.startswith(".000003"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        real(path, octets)

    drop = Maildrop(THREE, UIDS)
    with scripted(drop) as server:
        monkeypatch.setattr(archive, "write", write_two)
        full = fetch(server.port)
        assert full.mail == [THREE[1], THREE[2]] and "No space left on device" in full.told()
        monkeypatch.undo()
        assert fetch(server.port).mail == list(THREE.values()) and not drop.messages


@pytest.mark.skipif(os.name != "posix", reason="signals of this kind are POSIX's")
def test_interrupted_it_deletes_nothing(tmp_path: Path) -> None:
    messages = {n: b"%d\r\n" % n for n in range(1, 200)}
    drop = Maildrop(messages, {n: b"%d" % n for n in messages})

    def slowly(line: bytes) -> bytes | None:
        time.sleep(0.01)
        return drop(line)

    with scripted(slowly) as server:
        command = [*COMMAND, "fetch", f"pop3://alice@127.0.0.1:{server.port}", "--password", SECRET]
        process = subprocess.Popen(
            [*command, "--output", "mail"], env=environment(), cwd=tmp_path, stderr=subprocess.PIPE, text=True
        )
        end = time.monotonic() + 20
        while len(list(tmp_path.glob("mail/*.eml"))) < 3:
            assert time.monotonic() < end
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        assert (process.communicate(timeout=20)[1], process.returncode) == ("popsim: interrupted\n", 130)
        assert len(drop.messages) == len(messages)
        assert b"QUIT" not in server.heard


# Passwords


def test_a_password_from_a_file_and_from_the_environment(
    server: Server, fetch: Fetch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_bytes(SECRET.encode() + b"\r\nignored\r\n")
    given = ("--keep", "--password-file", str(tmp_path / "secret"))
    assert fetch(server.port, *given, secret=None).code == 0
    monkeypatch.setenv("POPSIM_PASSWORD", SECRET)
    assert fetch(server.port, "--keep", secret=None).code == 0
    assert "give one of them" in fetch(server.port, *given).told(2)
    (tmp_path / "secret").write_bytes(b"\xff\n")
    assert "expected a line of UTF-8" in fetch(server.port, *given, secret=None).told()
    assert "No such file" in fetch(server.port, "--password-file", "/no/such", secret=None).err


def test_a_password_on_the_standard_input(server: Server, tmp_path: Path) -> None:
    url = f"pop3://alice@127.0.0.1:{server.port}"
    done = popsim("fetch", url, "--password-file", "-", "--keep", cwd=tmp_path, given=SECRET + "\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"alice@127.0.0.1-{server.port} (60 octets)" in done.stdout  # the folder, where none is named


def test_no_password(server: Server, tmp_path: Path) -> None:
    done = popsim("fetch", f"pop3://alice@127.0.0.1:{server.port}", cwd=tmp_path)
    assert "--password-file FILE, or set POPSIM_PASSWORD" in complaint(done, 2)


@pytest.mark.skipif(os.name != "posix", reason="needs a terminal of POSIX's kind")
def test_on_a_terminal_it_asks_for_the_password_and_shows_how_far_it_is(server: Server, tmp_path: Path) -> None:
    import pty

    terminal, end = pty.openpty()
    command = [*COMMAND, "fetch", f"pop3://alice@127.0.0.1:{server.port}", "--output", str(tmp_path / "mail")]
    process = subprocess.Popen(
        command, env=environment(TERM="dumb"), stdin=end, stderr=end, stdout=subprocess.PIPE, start_new_session=True
    )
    os.close(end)
    shown = b""
    while b": " not in shown:
        shown += os.read(terminal, 1000)
    os.write(terminal, SECRET.encode() + b"\n")
    try:
        while data := os.read(terminal, 1000):
            shown += data
    except OSError:
        pass  # the other end is closed
    os.close(terminal)
    out = process.communicate(timeout=20)[0]
    assert process.returncode == 0 and out.startswith(b"3 messages stored")
    assert f"password of alice@127.0.0.1-{server.port}: ".encode() in shown and SECRET.encode() not in shown
    assert b"3 messages" in shown and b"100%" in shown


# What crosses


def away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Place, "is_here", False)


def test_a_password_in_clear_stays_on_this_machine(fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    away(monkeypatch)
    with scripted(Maildrop(THREE, UIDS)) as server:
        told = fetch(server.port).told()
        assert "there is no TLS, and with USER the password would cross in clear" in told and "--clear" in told
        assert not any(b"alice" in line or SECRET.encode() in line for line in server.heard)
        assert fetch(server.port, "--clear").mail == list(THREE.values())


def test_a_login_that_does_not_show_the_password_may_leave_this_machine(
    server: Server, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    away(monkeypatch)
    assert fetch(server.port).code == 0
    assert SECRET.encode() not in server.timeline.stream(0, "client")


def test_tls_that_is_asked_for_and_not_there(server: Server, fetch: Fetch) -> None:
    assert "the server offers no TLS" in fetch(server.port, "--starttls", "always").told()
    assert "expected TLS, got octets that are none" in fetch(
        0, url=f"pop3s://alice@127.0.0.1:{server.port}", secret=SECRET
    ).told()  # fmt: skip


def test_certificates(fetch: Fetch, tmp_path: Path) -> None:
    from popsim.tls import FIXED, fresh_certificate

    (tmp_path / "fixed.pem").write_text(FIXED.certificate, encoding="ascii")
    (tmp_path / "none.pem").write_text("nothing", encoding="ascii")
    made = fresh_certificate("mail.example.org")
    (tmp_path / "other.pem").write_text(made.certificate + made.key, encoding="ascii")
    with served("--mail", "minimal", "--cert", tmp_path / "other.pem") as server:
        assert "self-signed certificate" in fetch(server.port, secret="secret").told()
        for wrong, words in (("other.pem", "IP address mismatch"), ("fixed.pem", "self-signed")):
            told = fetch(server.port, "--ca", str(tmp_path / wrong), secret="secret").told()
            assert words in told and "--insecure" in told
        assert "that holds none" in fetch(server.port, "--ca", str(tmp_path / "none.pem")).told()
        assert "No such file" in fetch(server.port, "--ca", str(tmp_path / "missing")).err
        assert "give one of them" in fetch(server.port, "--ca", "x", "--insecure").told(2)
        assert fetch(server.port, "--insecure", secret="secret").code == 0
        assert server.end() == 0


# What is wrong


def test_a_maildrop_that_is_locked(server: Server, fetch: Fetch) -> None:
    with Raw(server.port) as other:
        assert other.login(secret=SECRET).startswith(b"+OK")
        told = fetch(server.port).told()
    assert "[IN-USE]" in told and "another program is reading this mail: try again" in told


def test_a_wrong_password(server: Server, fetch: Fetch) -> None:
    assert "(are name and password right?)" in fetch(server.port, secret="no").told()


@pytest.mark.parametrize(
    ("greeting", "words"),
    [
        (b"", "was silent for 1 second"),
        (b"-ERR [SYS/TEMP] come back\r\n", "the server is closed: [SYS/TEMP] come back (a trouble of the server's"),
        (b"SSH-2.0-x\r\n", "the server is closed"),
        (b"\x00\xff\x1b[31m\r\n", "the server is closed"),
    ],
)
def test_what_is_no_server_for_us(fetch: Fetch, greeting: bytes, words: str) -> None:
    with scripted(lambda line: None, greeting) as server:
        told = fetch(server.port, "--timeout", "1").told()
    assert words in told and "\x1b" not in told


def test_no_server(fetch: Fetch) -> None:
    assert "there is no host 'no.such.host.invalid'" in fetch(0, url="pop3://alice@no.such.host.invalid").told()
    with scripted(lambda line: None) as server:
        pass
    assert f"nobody listens on port {server.port}" in fetch(server.port).told()


def test_a_folder_that_can_not_be_written(server: Server, fetch: Fetch, tmp_path: Path) -> None:
    (tmp_path / "mail").write_bytes(b"a file")
    assert "is a file" in fetch(server.port).told(2)


@pytest.mark.parametrize(
    "url",
    [
        "alice@127.0.0.1",
        "smtp://alice@127.0.0.1",
        "pop3://127.0.0.1",
        "pop3://alice@",
        "pop3://@127.0.0.1",
        "pop3://alice@127.0.0.1:99999",
        "pop3://alice@127.0.0.1:0",
        "pop3://alice@127.0.0.1/INBOX",
        "imap://alice@127.0.0.1/INBOX;MAILINDEX=1",
        "imap://alice@127.0.0.1/INBOX?ALL",
        "imap://alice@127.0.0.1/IN%0ABOX",
        "imaps://127.0.0.1/INBOX",
        "pop3://al%0Aice@127.0.0.1",
        "pop3://al%FFice@127.0.0.1",
        "pop3://alice@[::1",
        f"alice:{SECRET}@127.0.0.1",
        f"pop3://alice:{SECRET}#@127.0.0.1",
    ],
)
def test_a_url_that_names_no_maildrop(fetch: Fetch, url: str) -> None:
    assert "expected a URL such as pop3s://user@host:port or imaps://user@host/MAILBOX" in fetch(0, url=url).told(2)


def test_a_password_in_the_url(fetch: Fetch) -> None:
    assert "a password does not belong into a URL" in fetch(0, url="pop3://alice:pass%20word@127.0.0.1").told(2)


@pytest.mark.parametrize(
    ("url", "place", "text", "is_here"),
    [
        ("pop3://alice@Mail.example.org", ("alice", "mail.example.org", 110), "alice@mail.example.org", False),
        ("pop3s://alice@mail.example.org/", ("alice", "mail.example.org", 995), "alice@mail.example.org", False),
        ("pop3://a%40b@[::1]:1100", ("a@b", "::1", 1100), "a@b@::1-1100", True),
        ("pop3://a@127.9.9.9", ("a", "127.9.9.9", 110), "a@127.9.9.9", True),
        ("pop3://a@localhost", ("a", "localhost", 110), "a@localhost", True),
        ("pop3://a@localhost.example.org", ("a", "localhost.example.org", 110), "a@localhost.example.org", False),
        ("imap://a@h/T%C3%A4glich/2026", ("a", "h", 143, "Täglich/2026"), "a@h", False),
        ("imaps://a@h:1993/a%3Bb", ("a", "h", 1993, "a;b"), "a@h-1993", False),
        ("imaps://a@h", ("a", "h", 993), "a@h", False),
        ("pop2://a@h/Out%20box", ("a", "h", 109, "Out box"), "a@h", False),
    ],
)
def test_places(url: str, place: tuple[str | int, ...], text: str, is_here: bool) -> None:
    found, scheme = Place.parse(url), url.partition(":")[0]
    assert (found.user, found.host, found.port, found.mailbox)[: len(place)] == place
    assert (found.scheme.protocol, found.scheme.secure) == (scheme.removesuffix("s"), scheme.endswith("s"))
    assert (str(found), found.is_here) == (text, is_here)


def test_the_same_mail_by_both_ports_is_one_account() -> None:
    assert str(Place.parse("pop3://a@h")) == str(Place.parse("pop3s://a@h")) != str(Place.parse("pop3://a@h:1100"))
    urls = [f"{scheme}://a@h" for scheme in SCHEMES]
    accounts = {Place.parse(url).account(name) for url in urls for name in ("", "X", "inbox", "INBOX")}
    assert accounts == {"a@h", "imap:a@h/INBOX", "imap:a@h/X", "pop2:a@h/INBOX", "pop2:a@h/X"}


def test_the_help_says_what_it_does() -> None:
    done = popsim("fetch", "--help")
    assert done.returncode == 0 and "only when it is safely on the disk" in " ".join(done.stdout.split())
