"""A state, a command and a reply are spelled in their table and nowhere else in the package."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project.tree import ROOT

PACKAGE = ROOT / "popsim"
# Written here by hand from RFC 1939 §9, RFC 1460 §8 and RFC 1081 p.13, not taken from the table.
COMMANDS = "USER PASS RPOP APOP QUIT STAT LIST RETR DELE NOOP LAST RSET TOP UIDL".split()
# And from RFC 2449 §6, RFC 3206 §6, RFC 5034 §3, RFC 2595 §4 and RFC 6856 §2 and §3. (SASL is also plain English.)
ADDED = "CAPA AUTH STLS UTF8 LANG RESP-CODES LOGIN-DELAY PIPELINING EXPIRE IMPLEMENTATION AUTH-RESP-CODE".split()
# And from RFC 937 p.6, p.17 and p.18, and RFC 918 p.2, as far as they are no words of English.
BEFORE = "HELO FOLD ACKS ACKD NACK MBOX NMBR XFER RDEL RCEV RCVD".split()
# And from RFC 3501 §6 and §7, RFC 9051 §6 and §7 and the RFCs of the extensions, as far as a text has no other use for
# them: LOGIN is a mechanism too, and OK, NO, BAD, ID, TEXT, HEADER and INBOX are written for people as well.
MAILBOX = (
    "CAPABILITY STARTTLS AUTHENTICATE LOGOUT SELECT EXAMINE CREATE DELETE RENAME SUBSCRIBE UNSUBSCRIBE LSUB "
    "STATUS APPEND CHECK CLOSE EXPUNGE SEARCH FETCH STORE COPY UID IDLE NAMESPACE ENABLE ENABLED UNSELECT MOVE "
    "UIDPLUS ESEARCH CONDSTORE SASL-IR LITERAL\\+ SPECIAL-USE LOGINDISABLED IMAP4rev1 IMAP4rev2 BADCHARSET "
    "PERMANENTFLAGS READ-ONLY READ-WRITE TRYCREATE UIDNEXT UIDVALIDITY UIDNOTSTICKY APPENDUID COPYUID "
    "HIGHESTMODSEQ NOMODSEQ MODSEQ MODIFIED CHANGEDSINCE UNCHANGEDSINCE FLAGS ENVELOPE BODYSTRUCTURE INTERNALDATE "
    "RFC822 RFC822.SIZE HEADER.FIELDS EXISTS RECENT UNSEEN ANSWERED UNANSWERED UNDELETED UNFLAGGED UNKEYWORD "
    "SENTBEFORE SENTON SENTSINCE CHARSET PREAUTH BYE BBOARD"
).split()
# And from RFC 5321 §4.5.1, RFC 821 §4.5.1, RFC 6152 and RFC 5321 §4.4; MAIL and SEND are words of English.
FRONT_DOOR = "EHLO RCPT DATA VRFY EXPN SOML SAML TURN HELP 8BITMIME 7BIT ESMTP Return-Path".split()
STATES = "AUTHORIZATION TRANSACTION UPDATE CONNECTED SENDER RECIPIENTS".split()
WORD = re.compile(
    rf"(?<![\w.])(?:{'|'.join(COMMANDS + ADDED + BEFORE + MAILBOX + FRONT_DOOR + STATES)}|\+OK|-ERR)(?![\w.])"
)


def literals(source: str) -> Iterator[tuple[int, str]]:
    """The line and text of every string and bytes in a module that is not a docstring."""
    tree = ast.parse(source)
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    loose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in documentation | loose:
            if isinstance(node.value, str):
                yield node.lineno, node.value
            elif isinstance(node.value, bytes):
                yield node.lineno, node.value.decode("latin-1")


def spelled(source: str) -> list[tuple[int, str]]:
    return [(line, match[0]) for line, text in literals(source) for match in WORD.finditer(text)]


# The letters of the sample mail are prose, and the command line's help shows examples of what to type.
PROSE = {"mail", "cli"}
QUOTED = re.compile(r""""[^"\n]*"|'[^'\n]*'|`[^`]*`""")


def sources() -> list[Path]:
    found = sorted(PACKAGE.rglob("*.py"))
    tables = set(PACKAGE.glob("protocols/*/*table*.py"))
    return [path for path in found if path not in tables and not PROSE & set(path.relative_to(PACKAGE).parts)]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_second_spelling(path: Path) -> None:
    assert spelled(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.js")), ids=lambda path: path.name)
def test_the_browser_knows_no_protocol(path: Path) -> None:
    code = re.sub(r"^\s*(//|\*|/\*).*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [word for text in QUOTED.findall(code) for word in WORD.findall(text)] == []


@pytest.mark.parametrize(
    "line", ['x = "RETR 1"', 'x = "HELO a"', 'x = "a FETCH"', 'x = b"+OK"', 'x = f"in {y} UPDATE"']
)
def test_a_second_spelling_is_found(line: str) -> None:
    assert spelled(f'"""UPDATE is spelled here."""\n{line}\n')
