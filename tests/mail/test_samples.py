"""The sample mail: what the lessons rely on, stated independently of the texts."""

from __future__ import annotations

import datetime
import email
import email.policy
import struct
from email.message import EmailMessage

import pytest

from popsim.mail import samples
from popsim.mail.collection import Mail
from popsim.mail.message import Message

ALL = [message for name in samples.NAMES for message in samples.find(name)]


def parsed(message: Message) -> EmailMessage:
    """The message as the standard library understands it, which must not find a defect."""
    found = email.message_from_bytes(message.octets, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    assert [part.defects for part in found.walk() if part.defects] == []
    return found


def test_the_samples_are_the_same_to_the_octet() -> None:
    assert {name: samples.find(name).digest[:16] for name in samples.NAMES} == {
        "inbox": "f15aaf8aa33953bd",
        "minimal": "77113acafabdcab0",
        "four": "822c56e6938d582f",
        "empty": "e3b0c44298fc1c14",
        "dots": "28eecbf9cfac6c6f",
    }


def test_each_sample_is_named_and_made_once() -> None:
    assert samples.NAMES == ("inbox", "minimal", "four", "empty", "dots")
    for name in samples.NAMES:
        mail = samples.find(name)
        assert isinstance(mail, Mail) and mail.name == name
        assert mail is samples.find(name) is getattr(samples, name)()


def test_an_unknown_sample() -> None:
    names = "inbox, minimal, four, empty, dots"
    with pytest.raises(ValueError, match=rf"'inbx': did you mean 'inbox'\? The samples are {names}$"):
        samples.find("inbx")
    with pytest.raises(ValueError, match=r"'zebra': there are inbox,"):
        samples.find("zebra")
    with pytest.raises(ValueError, match="no sample mail 'find'"):
        samples.find("find")


def test_sizes_of_the_rfcs_examples() -> None:
    assert [message.size for message in samples.minimal()] == [120, 200], "RFC 1939 §5"
    four = samples.four()
    assert len(four) == 4 and four.size == 320 and four[2].size == 120, "RFC 1460 §5"
    assert len(samples.empty()) == 0


@pytest.mark.parametrize("message", ALL, ids=repr)
def test_every_message_is_well_formed(message: Message) -> None:
    assert message.octets.endswith(b"\r\n")
    assert b"\r" not in message.octets.replace(b"\r\n", b"") and b"\0" not in message.octets
    assert max(len(line) for line in message.octets.split(b"\r\n")) <= 998, "RFC 5322 §2.1.1"
    assert message.uid is None


# --- the inbox


def test_the_inbox_is_understood_by_the_standard_library() -> None:
    assert len(samples.inbox()) == 8
    for message in samples.inbox():
        found = parsed(message)
        assert found["From"] and found["To"] == "Alice <alice@example.org>"
        assert found["Subject"] == message.header("Subject")
        assert message.header("From").replace('"', "") == found["From"]
        for address in (*found["From"].addresses, *found["To"].addresses):
            assert address.domain == "example.org", "RFC 2606 keeps it for examples"


def test_the_dates_are_real_days_of_2024_in_order() -> None:
    dates = [parsed(message)["Date"].datetime for message in samples.inbox()]
    assert dates == sorted(dates) and {date.year for date in dates} == {2024}
    for message, date in zip(samples.inbox(), dates, strict=True):
        assert date.utcoffset() == datetime.timedelta(hours=2)
        assert message.header("Date") == date.strftime("%a, %d %b %Y %H:%M:%S %z")
    assert len({message.header("Message-ID") for message in samples.inbox()}) == 8


def test_the_first_message_from_cristi_is_number_3() -> None:
    inbox = samples.inbox()
    numbers = [number for number, message in enumerate(inbox, 1) if "Cristi" in message.header("From")]
    assert numbers == [3, 6]
    assert b"Cristi" in inbox[0].octets, "a search of the whole text finds a message that is not from him"


def test_romanian_in_headers_and_body() -> None:
    message = samples.inbox()[1]
    assert message.header("Subject") == "O plimbare prin Carpați: cabană, brânză și păpădii"
    assert message.header("From") == "Elena Mureșan <elena@example.org>"
    header, _, body = message.octets.partition(b"\r\n\r\n")
    assert header.isascii() and not body.isascii() and "mămăligă" in body.decode()
    assert b"?=\r\n =?" in header, "the subject is folded"
    assert all(len(word) <= 75 for word in header.split() if word.startswith(b"=?")), "RFC 2047 §2"
    found = parsed(message)
    assert found["Content-Transfer-Encoding"] == "8bit" and found.get_content_charset() == "utf-8"
    assert not set("şţŞŢ") & set(body.decode()), "Romanian has a comma below, not a cedilla"


def test_lines_that_begin_with_a_dot() -> None:
    body = samples.inbox()[3].octets.partition(b"\r\n\r\n")[2]
    assert body.startswith(b".profile") and b"\r\n.\r\n" in body
    assert sum(line.startswith(b".") for line in body.split(b"\r\n")) == 6


def test_two_versions_in_one() -> None:
    found = parsed(samples.inbox()[4])
    assert found.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in found.iter_parts()] == ["text/plain", "text/html"]


def test_the_large_attachment_is_a_picture() -> None:
    message = samples.inbox()[5]
    found = parsed(message)
    (attachment,) = found.iter_attachments()
    assert (attachment.get_content_type(), attachment.get_filename()) == ("image/bmp", "miti.bmp")
    data = attachment.get_content()
    kind, size, _, start, _, width, height = struct.unpack("<2sIIIIii", data[:26])
    assert (kind, size, start, width, height) == (b"BM", len(data), 54, 120, 100)
    assert len(data) == 54 + 3 * 120 * 100
    assert 48_000 < message.size < 52_000
    lines = message.octets.split(b"\r\n")
    assert sum(len(line) == 76 for line in lines) == 632


def test_an_empty_body_and_a_long_line() -> None:
    empty, long = samples.inbox()[6], samples.inbox()[7]
    assert empty.octets.endswith(b"7bit\r\n\r\n") and empty.octets.count(b"\r\n\r\n") == 1
    assert 800 < max(len(line) for line in long.octets.split(b"\r\n")) <= 998


# --- dots


def test_dots_at_the_very_beginning_at_the_end_and_nowhere() -> None:
    first, only, last, none = samples.dots()
    assert first.octets.startswith(b".Dotted: ") and b"\r\n\r\n.and" in first.octets
    assert first.dot_stuffed.startswith(b"..Dotted: ") and first.top(0).dot_stuffed.startswith(b"..")
    assert only.dot_stuffed == b"..\r\n...\r\n....\r\n.\r\n"
    assert last.octets.endswith(b"\r\n.\r\n") and last.dot_stuffed.endswith(b"\r\n..\r\n.\r\n")
    assert none.dot_stuffed == none.octets + b".\r\n" and b"." in none.octets
