"""Mail files: exact octets, judged by the standard library; the file is left alone."""

from __future__ import annotations

import mailbox
import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from popsim.mail import mbox
from popsim.mail.message import Message

TRICKY = b"""\
From ana@example.org Mon Mar  4 08:15:00 2024
From: Ana
Subject: =?UTF-8?Q?m=C4=83m=C4=83lig=C4=83?=

.first
.
>From here a quoted line, and >>From there another
 From with a space, from in small letters
From: in the body, with a colon

two blank lines follow, one of them is the format's


From cristi@example.org Tue Mar  5 08:15:00 2024
Subject: 8 bit and odd octets

m\xc4\x83m\xc4\x83lig\xc4\x83 \xff\x00 \r in the line
a line that ends in CR LF already\r
From nobody without a blank line before
Subject: empty body

From dan@example.org Wed Mar  6 08:15:00 2024
From radu@example.org Thu Mar  7 08:15:00 2024

a body without a header
From ioana@example.org Fri Mar  8 08:15:00 2024
Subject: no line end at the end of the file

the last line"""


def write(folder: Path, data: bytes, name: str = "mail.mbox") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def judged(path: Path) -> list[bytes]:
    """What the standard library takes out of the file, with CR LF (and one at the very end)."""
    box = mailbox.mbox(path, create=False)
    try:
        found = [re.sub(rb"(?<!\r)\n", b"\r\n", box.get_bytes(key)) for key in box.iterkeys()]
    finally:
        box.close()
    return [data if not data or data.endswith(b"\r\n") else data + b"\r\n" for data in found]


def test_a_tricky_file(tmp_path: Path) -> None:
    path = write(tmp_path, TRICKY)
    mail = mbox.read(path)
    assert [message.octets for message in mail] == judged(path)
    assert mail.name == "mbox:mail.mbox" and len(mail) == 6
    assert mail[0].header("Subject") == "mămăligă"
    assert mail[0].octets.endswith(b"one of them is the format's\r\n\r\n")
    assert b"\r\n>From here a quoted line, and >>From there another\r\n" in mail[0].octets
    assert b" \xff\x00 \r in the line\r\na line that ends in CR LF already\r\n" in mail[1].octets
    assert mail[2].octets == b"Subject: empty body\r\n"
    assert mail[3].octets == b""
    assert mail[4].octets == b"\r\na body without a header\r\n"
    assert mail[5].octets.endswith(b"\r\nthe last line\r\n")


def test_the_file_and_its_folder_are_left_alone(tmp_path: Path) -> None:
    path = write(tmp_path, TRICKY)
    os.utime(path, ns=(1_700_000_000_123_456_789, 1_700_000_001_987_654_321))
    before = path.stat()
    mail = mbox.read(path)
    after = path.stat()
    for what in ("st_mtime_ns", "st_ctime_ns", "st_size", "st_ino", "st_mode", "st_nlink"):
        assert getattr(after, what) == getattr(before, what), what
    assert path.read_bytes() == TRICKY
    assert os.listdir(tmp_path) == ["mail.mbox"], "no lock, no copy"
    assert mbox.read(str(path)) == mail


def test_a_file_that_may_only_be_read(tmp_path: Path) -> None:
    path = write(tmp_path, TRICKY)
    path.chmod(0o400)
    tmp_path.chmod(0o500)
    try:
        assert len(mbox.read(path)) == 6
    finally:
        tmp_path.chmod(0o700)


def test_a_file_that_another_program_has_locked(tmp_path: Path) -> None:
    path = write(tmp_path, TRICKY)
    box = mailbox.mbox(path, create=False)
    box.lock()
    try:
        names = sorted(os.listdir(tmp_path))
        assert len(mbox.read(path)) == 6
        assert sorted(os.listdir(tmp_path)) == names
    finally:
        box.close()
    assert path.read_bytes() == TRICKY


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_both_kinds_of_line_ends_give_the_same_mail(tmp_path: Path, end: bytes) -> None:
    lines = [b"From a", b"A: 1", b"", b"x", b"", b"", b"From b", b"", b"From c", b"B: 2", b"", b""]
    mail = mbox.read(write(tmp_path, end.join([*lines, b""])))
    assert [message.octets for message in mail] == [b"A: 1\r\n\r\nx\r\n\r\n", b"", b"B: 2\r\n\r\n"]


LINE = [b"From x", b"From ", b"", b">From x", b"From", b".", b"A: b", b"text", b"\xff\x00", b"\r"]
LINES = st.lists(st.sampled_from(LINE), max_size=14)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(LINES, st.booleans())
def test_any_mbox_is_read_as_the_library_reads_it(tmp_path: Path, lines: list[bytes], end: bool) -> None:
    data = b"\n".join([b"From start", *lines]) + (b"\n" if end else b"")
    path = write(tmp_path, data)
    assert [message.octets for message in mbox.read(path)] == judged(path)
    assert path.read_bytes() == data


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n\n"])
def test_an_empty_file_is_an_empty_mailbox(tmp_path: Path, data: bytes) -> None:
    mail = mbox.read(write(tmp_path, data))
    assert (len(mail), mail.name) == (0, "mbox:mail.mbox")


def test_blank_lines_at_the_beginning_do_no_harm(tmp_path: Path) -> None:
    assert [m.octets for m in mbox.read(write(tmp_path, b"\n\nFrom x\nA: b\n"))] == [b"A: b\r\n"]


def test_messages_have_no_unique_id_of_their_own(tmp_path: Path) -> None:
    assert [message.uid for message in mbox.read(write(tmp_path, b"From x\nA: b\n"))] == [None]
    assert mbox.read(tmp_path / "mail.mbox")[0] == Message(b"A: b\r\n")


def test_the_home_folder_has_a_short_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write(tmp_path, b"From x\n")
    assert len(mbox.read("~/mail.mbox")) == 1


# --- what cannot be read: one clear line


def refusal(path: str | Path) -> str:
    with pytest.raises(mbox.MboxError) as error:
        mbox.read(path)
    text = str(error.value)
    assert "\n" not in text and isinstance(error.value, ValueError)
    assert error.value.__cause__ is None
    assert error.value.__context__ is None or error.value.__suppress_context__
    return text


def test_a_missing_file_is_not_created(tmp_path: Path) -> None:
    text = refusal(tmp_path / "no\nsuch.mbox")
    assert "no\\nsuch.mbox" in text and text.endswith("No such file or directory")
    assert os.listdir(tmp_path) == []


def test_a_folder(tmp_path: Path) -> None:
    assert "is a folder: give the path of an mbox file" in refusal(tmp_path)


def test_a_path_through_a_file(tmp_path: Path) -> None:
    assert "Not a directory" in refusal(write(tmp_path, b"From x\n") / "below")


def test_a_path_that_cannot_be(tmp_path: Path) -> None:
    assert "null" in refusal("a\0b")
    assert "cannot read" in refusal("x" * 5000)
    assert "cannot read" in refusal("\ud800")


def test_a_device_or_a_pipe(tmp_path: Path) -> None:
    assert "no ordinary file" in refusal(os.devnull)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert "no ordinary file" in refusal(tmp_path / "pipe")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, TRICKY)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    # The administrator may read any file, so the refusal is played rather than provoked.
    monkeypatch.setattr("builtins.open", refuse)
    text = refusal(path)
    assert text.startswith("cannot read ") and text.endswith("Permission denied")


@pytest.mark.parametrize(
    "data",
    [b"Subject: x\n\nAn .eml file.\n", b"\x1f\x8b\x08\x00", b">From x\n", b"from x\n", b"x" * 10**6],
    ids=["eml", "gzip", "quoted", "lower case", "long"],
)
def test_a_file_that_is_no_mbox(tmp_path: Path, data: bytes) -> None:
    text = refusal(write(tmp_path, data))
    assert 'is no mbox: its first line should begin with "From " (RFC 4155)' in text
    assert len(text) < 400
