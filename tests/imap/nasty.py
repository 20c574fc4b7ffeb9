"""Messages that make a reader of MIME think, by name: made by hand, the same octets every time.

They are what a Dovecot and popsim are held to together: every structure, envelope, section and search.
"""

from __future__ import annotations

from collections.abc import Mapping

_PLAIN = "Content-Type: text/plain; charset=us-ascii\n"


def _message(text: str | bytes) -> bytes:
    octets = text.encode("latin-1") if isinstance(text, str) else text
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _mixed(body: str, boundary: str = "b", subtype: str = "mixed", header: str = "") -> str:
    return (
        f'Subject: parts\n{header}MIME-Version: 1.0\nContent-Type: multipart/{subtype}; boundary="{boundary}"\n\n{body}'
    )


_INNER = """From: inner@example.org
To: someone@example.com
Subject: inside
Date: Tue, 2 Feb 1999 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=in

--in

alternative one
--in
Content-Type: text/html; charset=utf-8

<p>alternative two</p>
--in--
"""

_STRUCTURES: dict[str, str | bytes] = {
    "plain": "Subject: plain\n\none line\nand another\n",
    "no octets in the body": "Subject: no body\n\n",
    "no blank line": "Subject: header only\n",
    "only a blank line": "\n",
    "a body and no header": "\nbody\n",
    "two texts": _mixed(f"--b\n{_PLAIN}\none\n--b\n{_PLAIN}\ntwo\n--b--\n"),
    "preamble and epilogue": _mixed("This is for old readers.\n\n--b\n\none\n--b--\nThis comes after it.\n"),
    "no end boundary": _mixed("--b\n\none\n--b\n\ntwo\n"),
    "no end boundary, and a blank line": _mixed("--b\n\none\n--b\n\ntwo\n\n"),
    "no parts": _mixed("Nothing begins here.\n"),
    "no parts and no octets": _mixed(""),
    "only an end boundary": _mixed("--b--\n"),
    "an end boundary after a preamble": _mixed("preamble\n--b--\nepilogue\n"),
    "no boundary parameter": "Content-Type: multipart/mixed\n\n--b\n\none\n--b--\n",
    "an empty boundary": 'Content-Type: multipart/mixed; boundary=""\n\n--\n\none\n----\n',
    "an empty part": _mixed("--b\n--b\n\n--b\n\n\n--b--\n"),
    "a part without a blank line": _mixed("--b\nContent-Type: text/html\n--b\n\ntwo\n--b--\n"),
    "a part that ends in blank lines": _mixed("--b\n\none\n\n\n--b\n\n\n\n--b--\n"),
    "a boundary that begins another": _mixed(
        '--b\nContent-Type: multipart/alternative; boundary="bb"\n\n--bb\n\ninner\n--bb--\n--b\n\nouter\n--b--\n'
    ),
    "a boundary that another begins": _mixed(
        '--bb\nContent-Type: multipart/alternative; boundary="b"\n\n--b\n\ninner\n--b--\n--bb\n\nouter\n--bb--\n', "bb"
    ),
    "a longer boundary with text after it": _mixed(
        "--bb\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ninner\n--bb or so\n\nouter\n--bb--\n", "bb"
    ),
    "the same boundary inside": _mixed(
        "--b\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\none\n--b--\n--b\n\ntwo\n--b--\n"
    ),
    "a boundary with spaces after it": _mixed("--b \t\n\none\n--b-- \n"),
    "a boundary with text after it": _mixed("--b or so\n\none\n--b-- or so\nepilogue\n"),
    "a boundary with one hyphen after it": _mixed("--b-\n\none\n--b--\n"),
    "a boundary that ends in hyphens": _mixed("--b--\n\none\n--b----\n", "b--"),
    "boundaries in the epilogue": _mixed("--b\n\none\n--b--\n\n--b\n\ntwo\n--b--\n"),
    "an inner part that never ends": _mixed(
        "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\none\n--b\n\ntwo\n--b--\n"
    ),
    "an outer end inside an inner part": _mixed(
        "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\none\n--b--\n--c\n\ntwo\n--c--\n"
    ),
    "hyphens that are no boundary": _mixed("--b\n\n--\n--a\n -- b\n--B\n-- \n--b--\n"),
    "a message inside": f"Subject: a letter in a letter\nContent-Type: message/rfc822\n\n{_INNER}",
    "a message inside a part": _mixed(f"--b\n\nsee below\n--b\nContent-Type: message/rfc822\n\n{_INNER}\n--b--\n"),
    "a message that ends in a boundary": _mixed(f"--b\nContent-Type: message/rfc822\n\n{_INNER}--b--\n"),
    "messages in a message": (
        "Content-Type: message/rfc822\n\nSubject: second\nContent-Type: message/rfc822\n\nSubject: third\n\ntext\n"
    ),
    "a message without a body inside": _mixed("--b\nContent-Type: message/rfc822\n\nSubject: bare\n--b--\n"),
    "a message without anything inside": _mixed("--b\nContent-Type: message/rfc822\n\n--b--\n"),
    "a message with a blank line inside": _mixed("--b\nContent-Type: message/rfc822\n\n\nbody\n--b--\n"),
    "an encoded message": (
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogYQ0KDQpiDQo=\n"
    ),
    "a digest": _mixed("--b\n\nSubject: one\n\nfirst\n--b\nContent-Type: text/plain\n\nsecond\n--b--\n", "b", "digest"),
    "a digest with a part of nothing": _mixed("--b\n\n--b--\n", "b", "digest"),
    "a digest inside a digest": _mixed(
        "--b\nContent-Type: multipart/digest; boundary=c\n\n--c\n\nSubject: x\n\nx\n--c--\n--b--\n", "b", "digest"
    ),
    "an external body": (
        "Content-Type: message/external-body; access-type=local-file; name=x\n\n"
        "Content-Type: image/gif\nContent-ID: <x@y>\n\nphantom\n"
    ),
    "a delivery report": _mixed(
        "--b\n\nIt failed.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n"
        "--b\nContent-Type: text/rfc822-headers\n\nSubject: x\n--b--\n",
        "b",
        "report; report-type=delivery-status",
    ),
    "a picture and a sound": _mixed(
        "--b\nContent-Type: image/png; name=dot.png\nContent-Transfer-Encoding: base64\nContent-ID: <dot@example.org>\n"
        "Content-Description: a dot\nContent-Disposition: attachment; filename=dot.png; size=12\n"
        "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\nContent-Language: en\nContent-Location: http://example.org/dot.png\n\n"
        "iVBORw0KGgo=\n--b\nContent-Type: audio/basic\nContent-Transfer-Encoding: BASE64\n\nLnNuZA==\n--b--\n"
    ),
    "ten deep": "".join(f"Content-Type: multipart/mixed; boundary=x{level}x\n\n--x{level}x\n" for level in range(10))
    + "\ndeep\n"
    + "".join(f"--x{level}x--\n" for level in reversed(range(10))),
    "related and alternative": _mixed(
        '--b\nContent-Type: multipart/related; boundary=r; type="text/html"\n\n--r\nContent-Type: text/html\n\n<p>\n'
        "--r\nContent-Type: image/gif\nContent-ID: <1@x>\nContent-Disposition: inline\n\nGIF\n--r--\n"
        "--b\n\nplain\n--b--\n",
        header="Content-Language: en, de\nContent-Location: http://example.org/\nContent-Disposition: inline\n",
    ),
}

_FIELDS: dict[str, str | bytes] = {
    "types in capitals": 'CONTENT-TYPE: TEXT/HTML; CHARSET="UTF-8"\n'
    "Content-Transfer-Encoding: QUOTED-PRINTABLE\n\n<p>=C3=A9\n",
    "a type without a subtype": "Content-Type: text\n\nx\n",
    "a type that is none": "Content-Type: ???\n\nx\n",
    "an empty type": "Content-Type:\n\nx\n",
    "a type with comments": "Content-Type: (why) text (not) / html (really) ; (so) charset (well) = "
    "utf-8 (end)\n\n<p>\n",
    "a type over several lines": 'Content-Type: text/plain;\n charset=utf-8;\n\tname="a\n b"\n\nx\n',
    "quoted parameters": 'Content-Type: text/plain; name="a \\"quoted\\" \\\\ name; here"; empty=""\n\nx\n',
    "a parameter without a value": "Content-Type: text/plain; charset; name=x\n\nx\n",
    "a parameter with a space in it": "Content-Type: text/plain; name=two words; charset=utf-8\n\nx\n",
    "a parameter twice": "Content-Type: text/plain; name=one; name=two\n\nx\n",
    "a semicolon at the end": "Content-Type: text/plain; charset=utf-8;\n\nx\n",
    "two semicolons": "Content-Type: text/plain;; charset=utf-8\n\nx\n",
    "a split parameter": (
        "Content-Type: application/x; name*0=one; name*1=two\n"
        "Content-Disposition: attachment; filename*0*=utf-8''a%20; filename*1=b.txt\n\nx\n"
    ),
    "an encoded parameter": "Content-Disposition: attachment; filename*=utf-8'en'%e2%82%ac%20rates\n\nx\n",
    "an encoded word as a parameter": 'Content-Type: text/plain; name="=?utf-8?q?a=C3=A9?="\n\nx\n',
    "octets above 127 in a parameter": 'Content-Type: text/plain; name="caf\xe9"\n\nx\n',
    "an encoding that is none": "Content-Transfer-Encoding: x-unknown\n\nx\n",
    "an encoding with a comment": "Content-Transfer-Encoding: (a) base64 (b)\n\neA==\n",
    "an empty encoding": "Content-Transfer-Encoding:\n\nx\n",
    "two types": "Content-Type: text/html\nContent-Type: text/plain\n\nx\n",
    "fields twice": "Subject: one\nSubject: two\nFrom: a@b\nFrom: c@d\nMessage-ID: <1@x>\nMessage-ID: <2@x>\n\nx\n",
    "a disposition alone": "Content-Disposition: inline\nContent-ID: <id@x>\nContent-Description:  two  spaces \n\nx\n",
    "an empty disposition": "Content-Disposition:\nContent-ID:\nContent-Description:\nContent-MD5:\n"
    "Content-Language:\nContent-Location:\n\nx\n",
    "languages": "Content-Language: en, de (German) , fr-CA\n\nx\n",
    "a location over two lines": "Content-Location: http://example.org/\n very/long\n\nx\n",
    "a description with encoded words": "Content-Description: =?utf-8?b?w6k=?=\n =?utf-8?q?_b?=\n\nx\n",
    "a boundary in quotes with specials": _mixed("--a b:c'?\n\none\n--a b:c'?--\n", "a b:c'?"),
    "a boundary with a space at its end": _mixed("--b\n\none\n--b--\n", "b "),
    "a type of a line without a colon": "Subject: x\nthis is no field\nContent-Type: text/html\n\n<p>\n",
    "a line that starts with a colon": ": nothing\nSubject: x\n\ny\n",
    "a space before the colon": "Subject : x\nContent-Type : text/html\n\ny\n",
    "a line from an mbox": "From alice Sat Jan  1 00:00:00 2000\nSubject: x\n\ny\n",
    "a bare CR": b"Subject: a\rb\r\nX: \r\n\r\none\rtwo\r\n",
    "a NUL": b"Subject: a\0b\r\n\r\none\0two\r\n",
    "octets above 127": b'Subject: caf\xc3\xa9 \xe9\r\nFrom: "Jos\xc3\xa9" <a@b>\r\n\r\ncaf\xc3\xa9 \xff\r\n',
    "quotes and backslashes": 'Subject: a "quote" and \\ a backslash\n\nx\n',
    "a long line": "Subject: long\n\n" + "x" * 5000 + "\n",
    "a header of two hundred fields": "".join(f"X-{number}: {number}\n" for number in range(200))
    + "Subject: last\n\nx\n",
}

_ENVELOPES: dict[str, str | bytes] = {
    "a whole envelope": (
        "Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\nFrom: Terry Gray <gray@example.edu>\nSubject: minutes\n"
        "To: imap@example.edu\ncc: minutes@example.com, John Klensin <KLENSIN@example.edu>\nBcc: x@y\n"
        "In-Reply-To: <1@x>\nMessage-Id: <B27397-0100000@example.edu>\nSender: s@example.edu\n"
        "Reply-To: r@example.edu\n\nx\n"
    ),
    "empty fields": "Date:\nFrom:\nSubject:\nTo:\nCc: \nBcc:\nIn-Reply-To:\nMessage-ID:\nSender:\nReply-To:\n\nx\n",
    "a sender of nothing": "From: a@b\nSender:\nReply-To: ,\n\nx\n",
    "a group": 'To: friends: a@b, "C D" <c@d>;, e@f\nCc: undisclosed-recipients:;\n\nx\n',
    "groups that do not end": "To: one: a@b, c@d\nCc: two: e@f; three: g@h\n\nx\n",
    "routes": "From: <@one.example,@two.example:joe@three.example>\nTo: Joe <@one:joe@two>\n\nx\n",
    "comments": "From: joe@example.org (Joe Q. Public)\nTo: (before) a@b (after), Name (inner) <c@d> (later)\n\nx\n",
    "names in quotes": 'From: "Joe \\"the man\\" Q." <joe@x>\nTo: "A, B" <a@b>\n'
    "Cc: John Q. Public <j@x>, J. <k@x>\n\nx\n",
    "local parts in quotes": 'From: "joe q"@example.org\nTo: <"a@b"@c>, joe."x y".z@w\n\nx\n',
    "domain literals": "From: a@[127.0.0.1]\nTo: b@[IPv6:::1], c@ [ 1 ] \n\nx\n",
    "spaces everywhere": "From:  a . b @ c . d \nTo: Name   Of  <  a@b  >\n\nx\n",
    "no domain": "From: alice\nTo: <bob>, Carol <carol>, dave@\n\nx\n",
    "nothing in brackets": "From: <>\nTo: Nobody <>\n\nx\n",
    "names alone": "From: two words\nTo: a b c, d@e\n\nx\n",
    "brackets that do not end": 'From: Joe <joe@x\nTo: "open <a@b>\n\nx\n',
    "commas": "To: ,a@b,,c@d,\n\nx\n",
    "semicolons": "To: a@b; c@d;\n\nx\n",
    "encoded names": 'From: =?iso-8859-1?Q?Andr=E9?= Pirard <p@x>\nTo: "=?utf-8?q?in_quotes?=" <q@x>\n\nx\n',
    "folded addresses": "To: a@b,\n c@d,\n\te@f\nSubject: folded\n  twice\n\tand a tab\n\nx\n",
    "several fields of addresses": "To: a@b\nTo: c@d\nCc: e@f\nCc: g@h\n\nx\n",
    "spaces around values": "Subject:   spaces   \nDate: \t Mon, 1 Jan 2001 00:00:00 +0000 \t\n"
    "Message-ID:   <x@y>  \n\nx\n",
    "a subject with an encoded word": "Subject: =?utf-8?q?caf=C3=A9?= today\n\nx\n",
    "comments after brackets": "From: <a@b> (one)\nTo: Two <a@b> (three), c@d (e) (f)\n\nx\n",
    "comments at brackets": "From: (before) <a@b>\nTo: <c@d (inside)>, Name <(first) e@f>\n\nx\n",
    "a nested comment": "From: a@b (one (two) \\) three)\n\nx\n",
    "octets above 127 in names": b"From: Jos\xe9 <a@b>\r\nTo: caf\xc3\xa9@b\r\n\r\nx\r\n",
    "an address with two ats": "From: a@b@c\nTo: <a@b@c>\n\nx\n",
    "dots at the wrong places": "From: .a.@b\nTo: a..b@c, d@e., d@.e\n\nx\n",
    "text after brackets": "From: <a@b> after\nTo: <a@b> <c@d>, e@f g@h\n\nx\n",
}

_MIME = b"MIME-Version: 1.0\r\n"

NASTY: Mapping[str, bytes] = {
    **{name: _message(text) for group in (_STRUCTURES, _ENVELOPES) for name, text in group.items()},
    # Dovecot reads most of the MIME fields of a message that says it has some.
    **{name: _MIME + _message(text) for name, text in _FIELDS.items()},
    **{
        f"{name}, without MIME-Version": _message(_FIELDS[name]) for name in ("languages", "an encoding with a comment")
    },
    "no MIME-Version": b"Content-Type: text/html\r\n\r\n<p>\r\n",
}
"""The messages by name, each with CR LF at the end of every line."""
