"""Messages drawn at random: trees of parts, with boundaries that begin each other and ends that are left out."""

from __future__ import annotations

import random

from hypothesis import strategies as st

_BOUNDARIES = ("b", "bb", "b-", "b--", "=_x", "a b", "'()+_,./:=?", "x" * 70)
_TEXTS = (
    "",
    "one",
    "one\r\n",
    "\r\n",
    "\r\n\r\n",
    "--",
    "--z\r\nz",
    "caf\u00e9 \u20ac",
    "a long line " * 30,
    "x: y\r\n\r\nz",
)
_TYPES = (
    "text/plain", "TEXT/HTML; charset=utf-8", 'text/plain; name="a;b\\"c"', "image/png; name*0=one; name*1=two",
    "application/x-thing;\r\n a=b; c=d", "message/delivery-status", "message/partial; id=x", "text/x(odd); (c) a=b",
)  # fmt: skip
_FIELDS = (
    "Content-ID: <1@x>", "Content-Description: what\r\n (it is)", "Content-Transfer-Encoding: Base64",
    "Content-Disposition: attachment; filename=a.txt; x*=utf-8''%e2%82%ac", "Content-Language: en, de",
    "Content-Location: http://x/", "Content-MD5: abc==",
    "no field at all", "X-Other: y",
)  # fmt: skip
_PEOPLE = (
    "a@b", "Joe <j@x>", '"J. Q" <j@x>', "g: a@b, C <c@d>;", "nobody:;", "a@b (Name)", "<@r,@s:a@b>", "J. Q. P <j@[1]>",
    "=?utf-8?q?=C3=A9?= <e@x>", '"a b"@c', "alone",
)  # fmt: skip
_TOP = ("From", "To", "Cc", "Bcc", "Sender", "Reply-To")
_PLAIN = ("Subject: hello", "Date: Mon, 1 Jan 2001 00:00:00 +0000", "Message-ID: <m@x>", "In-Reply-To: <n@x>", "X: y")


@st.composite
def fields(draw: st.DrawFn) -> str:
    return "".join(one + "\r\n" for one in draw(st.lists(st.sampled_from(_FIELDS), max_size=3, unique=True)))


@st.composite
def leaves(draw: st.DrawFn) -> str:
    kind = draw(st.one_of(st.none(), st.sampled_from(_TYPES)))
    header = (f"Content-Type: {kind}\r\n" if kind else "") + draw(fields())
    return header + "\r\n" + draw(st.sampled_from(_TEXTS))


@st.composite
def multiparts(draw: st.DrawFn, inside: st.SearchStrategy[str]) -> str:
    boundary = draw(st.sampled_from(_BOUNDARIES))
    subtype = draw(st.sampled_from(("mixed", "alternative", "DIGEST", "x-other")))
    text = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n{draw(fields())}\r\n'
    text += draw(st.sampled_from(("", "preamble\r\n", "\r\n")))
    for part in draw(st.lists(inside, max_size=3)):
        text += f"--{boundary}\r\n{part}\r\n"
    if draw(st.integers(0, 4)):
        # With an epilogue, be it a line end: without any, Dovecot counts the line end before the next boundary.
        text += f"--{boundary}--\r\n" + draw(st.sampled_from(("", "epilogue\r\n")))
    return text


@st.composite
def headers(draw: st.DrawFn) -> str:
    lines = [one + "\r\n" for one in draw(st.lists(st.sampled_from(_PLAIN), max_size=4, unique=True))]
    for name in draw(st.lists(st.sampled_from(_TOP), max_size=4, unique=True)):
        lines.append(f"{name}: {', '.join(draw(st.lists(st.sampled_from(_PEOPLE), min_size=1, max_size=3)))}\r\n")
    return "MIME-Version: 1.0\r\n" + "".join(draw(st.permutations(lines)))


@st.composite
def enclosed(draw: st.DrawFn, inside: st.SearchStrategy[str]) -> str:
    return f"Content-Type: message/rfc822\r\n{draw(fields())}\r\n{draw(headers())}{draw(inside)}"


parts: st.SearchStrategy[str] = st.recursive(
    leaves(), lambda inside: st.one_of(multiparts(inside), multiparts(inside), enclosed(inside)), max_leaves=8
)


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """A whole message; one in three has lost, doubled or moved some of its lines."""
    text = draw(headers()) + draw(parts)
    lines = text.encode().split(b"\r\n")
    if draw(st.integers(0, 2)) == 0:
        chance = random.Random(draw(st.integers(0, 1 << 30)))
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(1, len(lines))  # the first says that there are MIME fields
            match chance.randrange(3):
                case 0 if len(lines) > 2:
                    del lines[place]
                case 1:
                    lines.insert(place, lines[place])
                case _:
                    lines.insert(chance.randrange(1, len(lines)), lines.pop(place))
    return b"\r\n".join(lines).removesuffix(b"\r\n") + b"\r\n"
