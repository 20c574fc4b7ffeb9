"""IMAP clients that nobody here wrote read a nasty mailbox from `popsim serve` and add to it, octet for octet."""

from __future__ import annotations

import asyncio
import imaplib
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.judges.house import NASTY, SECRET, House, house
from tests.programs import require_program

WAYS = ("clear", "STARTTLS", "imaps")


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Alice's mailbox is nasty, and nobody changes it; bob's is empty, and everybody may."""
    with house(tmp_path_factory.mktemp("nasty"), NASTY) as found:
        yield found


def opened(nasty: House, way: str = "clear", user: str = "alice") -> imaplib.IMAP4:
    """Python's client, logged in."""
    if way == "imaps":
        client: imaplib.IMAP4 = imaplib.IMAP4_SSL("localhost", nasty["imaps"], ssl_context=nasty.trust(), timeout=20)
    else:
        client = imaplib.IMAP4("localhost", nasty["imap"], timeout=20)
    if way == "STARTTLS":
        client.starttls(nasty.trust())
    assert client.login(user, SECRET)[0] == "OK"
    return client


@pytest.fixture(autouse=True)
def _bob_has_nothing(nasty: House) -> None:
    client = opened(nasty, user="bob")
    client.select("INBOX")
    client.uid("STORE", "1:*", "+FLAGS", r"(\Deleted)")
    client.close()
    client.logout()


@pytest.mark.parametrize("way", WAYS)
def test_imaplib(nasty: House, way: str) -> None:
    client = opened(nasty, way)
    try:
        count = len(nasty.wanted)
        assert client.select("INBOX", readonly=True) == ("OK", [b"%d" % count])
        kind, found = client.fetch("1:*", "(UID BODY.PEEK[])")
        assert kind == "OK"
        assert [part[1] for part in found if isinstance(part, tuple)] == nasty.by_imap
        kind, found = client.uid("FETCH", "1:*", "(RFC822.SIZE)")
        sizes = [int(number) for line in found for number in re.findall(rb"RFC822\.SIZE (\d+)", line)]  # type: ignore[arg-type]
        assert sizes == [len(message) for message in nasty.wanted]
        halves = []
        for number, octets in enumerate(nasty.by_imap, 1):
            half = len(octets) // 2
            parts = [client.fetch(f"{number}", f"(BODY.PEEK[]<{start}.{half + 1}>)")[1] for start in (0, half + 1)]
            halves.append(b"".join(part[0][1] for part in parts if isinstance(part[0], tuple)))
        assert halves == nasty.by_imap
        assert client.search(None, "SUBJECT", '"eight bits"') == ("OK", [b"4"])
    finally:
        client.logout()


def test_imaplib_appends_every_message_and_reads_it_again(nasty: House) -> None:
    client = opened(nasty, user="bob")
    sent = [m for m in nasty.wanted if not re.search(rb"\0|\r(?!\n)", m)]  # it makes CRLF of CR itself
    try:
        assert client.create("&U,BTFw-")[0] == "OK"
        for message in sent:
            kind, said = client.append("&U,BTFw-", r"(\Seen $Odd)", imaplib.Time2Internaldate(86_400.0), message)
            assert kind == "OK", said
        assert client.select("&U,BTFw-") == ("OK", [b"%d" % len(sent)])
        found = client.fetch("1:*", "(FLAGS INTERNALDATE BODY[])")[1]
        parts = [part for part in found if isinstance(part, tuple)]
        assert [part[1] for part in parts] == sent
        assert all(set(imaplib.ParseFlags(part[0])) >= {rb"\Seen", b"$Odd"} for part in parts)
        assert all(time.mktime(imaplib.Internaldate2tuple(part[0])) == 86_400 for part in parts)  # type: ignore[arg-type]
        assert client.store("1:3", "+FLAGS", r"(\Deleted)")[0] == "OK"
        assert client.expunge() == ("OK", [b"1", b"1", b"1"])
        assert client.close()[0] == "OK"
        assert client.delete("&U,BTFw-")[0] == "OK"
    finally:
        client.logout()


@pytest.mark.parametrize("way", WAYS)
def test_imapclient(nasty: House, way: str) -> None:
    client = imap_client(nasty, way, "alice")
    try:
        assert client.select_folder("INBOX", readonly=True)[b"EXISTS"] == len(nasty.wanted)
        found = client.fetch(client.search(), ["BODY.PEEK[]", "RFC822.SIZE", "ENVELOPE", "BODYSTRUCTURE", "FLAGS"])
        assert [found[uid][b"BODY[]"] for uid in sorted(found)] == nasty.by_imap
        assert [found[uid][b"RFC822.SIZE"] for uid in sorted(found)] == list(map(len, nasty.wanted))
        envelope = found[client.search(["SUBJECT", "plain"])[0]][b"ENVELOPE"]
        assert (envelope.subject, str(envelope.from_[0])) == (b"plain", "a@example.org")
        assert {(s[0].lower(), s[1].lower()) for one in found.values() if (s := one[b"BODYSTRUCTURE"])} == {
            (b"text", b"plain")
        }
        assert client.search(["TEXT", "ţară"], "UTF-8") == [5]
    finally:
        client.logout()


def imap_client(nasty: House, way: str, user: str) -> Any:
    """IMAPClient, logged in."""
    import imapclient

    secure = way == "imaps"
    context = nasty.trust()
    port = nasty["imaps" if secure else "imap"]
    client = imapclient.IMAPClient("localhost", port, ssl=secure, ssl_context=context if secure else None, timeout=20)
    if way == "STARTTLS":
        client.starttls(context)
    client.login(user, SECRET)
    return client


def test_imapclient_changes_a_mailbox(nasty: House) -> None:
    client = imap_client(nasty, "clear", "bob")
    try:
        assert client.has_capability("IDLE") and client.has_capability("MOVE") and client.has_capability("CONDSTORE")
        client.create_folder("Lăzi/Vechi")
        for message in nasty.wanted[:3]:
            said = client.append("INBOX", message, flags=[rb"\Flagged"])
            assert b"APPENDUID" in said
        opened = client.select_folder("INBOX")
        first, second, third = client.search("FLAGGED")
        assert opened[b"UIDNEXT"] == third + 1
        client.move([second], "Lăzi/Vechi")
        assert client.search() == [first, third]
        client.copy([first], "Lăzi/Vechi")
        assert client.folder_status("Lăzi/Vechi", ["MESSAGES", "UNSEEN"]) == {b"MESSAGES": 2, b"UNSEEN": 2}
        before = client.folder_status("INBOX", ["HIGHESTMODSEQ"])[b"HIGHESTMODSEQ"]
        client.add_flags([first], [rb"\Seen"])
        assert list(client.fetch(client.search(), ["FLAGS"], modifiers=[f"CHANGEDSINCE {before}"])) == [first]
        client.delete_messages([first, third])
        client.uid_expunge([third])
        assert client.search() == [first]
        client.select_folder("Lăzi/Vechi", readonly=True)
        found = client.fetch(client.search(), ["BODY[]"])
        assert sorted(one[b"BODY[]"] for one in found.values()) == sorted(nasty.wanted[:2])
        client.unselect_folder()
        assert [name for _, _, name in client.list_folders()] == ["INBOX", "Lăzi", "Lăzi/Vechi"]
        client.rename_folder("Lăzi/Vechi", "Noi")
        client.delete_folder("Noi")
        client.delete_folder("Lăzi")
        client.select_folder("INBOX")
        client.delete_messages([first])
        client.close_folder()
    finally:
        client.logout()


def test_imapclient_waits_for_news(nasty: House) -> None:
    waits, works = imap_client(nasty, "clear", "bob"), imap_client(nasty, "imaps", "bob")
    try:
        waits.select_folder("INBOX")
        waits.idle()
        works.append("INBOX", nasty.wanted[0])
        assert waits.idle_check(timeout=10) == [(1, b"EXISTS"), (1, b"RECENT")]
        works.select_folder("INBOX")
        works.add_flags(works.search(), [rb"\Deleted"])
        ((number, kind, what),) = waits.idle_check(timeout=10)
        assert (number, kind) == (1, b"FETCH") and rb"\Deleted" in what[1]
        works.expunge()
        assert waits.idle_check(timeout=10) == [(1, b"EXPUNGE")]
        assert waits.idle_done()[0].startswith(b"the waiting has ended")
    finally:
        waits.shutdown()
        works.shutdown()


@pytest.mark.parametrize("secure", [False, True], ids=["clear", "imaps"])
def test_aioimaplib(nasty: House, secure: bool) -> None:
    import aioimaplib

    async def login() -> Any:
        if secure:
            client = aioimaplib.IMAP4_SSL("localhost", nasty["imaps"], timeout=20, ssl_context=nasty.trust())
        else:
            client = aioimaplib.IMAP4("localhost", nasty["imap"], timeout=20)
        await client.wait_hello_from_server()
        assert (await client.login("bob", SECRET)).result == "OK"
        assert (await client.select("INBOX")).result == "OK"
        return client

    async def talk() -> list[bytes]:
        waits, works = await login(), await login()
        idle = await waits.idle_start(timeout=20)
        assert (await works.append(nasty.wanted[1], "INBOX")).result == "OK"
        news = await waits.wait_server_push()
        waits.idle_done()
        assert (await asyncio.wait_for(idle, 20)).result == "OK"
        fetched = await waits.uid("fetch", "1:*", "(BODY.PEEK[])")
        assert fetched.result == "OK" and bytes(fetched.lines[1]) == nasty.wanted[1]
        assert (await works.store("1:*", "+FLAGS", r"(\Deleted)")).result == "OK"
        assert (await works.expunge()).result == "OK"
        for client in (waits, works):
            assert (await client.logout()).result == "OK"
        return list(news)

    assert b"1 EXISTS" in asyncio.run(talk())


def curl(nasty: House, url: str, *options: str | Path, user: str = "alice") -> bytes:
    """What curl writes."""
    program = require_program("curl", package="curl")
    command = [program, "--silent", "--show-error", "--max-time", "20", "--user", f"{user}:{SECRET}", url, *options]
    done = subprocess.run(list(map(str, command)), capture_output=True, timeout=30)
    assert done.returncode == 0, (url, done.stderr)
    return done.stdout


@pytest.mark.parametrize("way", WAYS)
def test_curl(nasty: House, way: str) -> None:
    secure = way == "imaps"
    place = f"{'imaps' if secure else 'imap'}://localhost:{nasty['imaps' if secure else 'imap']}/INBOX"
    tls = [] if way == "clear" else ["--cacert", str(nasty.authority)] + ["--ssl-reqd"] * (not secure)
    numbers = [0, 1, 5, 12, len(nasty.wanted) - 1] if way == "clear" else [1, 4]
    for number in numbers:
        assert curl(nasty, f"{place};UID={number + 1}", *tls) == nasty.by_imap[number]
    header = curl(nasty, f"{place};MAILINDEX=2;SECTION=HEADER.FIELDS%20(SUBJECT)", *tls)
    assert header == b"Subject: dots\r\n\r\n"
    assert curl(nasty, f"{place}?SUBJECT%20dots", *tls) == b"* SEARCH 2\r\n"
    assert curl(nasty, place, "-X", "SEARCH SMALLER 30 NOT BODY x", *tls).startswith(b"* SEARCH")
    assert curl(nasty, place.removesuffix("INBOX"), *tls).startswith(b"* LIST (")
    letter = nasty.folder / "letter"
    letter.write_bytes(nasty.wanted[3])
    curl(nasty, place, "--upload-file", letter, *tls, user="bob")
    client = opened(nasty, user="bob")
    try:
        client.select("INBOX")
        assert client.fetch("*", "(BODY[])")[1][0][1] == nasty.wanted[3]  # type: ignore[index]
        client.store("1:*", "+FLAGS", r"(\Deleted)")
        client.expunge()
    finally:
        client.logout()
