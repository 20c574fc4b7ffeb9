"""`popsim read`: the mail sessions in a capture, as a list, as a text and as a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from popsim import Lab, pop3
from popsim.capture.writer import PcapngWriter
from popsim.timeline.event import CLIENT
from tests.cli.running import complaint, popsim


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with recordings of two sessions, one of which has a client that breaks the protocol."""
    path = tmp_path_factory.mktemp("captures")
    lab = Lab(pop3, mail=None)
    lab.run("USER alice", "PASS secret", "RETR 1", "connect>", "1> PASS hunter2", "1> QUIT", "QUIT")
    for suffix in ("jsonl", "pcap", "pcapng"):
        lab.timeline.save(path / f"two.{suffix}")
    tls = Lab(pop3.extended(), mail=None)
    tls.run("STLS", "USER alice", "PASS secret", "QUIT")
    tls.timeline.save(path / "tls.pcapng")
    (path / "no.pcap").write_bytes(b"no capture")
    return path


def shown(*arguments: str | Path, cwd: Path) -> str:
    done = popsim("read", *arguments, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("suffix", ["jsonl", "pcap", "pcapng"])
def test_the_list_the_states_and_the_first_breach(folder: Path, suffix: str) -> None:
    text = shown(f"two.{suffix}", cwd=folder)
    lines = text.splitlines()
    assert lines[0].startswith(f"two.{suffix}: ") and lines[0].endswith("2 TCP connections")
    assert lines[1].split() == [
        *("stream", "begins", "client", "server", "protocol", "messages", "octets", "ends", "breaches")
    ]
    assert [line.split()[0] for line in lines[2:4]] == ["0", "1"]
    assert lines[2].endswith("none") and lines[3].endswith("1")
    assert "USER accepted -> TRANSACTION" in text and "C: PASS ****" in text
    assert "secret" not in text and "hunter2" not in text
    (mark,) = (line for line in lines if "^" in line)
    assert lines[lines.index(mark) - 1].endswith("C: PASS ****")
    assert mark.strip() == (
        "^ the first line that breaks the protocol, by the client: PASS in AUTHORIZATION; "
        "expected: PASS in USER accepted only (RFC 1939 §7)"
    )
    assert text.count("no line breaks the protocol") == 1


def test_one_stream_and_its_secrets(folder: Path) -> None:
    text = shown("two.pcapng", "--stream", "1", "--secrets", cwd=folder)
    assert "C: PASS hunter2" in text and "alice" not in text and "stream 0" not in text


def test_a_page(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.html"
    text = shown("two.pcapng", "--html", target, cwd=folder)
    page = target.read_text(encoding="utf-8")
    assert text.splitlines()[-1] == f"written: {target}"
    assert page.startswith("<!doctype html>") and "RETR 1" in page and "hunter2" not in page
    assert "PASS in AUTHORIZATION" in page
    shown("two.pcapng", "--html", target, "--stream", "1", "--secrets", cwd=folder)
    assert "hunter2" in target.read_text(encoding="utf-8")


def test_what_crossed_under_tls(folder: Path) -> None:
    text = shown("tls.pcapng", cwd=folder)
    assert "AUTHORIZATION -> TLS handshake" in text and "alice" not in text
    assert "an eavesdropper reads nothing" in text and "handshake: client hello" in text


def test_an_edition(folder: Path) -> None:
    assert "no line breaks" in shown("two.pcapng", "--edition", "1460", "--stream", "0", cwd=folder)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["none.pcap"], 1, "cannot read 'none.pcap': No such file or directory"),
        (["no.pcap"], 1, "no.pcap"),
        (["two.pcap", "--stream", "2"], 1, "there is no stream 2 in 'two.pcap': it has the streams 0 to 1"),
        (["two.pcap", "--stream", "x"], 2, "expected a connection's number from 0"),
        (["two.pcap", "--html", "x.txt"], 2, "expected a name that ends in .html"),
        (["two.pcap", "--edition", "9"], 2, "has the editions"),
        ([], 2, "Missing argument 'FILE'"),
        (["."], 1, "cannot read '.'"),
    ],
)
def test_bad_input_is_told_in_one_line(folder: Path, arguments: list[str], code: int, words: str) -> None:
    assert words in complaint(popsim("read", *arguments, cwd=folder), code)


def test_what_is_no_mail_is_counted(tmp_path: Path) -> None:
    """TLS on a port that no mail protocol has: nothing in it tells what it is."""
    with open(tmp_path / "web.pcapng", "wb") as file:
        writer = PcapngWriter(file, port=8443)
        writer.opened(0, 0, ("192.0.2.1", 40000), ("192.0.2.2", 8443))
        writer.said(1_000, 0, CLIENT, bytes.fromhex("1603010002") + b"hi")
        writer.closed(2_000, 0)
        writer.finish(3_000)
    text = shown("web.pcapng", cwd=tmp_path)
    assert "no mail session\n1 more look like no mail protocol (server's port: 8443); --stream N lists one" in text
    assert "unknown" in shown("web.pcapng", "--stream", "0", cwd=tmp_path)
