"""Whatever is wrong is said in one line that names what was expected and what came; never a traceback."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli.running import COMMAND, complaint, environment, popsim

USAGE, FAILED = 2, 1

# The command line, the exit code, and words that its complaint must have.
CASES: list[tuple[list[str], int, list[str]]] = [
    (["rum"], USAGE, ["expected", "run", "serve", "'rum'", "did you mean run?"]),
    (["--nosuch"], USAGE, ["--nosuch"]),
    (["run", "--nosuch"], USAGE, ["--nosuch", "popsim run --help"]),
    (["run"], USAGE, ['popsim run pop3 "USER alice"']),
    (["run", "pop4", "QUIT"], USAGE, ["pop3, imap, smtp, pop2, pop1, imap2, not 'pop4'", "did you mean pop"]),
    (["run", "USER alice"], USAGE, ["pop3", "'USER alice'"]),
    (["run", "pop3", "--edition", "1726"], USAGE, ["--edition", "1081, 1225, 1460, 1725, 1939", "'1726'"]),
    (["run", "pop3", "--delay", "40"], USAGE, ["--delay", "'40 ms'", "got '40'"]),
    (["run", "pop3", "--delay", "-4 ms"], USAGE, ["--delay", "'-4 ms'"]),
    (["run", "pop3", "--delay", "9999999999 h"], USAGE, ["--delay", "at most"]),
    (["run", "pop3", "--rate", "fast"], USAGE, ["--rate", "'1 Mbit/s'", "'fast'"]),
    (["run", "pop3", "--user", "alice"], USAGE, ["--user", "NAME:SECRET", "'alice'"]),
    (["run", "pop3", "--user", "a:b", "--user", "a:c"], USAGE, ["two users", "'a'"]),
    (["run", "pop3", "--user", "a:b:cd"], USAGE, ["'CD'", "no command"]),
    (["run", "pop3", "--fault", "cut me"], USAGE, ["--fault", "cut before", "'cut me'"]),
    (["run", "pop3", "--fault", "keep bob 2"], USAGE, ["'bob'", "alice"]),
    (["run", "pop3", "--seed", "-1"], USAGE, ["--seed", "whole number", "'-1'"]),
    (["run", "pop3", "+soon> QUIT"], USAGE, ["COMMAND", "a time such as"]),
    (["run", "pop3", "NO\\op"], USAGE, ["COMMAND", "escapes"]),
    (["run", "pop3", "--mail", "nosuch.mbox"], FAILED, ["--mail", "'nosuch.mbox'", "No such file", "inbox"]),
    (["run", "pop3", "--mail", "inbx"], FAILED, ["did you mean 'inbox'?"]),
    (["run", "pop3", "--mail", "folder"], FAILED, ["'folder' is a folder"]),
    (["run", "pop3", "--mail", "text.txt"], FAILED, ["'text.txt' is no mbox", "From "]),
    (["run", "pop3", "--mail", "inbox", "--mail", "dots"], USAGE, ["'dots'", "NAME:dots"]),
    (["run", "pop3", "--save", "x.txt"], USAGE, ["--save", ".jsonl", "'x.txt'"]),
    (["run", "pop3", "--save", "nosuch/x.jsonl"], USAGE, ["--save", "'nosuch/x.jsonl'", "No such file"]),
    (["run", "pop3", "--save", "dir.jsonl"], USAGE, ["--save", "'dir.jsonl'", "folder"]),
    (["run", "--scenario", "pop3 -- QUIT", "STAT"], USAGE, ["--scenario", "'STAT'"]),
    (["run", "--scenario", "pop3 -- QUIT", "--minimal"], USAGE, ["--scenario", "--minimal"]),
    (["run", "--scenario", "pop3 'open"], USAGE, ["--scenario", "quot"]),
    (["run", "--scenario", "pop3 colour=red"], USAGE, ["--scenario", "'colour'"]),
    (["run", "--scenario", "pop3 mail=alice:0123456789abcdef --"], USAGE, ["0123456789abcdef", "--mail"]),
    (["run", "--scenario", "pop3 mail=bob:inbox --"], USAGE, ["'bob'", "alice"]),
    (["show"], USAGE, ["FILE"]),
    (["show", "nosuch.jsonl"], FAILED, ["'nosuch.jsonl'", "No such file"]),
    (["show", "folder"], FAILED, ["'folder'", "directory"]),
    (["show", "text.txt"], FAILED, ["text.txt"]),
    (["show", "empty.jsonl"], FAILED, ["empty.jsonl"]),
    (["show", "header.jsonl"], FAILED, ["header.jsonl"]),
    (["table", "imap3"], USAGE, ["pop3", "'imap3'"]),
    (["table", "pop3", "--edition", "rfc2"], USAGE, ["1081, 1225, 1460, 1725, 1939", "'rfc2'"]),
    (["diagram", "pop3", "-o"], USAGE, ["-o"]),
    (["diagram", "pop3", "-o", "x.gif"], USAGE, [".svg", ".png", "'x.gif'"]),
    (["diagram", "pop3", "-o", "text.txt/x.svg"], USAGE, ["'text.txt/x.svg'"]),
    (["serve"], USAGE, ["--pop3"]),
    (["serve", "--pop3", "70000"], USAGE, ["--pop3", "0 to 65535", "'70000'"]),
    (["serve", "--pop3", "-1"], USAGE, ["--pop3", "'-1'"]),
    (["serve", "--pop3", "pop3"], USAGE, ["--pop3", "'pop3'"]),
    (["serve", "--pop3", "0", "--host", "192.0.2.1"], FAILED, ["192.0.2.1", "127.0.0.1"]),
    (["serve", "--pop3", "0", "--mail", "nosuch.mbox"], FAILED, ["nosuch.mbox"]),
    (["serve", "--pop3", "0", "--record", "x"], USAGE, ["--record", ".jsonl", "'x'"]),
    (["serve", "--pop3", "0", "--record", "nosuch/x.jsonl"], USAGE, ["--record", "nosuch/x.jsonl"]),
    (["lab", "--port", "99999"], USAGE, ["--port", "65535", "'99999'"]),
    (["lab", "text.txt", "--no-browser"], FAILED, ["text.txt", "folder"]),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files that are not what they are taken for."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "folder").mkdir()
    (folder / "folder" / "notes.txt").write_text("no mail\n", encoding="utf-8")
    (folder / "dir.jsonl").mkdir()
    (folder / "text.txt").write_text("no mbox, no timeline\n", encoding="utf-8")
    (folder / "empty.jsonl").write_bytes(b"")
    header = '{"format":"popsim timeline 1","protocol":"pop9","edition":[],"mail":{}}\n'
    (folder / "header.jsonl").write_text(header, encoding="utf-8")
    return folder


@pytest.mark.parametrize(("arguments", "code", "words"), CASES, ids=[" ".join(case[0]) for case in CASES])
def test_one_line(folder: Path, arguments: list[str], code: int, words: list[str]) -> None:
    before = sorted(folder.iterdir())
    said = complaint(popsim(*arguments, cwd=folder), code)
    assert [word for word in words if word not in said] == [], said
    assert sorted(folder.iterdir()) == before


def test_the_mail_is_never_written_over(tmp_path: Path) -> None:
    box = tmp_path / "box.jsonl"
    box.write_bytes(b"From a Thu Jan  1 00:00:00 1970\n\n")
    (tmp_path / "link.jsonl").symlink_to(box)
    commands = ["run pop3 --save", "run --scenario pop3 --save", "serve --pop3 0 --record"]
    for arguments in map(str.split, commands):
        said = complaint(popsim(*arguments, tmp_path / "link.jsonl", "--mail", box), USAGE)
        assert "never written" in said or "exists: choose another name" in said
    assert box.read_bytes().startswith(b"From ")


def test_a_port_that_is_taken(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for arguments in (["serve", "--pop3", port], ["lab", "--port", port, "--no-browser"]):
            said = complaint(popsim(*arguments, cwd=folder), FAILED)
            assert port in said and "another program" in said


def test_what_may_not_be_read_or_written(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("the administrator may")
    (tmp_path / "box").write_bytes(b"From a Thu Jan  1 00:00:00 1970\n\n")
    (tmp_path / "box").chmod(0)
    assert "Permission denied" in complaint(popsim("run", "pop3", "--mail", tmp_path / "box"), FAILED)
    tmp_path.chmod(0o500)
    assert "Permission denied" in complaint(popsim("run", "pop3", "--save", tmp_path / "x.jsonl"), USAGE)


def test_a_disk_that_is_full() -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    with open("/dev/full", "w", encoding="utf-8") as full:
        command = [*COMMAND, "run", "pop3", "QUIT"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, env=environment())
    assert (done.returncode, done.stderr) == (1, "popsim: No space left on device\n")


def test_a_reader_that_has_seen_enough() -> None:
    many = ["NOOP"] * 3000
    command = [*COMMAND, "run", "pop3", "USER alice", "PASS secret", *many]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as process:
        assert process.stdout and process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) != 0


def test_ctrl_c(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    # The signal's usual meaning, which a process in the background may have inherited otherwise.
    code = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); sys.argv[0] = 'popsim'"
    command = [COMMAND[0], "-c", f"{code}; from popsim.cli import main; main()", "show", str(pipe)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as process:
        with open(pipe, "wb"):  # it is reading now
            time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            assert process.stderr and process.stderr.read() == b"popsim: interrupted\n"
        assert process.wait(60) == 130


def test_octets_of_a_terminal_are_not_repeated() -> None:
    said = complaint(popsim("show", "\x1b[31m\nred\u202e"), FAILED)
    assert "\x1b" not in said and "\u202e" not in said


def test_a_file_that_was_damaged(tmp_path: Path) -> None:
    """Whatever was done to a saved session, it is shown or refused in one line."""
    good = tmp_path / "good.jsonl"
    assert popsim("run", "pop3", "USER alice", "PASS secret", "RETR 1", "QUIT", "--save", good).returncode == 0
    lines = good.read_text(encoding="ascii").splitlines()
    chance = random.Random(7)
    for number in range(12):
        damaged = list(lines)
        at = chance.randrange(len(lines))
        cut = chance.randrange(len(lines[at]))
        if number % 3 == 0:
            damaged[at] = lines[at][:cut]
        elif number % 3 == 1:
            damaged[at] = lines[at][:cut] + chance.choice("0[{\"-9") + lines[at][cut + 1 :]
        else:
            del damaged[at]
        bad = tmp_path / "bad.jsonl"
        bad.write_text("\n".join(damaged) + "\n", encoding="ascii")
        done = popsim("show", bad)
        if done.returncode:
            complaint(done, FAILED)
        else:
            assert done.stderr == ""
