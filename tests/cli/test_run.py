"""`popsim run` and `popsim show`."""

from __future__ import annotations

import shlex
import stat
from pathlib import Path

import pytest

from popsim import __version__
from popsim.timeline import Timeline
from tests.cli.running import popsim

LOGIN = ["USER alice", "PASS secret"]


def shown(*arguments: str | Path, cwd: Path | None = None) -> list[str]:
    """The lines that a command prints."""
    done = popsim(*arguments, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def again(lines: list[str]) -> list[str]:
    """The arguments of the command line that a run ends with."""
    (line,) = (line for line in lines if line.startswith("again: "))
    words = shlex.split(line.removeprefix("again: "))
    assert words[0] == "popsim"
    return words[1:]


def test_a_session_with_states_and_times() -> None:
    lines = shown("run", "pop3", *LOGIN, "STAT", "RETR 1", "QUIT", "--delay", "40 ms")
    text = "\n".join(lines)
    assert "   160.0 ms  C: USER alice\n   200.0 ms  S: +OK" in text
    states = ("START -> AUTHORIZATION", "USER accepted -> TRANSACTION", "TRANSACTION -> UPDATE", "UPDATE -> CLOSED")
    assert all(words in text for words in states)
    assert "S: +OK 8 55443" in text and "From: Ana Popescu" in text
    assert lines[-2].endswith("600.0 ms, 45 octets from the client, 842 from the server")
    wanted = (
        "pop3 edition=1939 user=alice:secret mail=alice:inbox 'delay=40 ms' rate=unlimited mss=1460 seed=1 -- "
        "'USER alice' 'PASS secret' STAT 'RETR 1' QUIT"
    )
    assert again(lines) == ["run", "--scenario", wanted]


@pytest.mark.parametrize(
    "arguments",
    [
        [*LOGIN, "QUIT", "--rate", "1 Mbit/s", "--seed", "9"],
        [*LOGIN, "LAST", "QUIT", "--edition", "rfc1460", "--minimal"],
        [*LOGIN, "DELE 1", "connect>", "1> USER alice", "+5s> STAT", "pipelined> NOOP", "QUIT"],
        ["--fault", "cut before QUIT", *LOGIN, "DELE 1", "QUIT", "STAT"],
        ["--user", "bob:p$`w\"d", "--user", "al:x", "--mail", "dots", "--mail", "al:four", "USER bob", "PASS p$`w\"d"],
        ["PASS \\xff\\\\ ' \" !", "USER ană", ""],
        ["--", "-weird", "--help"],
    ],
    ids=lambda arguments: " ".join(arguments)[:30],
)
def test_the_scenario_that_is_printed_runs_the_same(arguments: list[str]) -> None:
    first = shown("run", "pop3", *arguments)
    assert shown(*again(first)) == first


def test_a_scenario_with_a_mail_file(tmp_path: Path) -> None:
    box = b"From a Thu Jan  1 00:00:00 1970\nSubject: mine\n\nhello\n"
    (tmp_path / "my box").write_bytes(box)
    first = shown("run", "pop3", *LOGIN, "RETR 1", "--mail", "my box", cwd=tmp_path)
    assert "                Subject: mine" in first
    assert again(first)[:3] == ["run", "--mail", "my box"]
    assert shown(*again(first), cwd=tmp_path) == first
    assert (tmp_path / "my box").read_bytes() == box
    (tmp_path / "my box").write_bytes(box + b"more\n")
    done = popsim(*again(first), cwd=tmp_path)
    assert done.returncode == 2 and "digest" in done.stderr


def test_commands_that_could_not_be_sent_are_named() -> None:
    lines = shown("run", "pop3", "QUIT", "STAT", "RETR 1", "1> NOOP")
    assert "not sent, because the connection was not open any more: STAT, RETR 1" in lines
    (line,) = (line for line in lines if line.endswith(": 1> NOOP"))
    assert line.startswith("not sent, because")


def test_octets_that_are_no_text() -> None:
    done = popsim("run", "pop3", b"NO\xffOP".decode("utf-8", "surrogateescape"))
    assert done.returncode == 0 and "C: NO\\xffOP" in done.stdout
    assert again(done.stdout.splitlines())[-1].endswith("'NO\\xffOP'")


def test_a_terminal_without_the_characters() -> None:
    done = popsim("run", "pop3", "USER ană", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert done.returncode == 0 and "C: USER an" in done.stdout


def test_what_is_saved_is_shown_again(tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    path.write_text("something older", encoding="ascii")
    lines = shown("run", "pop3", *LOGIN, "RETR 6", "QUIT", "--save", path)
    assert lines[-1] == f"saved: {path}"
    assert shown("show", path) == lines[:-2]
    assert [p.name for p in tmp_path.iterdir()] == ["session.jsonl"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600  # it holds a password
    assert Timeline.load(path).header["scenario"] == again(lines)[-1]


def test_a_link_is_followed_and_kept(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "real" / "target.jsonl")
    shown("run", "pop3", "QUIT", "--save", tmp_path / "link.jsonl")
    assert (tmp_path / "link.jsonl").is_symlink() and (tmp_path / "real" / "target.jsonl").is_file()


def test_version_and_help() -> None:
    assert shown("--version") == [f"popsim {__version__}"]
    listed = shown()
    assert listed == shown("--help")
    for command in ("lab", "run", "show", "table", "diagram", "serve"):
        assert any(line.startswith(f"  {command} ") for line in listed)
        assert shown(command, "-h")[0].startswith(f"Usage: popsim {command} ")
