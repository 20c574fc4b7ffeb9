"""Writes sample messages octet by octet, as RFC 5322, RFC 2045 and RFC 2047 have them.

The standard library's `email` would do it too, but it imports socket and chooses the octets
itself; a sample must have the octets that its lesson is about.
"""

from __future__ import annotations

from binascii import b2a_base64

from popsim.mail.message import Message

ALICE = "Alice <alice@example.org>"
PLAIN = "text/plain; charset=us-ascii"
UTF8 = "text/plain; charset=utf-8"

_WORD = 75  # characters in an encoded word at most (RFC 2047 §2)
_LINE = 76  # characters in a base64 line at most (RFC 2045 §6.8)


def letter(
    sender: str,
    subject: str,
    date: str,
    body: str,
    *,
    serial: int,
    kind: str = PLAIN,
    coding: str = "7bit",
    to: str = ALICE,
) -> Message:
    """A message with the usual header fields.

    Args:
        sender, subject, to: field values, which may hold encoded words.
        date: a date and time as in RFC 5322 §3.3.
        body: the text, with lines that end in LF here and in CR LF in the message.
        serial: makes the Message-ID.
        kind: the Content-Type.
        coding: the Content-Transfer-Encoding.
    """
    fields = (
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {subject}",
        f"Date: {date}",
        f"Message-ID: <2024.{serial}@example.org>",
        "MIME-Version: 1.0",
        f"Content-Type: {kind}",
        f"Content-Transfer-Encoding: {coding}",
    )
    return Message.of("\n".join((*fields, "", body)).encode())


def encoded(text: str) -> str:
    """A text as encoded words in UTF-8 with the Q encoding, which leaves ASCII letters to be read.

    A word that grows too long goes on in the next, on a folded line (RFC 2047 §2, §4.2).
    """
    words = [""]
    for character in text:
        octets = "".join(f"={octet:02X}" for octet in character.encode())
        plain = character.isascii() and character.isalnum()
        piece = "_" if character == " " else character if plain else octets
        if len(f"=?UTF-8?Q?{words[-1]}{piece}?=") > _WORD:
            words.append("")
        words[-1] += piece
    return "\n ".join(f"=?UTF-8?Q?{word}?=" for word in words)


def base64_lines(data: bytes) -> str:
    """`data` in base64, in lines of 76 characters that end in LF (RFC 2045 §6.8)."""
    text = b2a_base64(data, newline=False).decode()
    return "".join(f"{text[start : start + _LINE]}\n" for start in range(0, len(text), _LINE))


def multipart(boundary: str, *parts: tuple[str, str, str]) -> str:
    """The body of a multipart message (RFC 2046 §5.1.1).

    Args:
        boundary: a text that no part holds.
        parts: for each its Content-Type (and further fields), its Content-Transfer-Encoding, its text.
    """
    pieces = []
    for kind, coding, text in parts:
        pieces.append(f"--{boundary}\nContent-Type: {kind}\nContent-Transfer-Encoding: {coding}\n\n{text}\n")
    return "".join(pieces) + f"--{boundary}--\n"
