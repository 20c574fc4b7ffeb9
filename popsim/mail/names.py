"""The names of mailboxes: their hierarchy, and modified UTF-7, in which they cross and lie on the disk.

A name is text, as a person reads it; its levels have a "/" between them. ``INBOX`` in any case is one mailbox (RFC 3501
§5.1). Modified UTF-7 (§5.1.3) writes printable ASCII as itself, "&" as "&-", and anything else as UTF-16 in base64 with
"," for "/", between "&" and "-".
"""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64

INBOX = "INBOX"
DELIMITER = "/"
LONGEST = 200
"""The most characters in one level of a name."""

USES = {
    "All": "\\All",
    "Archive": "\\Archive",
    "Drafts": "\\Drafts",
    "Junk": "\\Junk",
    "Sent": "\\Sent",
    "Trash": "\\Trash",
}
"""What mailboxes of these names are for, where nobody says otherwise (RFC 6154 §2)."""


def encode(name: str) -> bytes:
    """A name in modified UTF-7.

    Raises:
        ValueError: it has half of a surrogate pair, which is no text.
    """
    return _ascii(name).encode()


def _ascii(name: str) -> str:
    if name.isascii() and name.isprintable() and "&" not in name:
        return name
    written, waiting = [], ""
    for character in name:
        if " " <= character <= "~":
            written.append(_shifted(waiting) + ("&-" if character == "&" else character))
            waiting = ""
        else:
            waiting += character
    return "".join(written) + _shifted(waiting)


def decode(octets: bytes) -> str:
    """The name that modified UTF-7 stands for.

    Raises:
        ValueError: it is none, or none that :func:`encode` would write: a name has one form only (RFC 3501 §5.1.3).
    """
    try:
        text = octets.decode("ascii")
        if "&" not in text:
            name = text
        else:
            first, *rest = text.split("&")
            name = first + "".join(_unshifted(piece) for piece in rest)
        if _ascii(name) == text:
            return name
    except (ValueError, Error):
        pass
    raise ValueError(f"expected a name in modified UTF-7 (RFC 3501 §5.1.3), such as Entw&APw-rfe, got {octets[:80]!r}")


def _shifted(text: str) -> str:
    if not text:
        return ""
    coded = b2a_base64(text.encode("utf-16-be"), newline=False).rstrip(b"=").replace(b"/", b",")
    return f"&{coded.decode()}-"


def _unshifted(piece: str) -> str:
    """The text of what stands after one "&", to the next."""
    coded, minus, plain = piece.partition("-")
    if not minus:
        raise ValueError("no end of the base64")
    if not coded:
        return "&" + plain
    whole = coded.replace(",", "/") + "=" * (-len(coded) % 4)
    return a2b_base64(whole.encode(), strict_mode=True).decode("utf-16-be") + plain


# The hierarchy


def canonical(name: str) -> str:
    """The one spelling of a name: ``inbox`` is ``INBOX``, as the first level of longer names too."""
    first, slash, rest = name.partition(DELIMITER)
    return INBOX + slash + rest if first.upper() == INBOX else name


def checked(name: str) -> str:
    """The spelling of a name that a mailbox may have; a "/" at its end only says what is to come (RFC 3501 §6.3.3).

    Raises:
        ValueError: no mailbox may be called so; the text says why, in one line.
    """
    plain = canonical(name.removesuffix(DELIMITER))
    levels = plain.split(DELIMITER)
    if not all(levels):
        raise ValueError(f"expected a name such as Friends/Old, each level with a character, got {name[:80]!r}")
    if not plain.isprintable():
        raise ValueError(f"a name has no control characters, as {name[:80]!r} has")
    if any(len(level) > LONGEST for level in levels) or len(plain) > 4 * LONGEST:
        raise ValueError(f"a level of a name has {LONGEST} characters at most, and a name {4 * LONGEST}")
    return plain


def superiors(name: str) -> list[str]:
    """The names above a name, the highest first: of ``a/b/c`` they are ``a`` and ``a/b``."""
    levels = name.split(DELIMITER)
    return [DELIMITER.join(levels[:count]) for count in range(1, len(levels))]


def is_inferior(name: str, above: str) -> bool:
    """Whether a name is below another one."""
    return name.startswith(above + DELIMITER)
