"""The letters of the sample inbox, one function each.  All people in them are invented."""

from __future__ import annotations

from popsim.mail.compose import PLAIN, UTF8, base64_lines, encoded, letter, multipart
from popsim.mail.message import Message
from popsim.mail.picture import cat

CRISTI = "Cristi Munteanu <cristi@example.org>"


def welcome() -> Message:
    """Plain text.  It speaks of Cristi, but is not from him."""
    return letter(
        "Ana Popescu <ana.popescu@example.org>",
        "Welcome to the networks class",
        "Mon, 04 Mar 2024 08:15:00 +0200",
        """\
Dear Alice,

welcome to our class on computer networks. We meet on Mondays at ten, in
the room with the old telephone exchange on the wall.

For the first hour, please find out how a letter in your mail program
came to be there. Cristi sits next to you and has promised to bring
biscuits, so it will not be too hard.

See you on Monday,
Ana Popescu
""",
        serial=1,
    )


def walk() -> Message:
    """In Romanian: UTF-8 in the body as it is (8bit), encoded words in the header."""
    return letter(
        f"{encoded('Elena Mureșan')} <elena@example.org>",
        encoded("O plimbare prin Carpați: cabană, brânză și păpădii"),
        "Tue, 05 Mar 2024 19:42:10 +0200",
        """\
Dragă Alice,

sâmbătă mergem la munte și te așteptăm și pe tine. Plecăm cu trenul de
șase, urcăm pe poteca marcată cu triunghi roșu și mâncăm la cabană:
mămăligă cu brânză și, dacă avem noroc, plăcintă cu afine.

Ia-ți bocanci și ceva gros, fiindcă sus mai este zăpadă. Câinele cabanei
fură mănuși; le aduce înapoi doar dacă îi cânți.

Te îmbrățișez,
Elena
""",
        serial=2,
        kind=UTF8,
        coding="8bit",
    )


def book() -> Message:
    """The first letter from Cristi."""
    return letter(
        CRISTI,
        "The book that I borrowed",
        "Wed, 06 Mar 2024 16:03:27 +0200",
        """\
Hi Alice,

I still have your book about the lighthouse keeper. I know that I said
two days and that this was in January.

The good news: I have read it twice. The other news: my little brother
has drawn a whale on page 112. It is a rather good whale.

Shall I bring it on Friday, or may I keep it until you have seen the
whale in daylight?

Cristi
""",
        serial=3,
    )


def homework() -> Message:
    """Lines that begin with a dot: the first one of the body, and one that is only a dot."""
    return letter(
        "Radu Stan <radu@example.org>",
        "Homework: lines that begin with a dot",
        "Thu, 07 Mar 2024 21:20:00 +0200",
        """\
.profile is the first word of this letter, and that is no mistake.

For Monday we are to collect lines that begin with a dot. I have:

.    the folder that I am in
..   the folder above it
.5   one half, written by somebody in a hurry
...and the end of a sentence that I have forgotten

Somebody told me that a mail stops at a line with nothing but a dot:
.
Well? If you can read this, it does not. How do they do that?

Radu
""",
        serial=4,
    )


def newsletter() -> Message:
    """The same text twice, plain and in HTML (multipart/alternative, RFC 2046 §5.1.4)."""
    plain = """\
The school library in March
===========================

* Thursday: chess in the reading room. Beginners win a biscuit.
* Friday: somebody returns the atlas, we hope.
* Lost: one glove, left, green. Found: one glove, left, green.
"""
    rich = """\
<h1>The school library in March</h1>
<ul>
<li><b>Thursday:</b> chess in the reading room. Beginners win a biscuit.</li>
<li><b>Friday:</b> somebody returns the atlas, we hope.</li>
<li><b>Lost:</b> one glove, left, green. <b>Found:</b> one glove, left, green.</li>
</ul>
"""
    return letter(
        '"The School Library" <library@example.org>',
        "The library in March",
        "Fri, 08 Mar 2024 12:00:00 +0200",
        multipart("two-of-a-kind", (PLAIN, "7bit", plain), ("text/html; charset=us-ascii", "7bit", rich)),
        serial=5,
        kind='multipart/alternative; boundary="two-of-a-kind"',
    )


def photo() -> Message:
    """The second letter from Cristi: a picture of 36,054 octets as an attachment in base64."""
    text = """\
Hi Alice,

you asked what Miti looks like now, so here he is. He was not asked, and
one can see it. The picture is large: if you read this by telephone line,
go and have some tea first.

Cristi
"""
    return letter(
        CRISTI,
        "Miti the cat (large picture)",
        "Sat, 09 Mar 2024 10:31:55 +0200",
        multipart(
            "cat-inside",
            (PLAIN, "7bit", text),
            (
                'image/bmp; name="miti.bmp"\nContent-Disposition: attachment; filename="miti.bmp"',
                "base64",
                base64_lines(cat()),
            ),
        ),
        serial=6,
        kind='multipart/mixed; boundary="cat-inside"',
    )


def library() -> Message:
    """An empty body: the message ends with the blank line after its header."""
    return letter(
        "Mihai Dobre <mihai@example.org>",
        "Library at five? (That is all, no need to open this)",
        "Sat, 09 Mar 2024 13:58:02 +0200",
        "",
        serial=7,
    )


def grandmother() -> Message:
    """One line of more than 800 octets; 998 are allowed (RFC 5322 §2.1.1)."""
    return letter(
        "Grandmother Maria <maria@example.org>",
        "A letter without a pause",
        "Sun, 10 Mar 2024 07:05:40 +0200",
        "My dear Alice, your uncle has shown me how to write on this machine but not how to begin a new "
        "line, so I shall tell you everything in this one: the hens are well, the brown one has found a way "
        "over the fence and visits the priest every morning, who pretends to be cross and feeds her; the "
        "plum tree that the storm bent in autumn has buds again, on the side where you used to sit and read; "
        "Mrs. Pavel next door has learned to make photographs with her telephone and has sent the whole "
        "village forty pictures of the same cloud, and I must say that it was a fine cloud; I have knitted "
        "you socks, red ones, because you wrote about the mountains and I know how cold your feet get, and "
        "a second pair for your friend Cristi, who ate so well when he was here; come at Easter, bring him, "
        "bring the book with the whale, and bring somebody who can tell me which of these keys ends a line."
        "\n\nYour grandmother (I have found the key)\n",
        serial=8,
    )
