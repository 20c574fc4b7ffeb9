"""Paths, mailboxes, domains and parameters: what each edition's grammar takes, and what it says of the rest."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.protocols.model import Form, Occurrence
from popsim.protocols.request import spans
from popsim.protocols.smtp.syntax import Mailbox, Parameter, Path, decoded, mailbox
from tests.smtp.stage import OLD, SMTP

TAKEN = {
    "<alice@popsim.example>": ("alice", "popsim.example"),
    "<Alice.B-C+d@a>": ("Alice.B-C+d", "a"),
    "<!#$%&'*+-/=?^_`{|}~@x1-2.y>": ("!#$%&'*+-/=?^_`{|}~", "x1-2.y"),
    '<"a b"@c.d>': ("a b", "c.d"),
    '<"a\\"b\\\\"@c.d>': ('a"b\\', "c.d"),
    '<"Joe\\,Smith"@c.d>': ("Joe,Smith", "c.d"),
    '<""@c.d>': ("", "c.d"),
    '<"a@b>c"@c.d>': ("a@b>c", "c.d"),
    "<a@[127.0.0.1]>": ("a", "[127.0.0.1]"),
    "<a@[IPv6:::1]>": ("a", "[IPv6:::1]"),
    "<a@[ipv6:2001:db8::192.0.2.1]>": ("a", "[ipv6:2001:db8::192.0.2.1]"),
    "<a@[x400:c=GB;p=1]>": ("a", "[x400:c=GB;p=1]"),
    "<@hosta.int,@jkl.org:userc@d.bar.org>": ("userc", "d.bar.org"),
}
REFUSED = [
    "alice@popsim.example", "<alice>", "<alice@>", "<@popsim.example>", "<a@b@c>", "<a b@c>", "<a..b@c>", "<.a@c>",
    "<a.@c>", "<a@b_c>", "<a@-b>", "<a@b->", "<a@b..c>", "<a@b.>", '<"a"b@c>', '<"a@c>', "<a@[1.2.3.256]>",
    "<a@[1.2.3]>", "<a@[IPv6:1::2::3]>", "<a@[IPv6:fe80::1%eth0]>", "<a@[]>", "<a@[:x]>", "<@a:b>", "<a@b", "<a@b>x",
    "< a@b>", "<a@b >", "<é@b>", "<a@é>", "<a\\b@c>", "<a@#123>", "<a\x00@b>", "",
]  # fmt: skip


@pytest.mark.parametrize("path", TAKEN)
def test_what_a_path_may_be(path: str) -> None:
    local, domain = TAKEN[path]
    for line, form in (
        (f"MAIL FROM:{path}", "MAIL FROM:<reverse-path>"),
        (f"rcpt to:{path}", "RCPT TO:<forward-path>"),
    ):
        request = SMTP.parse(line.encode())
        assert isinstance(request.trigger, Form) and request.trigger.name == form, request.problem
        (value,) = request.arguments
        assert isinstance(value, Path)
        assert value.mailbox == Mailbox(local, domain) and value.size == len(path)
        assert value.route == (("hosta.int", "jkl.org") if path.startswith("<@") else ())


@pytest.mark.parametrize("path", REFUSED)
def test_what_it_may_not_be(path: str) -> None:
    for line in (f"MAIL FROM:{path}", f"RCPT TO:{path}"):
        request = SMTP.parse(line.encode())
        assert request.trigger is Occurrence.MALFORMED
        assert request.problem.startswith("expected ")


@pytest.mark.parametrize(
    "line", ["MAIL FROM: <a@b>", "MAIL FROM :<a@b>", "MAIL  FROM:<a@b>", "RCPT TO: <a@b>", "RCPT <a@b>"]
)
def test_no_space_stands_on_either_side_of_the_colon(line: str) -> None:
    assert SMTP.parse(line.encode()).trigger is Occurrence.MALFORMED


def test_the_null_path_and_the_postmaster() -> None:
    (null,) = SMTP.parse(b"MAIL FROM:<>").arguments
    assert null == Path(None, 2) and str(null) == "<>"
    assert SMTP.parse(b"RCPT TO:<>").trigger is Occurrence.MALFORMED
    (chief,) = SMTP.parse(b"RCPT TO:<PostMaster>").arguments
    assert chief == Path(Mailbox("PostMaster", ""), 12) and str(chief) == "<PostMaster>"
    assert SMTP.parse(b"MAIL FROM:<postmaster>").trigger is Occurrence.MALFORMED


def test_parameters() -> None:
    path, parameters = SMTP.parse(b"MAIL FROM:<a@b> size=100 BODY=8BITMIME x-y Z=<>").arguments
    assert path == Path(Mailbox("a", "b"), 5)
    assert parameters == (
        Parameter("SIZE", "100"), Parameter("BODY", "8BITMIME"), Parameter("X-Y", None), Parameter("Z", "<>"),
    )  # fmt: skip
    for wrong in ("SIZE=", "=1", "SIZE=1  BODY=7BIT", "SIZE=1=2", "-X", "SIZE=\x7f", "SIZE= 1"):
        assert SMTP.parse(f"MAIL FROM:<a@b> {wrong}".encode()).trigger is Occurrence.MALFORMED, wrong


def test_white_space_at_the_end_of_a_line_is_let_pass() -> None:
    for line in (b"DATA ", b"QUIT \t ", b"MAIL FROM:<> ", b"MAIL FROM:<> SIZE=1  ", b"EHLO a ", b"NOOP "):
        assert isinstance(SMTP.parse(line).trigger, Form), line
    assert SMTP.parse(b" QUIT").trigger is Occurrence.UNRECOGNIZED


@pytest.mark.parametrize(
    ("name", "said"),
    [("a.example", "a.example"), ("[127.0.0.1]", "[127.0.0.1]"), ("[IPv6:::1] of mine", "[IPv6:::1]"), ("x", "x")],
)
def test_what_a_client_may_call_itself(name: str, said: str) -> None:
    for keyword in ("EHLO", "helo"):
        assert SMTP.parse(f"{keyword} {name}".encode()).arguments == (said,)


@pytest.mark.parametrize("name", ["", "a_b", "a.example of mine", "[127.0.0]", "-a", "#12", "é"])
def test_what_it_may_not(name: str) -> None:
    assert SMTP.parse(f"EHLO {name}".encode()).trigger is Occurrence.MALFORMED


def test_the_grammar_of_1982() -> None:
    for line, local, domain in (
        ("MAIL FROM:<a\\@b@#12345>", "a@b", "#12345"),
        ("MAIL   FROM:<a@[10.0.0.51].b>", "a", "[10.0.0.51].b"),
        ("MAIL FROM:<Joe\\,Smith@b>", "Joe,Smith", "b"),
    ):
        (path,) = OLD.parse(line.encode()).arguments
        assert isinstance(path, Path) and path.mailbox == Mailbox(local, domain)
        assert SMTP.parse(line.encode()).trigger is Occurrence.MALFORMED
    for line in ("MAIL FROM:<a@b> SIZE=1", "RCPT TO:<Postmaster>", "HELO [IPv6:::1]", "NOOP x"):
        assert OLD.parse(line.encode()).trigger is Occurrence.MALFORMED
        assert SMTP.parse(line.encode()).trigger is not Occurrence.MALFORMED
    assert OLD.parse(b"HELO  #12").arguments == ("#12",)
    assert OLD.parse(b"EHLO a").trigger is Occurrence.UNRECOGNIZED


def test_where_the_arguments_stand() -> None:
    line = b'MAIL FROM:<"a b"@c.d> SIZE=1 BODY=7BIT\r\n'
    found = [(span.name, line[span.start : span.end]) for span in spans(SMTP.parse(line[:-2]), line)]
    assert found == [
        ("keyword", b"MAIL"),
        ("FROM:<reverse-path>", b'FROM:<"a b"@c.d>'),
        ("parameters", b"SIZE=1 BODY=7BIT"),
        ("CRLF", b"\r\n"),
    ]
    old = b"MAIL  FROM:<a@#12>\r\n"
    assert [line[0] for line in spans(OLD.parse(old[:-2]), old)] == [0, 5, 18]


def test_a_mailbox_is_written_with_no_more_quotes_than_it_needs() -> None:
    for local, text in (
        ("a.b", "a.b@c"),
        ("a b", '"a b"@c'),
        ('a"\\', '"a\\"\\\\"@c'),
        ("", '""@c'),
        ("a..b", '"a..b"@c'),
    ):
        assert str(Mailbox(local, "c")) == text
        assert mailbox(text) == Mailbox(local, "c")
    for wrong in ("a", "a@", "@c", "<a@c>", "@d:a@c", "a@c>", "a@c\r\n", "é@c", "a@[1]", ""):
        assert mailbox(wrong) is None


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20))
def test_whatever_a_local_part_is_it_comes_back(local: str) -> None:
    assert mailbox(str(Mailbox(local, "c.d"))) == Mailbox(local, "c.d")
    (path,) = SMTP.parse(f"MAIL FROM:{Path(Mailbox(local, 'c.d'))}".encode()).arguments
    assert isinstance(path, Path) and path.mailbox == Mailbox(local, "c.d")


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.lists(st.sampled_from([*'<>@:.,"\\[]#a1-= é\x00\t', "FROM:", "IPv6:", "127.0.0.1"]), max_size=15))
def test_noise_is_read_without_a_fall(parts: list[str]) -> None:
    for protocol in (SMTP, OLD):
        for keyword in ("MAIL FROM:", "RCPT TO:", "MAIL ", "EHLO ", "HELO ", "VRFY ", "MAIL FROM:<> "):
            line = (keyword + "".join(parts)).encode()
            request = protocol.parse(line)
            assert isinstance(request.trigger, (Form, Occurrence)) and spans(request, line + b"\r\n")


def test_a_long_line_is_read_fast() -> None:
    """A grammar that goes back and forth would not come to an end."""
    for line in ("a-" * 500, "a." * 500, '"' + "\\a" * 250, "@a," * 300, "[" + "1." * 400):
        for keyword in ("MAIL FROM:<", "RCPT TO:<@", "EHLO "):
            assert SMTP.parse((keyword + line).encode()).trigger is Occurrence.MALFORMED
            assert OLD.parse((keyword + line).encode()).trigger in (Occurrence.MALFORMED, Occurrence.UNRECOGNIZED)


def test_xtext() -> None:
    assert decoded("e+3Dmc2@example.com") == "e=mc2@example.com"
    assert decoded("<>") == "<>" and decoded("") == ""
    assert decoded("a+3d") is None and decoded("a+") is None and decoded("a b") is None
