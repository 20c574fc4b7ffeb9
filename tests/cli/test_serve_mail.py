"""`popsim serve` on mail of the user's: every kind of it, read-only unless --write is given, many users and ports."""

from __future__ import annotations

import hashlib
import os
import poplib
import signal
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from popsim.timeline import Timeline
from tests.cli.running import complaint, popsim
from tests.sockets.clients import Raw
from tests.sockets.running import served

BODIES = [b"Subject: %d\n\n.body\n\xff\x00\n" % n for n in range(1, 6)]


def mailbox_of(folder: Path, kind: str) -> Path:
    place = folder / kind
    if kind == "mbox":
        place.write_bytes(b"".join(b"From x\n" + body + b"\n" for body in BODIES))
        return place
    for part in ("cur", "new", "tmp") if kind == "Maildir" else (".",):
        (place / part).mkdir(parents=True, exist_ok=True)
    for n, body in enumerate(BODIES, 1):
        name = f"new/{n}.host" if kind == "Maildir" else f"{n}.eml"
        (place / name).write_bytes(body)
    return place


def fingerprint(place: Path) -> list[tuple[str, str, int, int]]:
    """What there is, and when it was changed."""
    found = []
    for path in sorted([place, *place.rglob("*")] if place.is_dir() else [place]):
        octets = path.read_bytes() if path.is_file() else b""
        state = path.stat()
        found.append((path.name, hashlib.sha256(octets).hexdigest(), state.st_mtime_ns, state.st_ino))
    return found


def left_on_disk(place: Path, kind: str) -> list[bytes]:
    if kind == "mbox":
        return [part.removesuffix(b"\n") for part in place.read_bytes().split(b"From x\n")[1:]]
    return [path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()]


KINDS = ["mbox", "Maildir", "eml"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("write", [False, True], ids=["read-only", "write"])
def test_deletions_reach_the_disk_only_with_write_and_quit(tmp_path: Path, kind: str, write: bool) -> None:
    place = mailbox_of(tmp_path, kind)
    before = fingerprint(place)
    with served("--mail", place, *(["--write"] if write else [])) as server:
        with Raw(server.port) as client:
            client.login()
            assert client.say("STAT").split()[1] == b"5"
            client.say("RETR 1")
            assert client.lines() == b"Subject: 1\r\n\r\n..body\r\n\xff\x00\r\n.\r\n"
            client.say("DELE 1")
        with Raw(server.port) as client:  # the first one is gone without QUIT
            client.login()
            client.say("DELE 2"), client.say("DELE 4"), client.say("DELE 5"), client.say("RSET")
            client.say("DELE 3"), client.say("DELE 5")
            assert fingerprint(place) == before
            assert client.say("QUIT") == b"+OK goodbye; 2 removed, 3 left"
        with Raw(server.port) as client:
            client.login()
            assert client.say("STAT").split()[1] == b"3"
        server.end()
    assert "(5 messages)" not in server.err and f", {kind})" in server.err
    if write:
        assert left_on_disk(place, kind) == [BODIES[0], BODIES[1], BODIES[3]]
    else:
        assert fingerprint(place) == before
    assert sorted(os.listdir(tmp_path)) == [kind]


@pytest.mark.parametrize("kind", KINDS)
def test_unique_ids_persist_from_one_run_to_the_next(tmp_path: Path, kind: str) -> None:
    place = mailbox_of(tmp_path, kind)
    uids: list[list[bytes]] = []
    for _ in range(3):
        with served("--mail", place, "--write") as server, Raw(server.port) as client:
            client.login()
            client.say("UIDL")
            uids.append([line.split(b" ")[1] for line in client.lines().splitlines()[:-1]])
            client.say("DELE 2")
            client.say("QUIT")
    assert [len(found) for found in uids] == [5, 4, 3]
    assert uids[1] == uids[0][:1] + uids[0][2:] and uids[2] == uids[1][:1] + uids[1][2:]


def test_a_mailbox_that_is_locked_keeps_its_mail_and_delays_nobody(tmp_path: Path) -> None:
    place = mailbox_of(tmp_path, "mbox")
    before = place.read_bytes()
    people: list[str | Path] = ["--user", "alice:secret", "--user", "bob:word", "--mail", place]
    with served(*people, "--write") as server, Raw(server.port) as client, Raw(server.port) as other:
        (tmp_path / "mbox.lock").touch()
        client.login()
        client.say("DELE 1"), client.say("DELE 3")
        other.login("bob", "word")
        begun = time.monotonic()
        client.send(b"QUIT\r\n")
        slowest = 0.0
        for _ in range(100):
            sent = time.monotonic()
            assert other.say("NOOP").startswith(b"+OK")
            slowest = max(slowest, time.monotonic() - sent)
        assert slowest < 1 < 2 < client.socket.gettimeout()  # type: ignore[operator]
        answer = client.line()
        assert answer.startswith(b"-ERR") and b"could not remove message 1, 3" in answer
        assert 2 < time.monotonic() - begun < 9
        assert client.rest() == b""
        assert place.read_bytes() == before
        (tmp_path / "mbox.lock").unlink()
        with Raw(server.port) as again:
            again.login()
            assert again.say("STAT").split()[1] == b"5"
            again.say("DELE 1")
            assert again.say("QUIT").startswith(b"+OK")
        server.end()
    assert left_on_disk(place, "mbox") == BODIES[1:]
    (line,) = [line for line in server.err.splitlines() if "in use" in line]
    assert line.startswith("popsim serve: ") and "mbox.lock" in line


def test_a_client_that_is_gone_right_after_quit(tmp_path: Path) -> None:
    """QUIT has been read: what was marked is removed, whether or not anybody hears the answer."""
    place = mailbox_of(tmp_path, "mbox")
    with served("--mail", place, "--write") as server:
        client = Raw(server.port)
        client.login()
        client.say("DELE 1")
        (tmp_path / "mbox.lock").touch()
        client.send(b"QUIT\r\n")
        time.sleep(0.2)
        client.close()
        time.sleep(0.2)
        with Raw(server.port) as again:
            assert b"locked" in again.login()  # the removal goes on, and the session with it
        (tmp_path / "mbox.lock").unlink()
        end = time.monotonic() + 10
        while left_on_disk(place, "mbox") != BODIES[1:]:
            assert time.monotonic() < end
            time.sleep(0.02)
        with Raw(server.port) as again:
            while not again.login().startswith(b"+OK"):
                assert time.monotonic() < end
            assert again.say("STAT").split()[1] == b"4"


@pytest.mark.parametrize("freed", [False, True])
def test_a_server_that_is_ended_while_it_waits_for_a_lock(tmp_path: Path, freed: bool) -> None:
    """What was begun is brought to its end, and the record says what has become of it."""
    place, record = mailbox_of(tmp_path, "mbox"), tmp_path / "r.jsonl"
    before = place.read_bytes()
    with served("--mail", place, "--write", "--record", record) as server, Raw(server.port) as client:
        (tmp_path / "mbox.lock").touch()
        client.login()
        client.say("DELE 1")
        client.send(b"QUIT\r\n")
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        if freed:
            time.sleep(0.3)
            (tmp_path / "mbox.lock").unlink()
        assert server.wait() == 0
    assert place.read_bytes() == before if not freed else left_on_disk(place, "mbox") == BODIES[1:]
    timeline = Timeline.load(record)
    last = timeline.at(len(timeline) - 1)
    assert last.marks("alice")[1] == ("removed" if freed else "kept") and last.lock("alice") is None
    assert last.state() == "CLOSED"


def test_mail_that_comes_while_it_runs_is_there_at_the_next_login(tmp_path: Path) -> None:
    place = mailbox_of(tmp_path, "mbox")
    with served("--mail", place, "--write") as server:
        with Raw(server.port) as client:
            client.login()
            with place.open("ab") as file:
                file.write(b"From x\nSubject: late\n\n\n")
            assert client.say("STAT").split()[1] == b"5"
            client.say("DELE 1")
            assert client.say("QUIT").startswith(b"+OK")
        with Raw(server.port) as client:
            client.login()
            assert client.say("STAT").split()[1] == b"5"
            client.say("TOP 5 0")
            assert client.lines() == b"Subject: late\r\n\r\n.\r\n"
    assert left_on_disk(place, "mbox") == [*BODIES[1:], b"Subject: late\n\n"]


def test_many_deliver_and_remove_at_the_same_time(tmp_path: Path) -> None:
    """Another program appends under the lock, as a mail system does; no message is lost, and none comes back."""
    place = mailbox_of(tmp_path, "mbox")
    code = (
        "import mailbox, sys, time\n"
        "box = mailbox.mbox(sys.argv[1], create=False)\nbox.close()\n"
        "for n in range(40):\n"
        "    box = mailbox.mbox(sys.argv[1], create=False)\n"
        "    while True:\n"
        "        try: box.lock(); break\n"
        "        except mailbox.ExternalClashError: time.sleep(0.005); box.close(); box = mailbox.mbox(sys.argv[1])\n"
        "    with open(sys.argv[1], 'ab') as file: file.write(b'From x\\nSubject: new %d\\n\\n\\n' % n)\n"
        "    box.unlock(); box.close(); time.sleep(0.01)\n"
    )
    removed = 0
    with served("--mail", place, "--write") as server:
        with subprocess.Popen([sys.executable, "-c", code, str(place)]) as delivers:
            while delivers.poll() is None:
                reader = poplib.POP3("127.0.0.1", server.port, timeout=20)
                reader.user("alice")
                reader.pass_("secret")
                count = reader.stat()[0]
                if count > 2:
                    reader.dele(1)
                    removed += 1
                reader.quit()
            assert delivers.wait(30) == 0
    found = left_on_disk(place, "mbox")
    assert removed > 3 and len(found) == 5 + 40 - removed
    assert found == [*BODIES, *(b"Subject: new %d\n\n" % n for n in range(40))][removed:]


def test_two_users_of_one_mailbox(tmp_path: Path) -> None:
    place = mailbox_of(tmp_path, "mbox")
    options = ["--user", "a:x", "--user", "b:y", "--mail", str(place), "--mail", f"b:{tmp_path}/./mbox"]
    said = complaint(popsim("serve", "--pop3", "0", "--write", *options), 2)
    assert "two users have the same mail" in said
    with served(*options) as server, Raw(server.port) as client:
        assert client.login("b", "y").startswith(b"+OK")


# --- ports and certificates


def test_several_ports_share_one_store(tmp_path: Path) -> None:
    people = ["--user", "alice:secret", "--user", "bob:word", "--mail", "four", "--mail", "bob:dots"]
    with served(*people, "--pop3", "0", "--pop3s", "0", "--pop3s", "0") as server:
        assert [line.split(":")[0] for line in server.lines] == ["pop3 127.0.0.1"] * 2 + ["pop3s 127.0.0.1"] * 2
        assert len(set(server.ports)) == 4
        context = ssl._create_unverified_context()
        first = poplib.POP3_SSL("127.0.0.1", server.ports[2], timeout=10, context=context)
        first.user("alice")
        first.pass_("secret")
        with Raw(server.ports[1]) as second:
            assert b"locked" in second.login()
            assert second.login("bob", "word").startswith(b"+OK")
        first.dele(1)
        first.quit()
        with Raw(server.ports[0]) as third:
            third.login()
            assert third.say("STAT").split()[1] == b"3"
        server.end()
    assert "stopped after 3 connections" in server.err


def test_only_tls(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "popsim", "serve", "--pop3s", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        assert line.startswith("pop3s 127.0.0.1:")
        reader = poplib.POP3_SSL(
            "127.0.0.1", int(line.rsplit(":", 1)[1]), timeout=10, context=ssl._create_unverified_context()
        )
        reader.quit()
        process.terminate()
        process.communicate(timeout=20)


def test_a_certificate_of_the_users_own(tmp_path: Path) -> None:
    from popsim.tls import fresh_certificate

    made = fresh_certificate("mail.example.org", "localhost")
    both, chain, key = (tmp_path / name for name in ("both.pem", "chain.pem", "key.pem"))
    both.write_text(made.certificate + made.key, encoding="ascii")
    chain.write_text(made.certificate, encoding="ascii")
    key.write_text(made.key, encoding="ascii")
    context = ssl.create_default_context(cadata=made.certificate)
    ways: list[list[str | Path]] = [["--cert", both], ["--cert", chain, "--key", key]]
    for options in ways:
        with served(*options) as server:
            reader = poplib.POP3("localhost", server.port, timeout=10)
            reader.stls(context)
            reader.quit()
            server.end()
        assert "made on the spot" not in server.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--cert", "nosuch.pem"], "cannot read 'nosuch.pem': No such file"),
        (["--cert", "text.pem"], "expected a certificate and its private key"),
        (["--cert", "other.pem"], "do not belong together"),
        (["--key", "text.pem"], "--key goes with --cert"),
    ],
)
def test_a_certificate_that_is_none(tmp_path: Path, options: list[str], words: str) -> None:
    from popsim.tls import fresh_certificate

    (tmp_path / "text.pem").write_text("hello\n", encoding="ascii")
    one, other = fresh_certificate("a"), fresh_certificate("b")
    (tmp_path / "other.pem").write_text(one.certificate + other.key, encoding="ascii")
    done = popsim("serve", "--pop3", "0", *options, cwd=tmp_path)
    assert words in complaint(done, done.returncode) and done.returncode in (1, 2)


def test_an_edition_and_a_policy() -> None:
    with served("--edition", "1460") as server, Raw(server.port) as client:
        assert client.say("CAPA").startswith(b"-ERR") and client.login() and client.say("LAST") == b"+OK 0"
    with served("--policy", "login-delay:60s", "--policy", "implementation:here") as server:
        with Raw(server.port) as client:
            client.say("CAPA")
            said = client.lines()
            assert b"LOGIN-DELAY 60" in said and b"IMPLEMENTATION here" in said and b"STLS" in said
            client.login()
            client.say("QUIT")
        with Raw(server.port) as client:
            assert client.login().startswith(b"-ERR [LOGIN-DELAY]")


def test_a_challenge_is_never_the_same(tmp_path: Path) -> None:
    challenges = set()
    for _ in range(2):
        with served("--mail", "four") as server:
            for _ in range(2):
                with Raw(server.port) as client:
                    assert b"<" not in client.greeting  # no user logs in by the digest of a greeting
                    challenges.add(client.say("AUTH CRAM-MD5"))
    assert len(challenges) == 4 and all(line.startswith(b"+ ") for line in challenges)


def test_threads_that_log_in_all_at_once_see_one_winner(tmp_path: Path) -> None:
    place = mailbox_of(tmp_path, "mbox")
    answers: list[bytes] = []
    with served("--mail", place, "--write") as server:
        barrier = threading.Barrier(8)

        def enter() -> None:
            with Raw(server.port) as client:
                barrier.wait(10)
                answers.append(client.login())
                barrier.wait(10)

        threads = [threading.Thread(target=enter) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert sorted(answer[:3] for answer in answers) == [b"+OK"] + [b"-ER"] * 7
