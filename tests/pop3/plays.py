"""What a client says to bring about each row of the matrix: the way into its state, then the line to judge.

There are several ways into most states, and several lines for most conditions; each is tried with each, in
one piece and octet by octet.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from tests.pop3.matrix import Row

# alice logs in with the password "secret", mrose with APOP and the secret "tanstaaf" or, where there is no APOP yet,
# with RPOP as the user hoopy of the client's host.
TIMESTAMP = "<1896.697170952@dbc.mtview.ca.us>"
APOP_MROSE = "APOP mrose c4c9334bac560ecc979e58001b3e22fb"
APOP_ALICE = "APOP alice 3f18b52881e44c0cc6067f46e0ced7bc"
APOP_NOBODY = "APOP nobody c4c9334bac560ecc979e58001b3e22fb"
APOP_WRONG = "APOP mrose 00000000000000000000000000000000"
COUNT = 3
"""How many messages each user is to have."""
LOST, TIMED_OUT = "(lost)", "(timed out)"

_USER = ["USER alice"]
_REFUSED = (["USER nobody"], ["USER alice", "PASS wrong"], [APOP_WRONG], ["USER mrose"])
_UNTRIED: tuple[list[str], ...] = ([], ["NOOP"], ["XYZZY"], ["PASS secret"])
_PASSWORD, _TRUSTED = ["USER alice", "PASS secret"], ["USER mrose", "RPOP hoopy"]
LOGINS = {edition: (_PASSWORD, [APOP_MROSE]) for edition in (1939, 1725, 1460)}
LOGINS |= {edition: (_PASSWORD, _TRUSTED) for edition in (1225, 1081)}
"""How both users log in."""
_OLD = {
    "AUTHORIZATION": (
        *_UNTRIED, ["USER nobody"], ["USER alice", "PASS wrong"], ["RPOP hoopy"], ["USER mrose", "RPOP alice"],
        ["USER mrose", "PASS hoopy"], ["USER alice", "RPOP alice"],
    ),
    "USER accepted": (_USER, ["USER nobody", *_USER], [*_USER, "NOOP"], [*_USER, "USER alice"], [*_USER, "RPOP"]),
    "TRANSACTION": (
        _PASSWORD, _TRUSTED, ["USER alice", "NOOP", "PASS secret"], ["USER mrose", "XYZZY", "RPOP hoopy"],
        ["USER alice", "RPOP alice", *_PASSWORD], ["USER alice", "PASS wrong", *_TRUSTED],
    ),
}  # fmt: skip

WAYS: dict[int, dict[str, tuple[list[str], ...]]] = {
    1939: {
        "AUTHORIZATION": (*_UNTRIED, *_REFUSED, ["USER alice", "NOOP"]),
        "USER accepted": (_USER, ["USER nobody", *_USER], [*_USER, "NOOP", *_USER]),
        "TRANSACTION": (
            _PASSWORD,
            [APOP_MROSE],
            ["USER alice", "PASS wrong", *_PASSWORD],
            [APOP_WRONG, APOP_MROSE],
        ),
    },
    1725: {
        "AUTHORIZATION": (*_UNTRIED, *_REFUSED),
        "USER accepted": (_USER, ["USER nobody", *_USER], [*_USER, "NOOP"], [APOP_WRONG, *_USER]),
        "TRANSACTION": (
            _PASSWORD,
            [APOP_MROSE],
            ["USER alice", "NOOP", "PASS secret"],
            ["USER alice", "PASS wrong", APOP_MROSE],
            [APOP_WRONG, APOP_MROSE],
        ),
    },
    1460: {
        "AUTHORIZATION": _UNTRIED,
        "login refused": _REFUSED,
        "USER accepted": (_USER, ["USER nobody", *_USER], [*_USER, "NOOP"]),
        "TRANSACTION": (
            _PASSWORD,
            [APOP_MROSE],
            ["USER alice", "NOOP", "PASS secret"],
            [APOP_WRONG, *_PASSWORD],
        ),
    },
    1225: _OLD,
    1081: _OLD,
}
"""What the client says after the greeting to come into a state."""

_CLOSED = (["QUIT"], ["USER alice", "QUIT"], [*_PASSWORD, "QUIT"], [LOST], [*_PASSWORD, LOST], [TIMED_OUT])

LEGAL = {
    "USER name": "USER alice",
    "PASS string": "PASS secret",
    "APOP name digest": APOP_MROSE,
    "RPOP user": "RPOP hoopy",
    "LIST msg": "LIST 1",
    "RETR msg": "RETR 1",
    "DELE msg": "DELE 1",
    "TOP msg n": "TOP 1 0",
    "UIDL msg": "UIDL 1",
}
"""A line for each command form that has arguments."""

_TOLD, NOT_TOLD = "no such mailbox, told", "no such mailbox, not told"

LINES: dict[tuple[str, str], tuple[str, ...]] = {
    ("USER name", "name accepted"): ("USER alice", "user alice"),
    ("USER name", _TOLD): ("USER nobody", "USER Alice"),
    ("USER name", NOT_TOLD): ("USER nobody",),
    ("USER name", "no plaintext login for it"): ("USER mrose",),
    ("PASS string", "password right"): ("PASS secret", "pAsS secret"),
    ("PASS string", "password wrong"): ("PASS Secret", "PASS secret ", "PASS  secret", "PASS tanstaaf"),
    ("PASS string", "maildrop locked"): ("PASS secret",),
    ("PASS string", "user logs in with RPOP"): ("PASS hoopy", "PASS tanstaaf"),
    ("RPOP user", "client trusted"): ("RPOP hoopy", "rpop hoopy"),
    ("RPOP user", "another user of the client"): ("RPOP mrose", "RPOP Hoopy", "RPOP hoop"),
    ("RPOP user", "port not reserved"): ("RPOP hoopy",),
    ("RPOP user", "user trusts nobody"): ("RPOP alice", "RPOP secret", "RPOP hoopy"),
    ("RPOP user", "maildrop locked"): ("RPOP hoopy",),
    ("APOP name digest", "digest right"): (APOP_MROSE,),
    ("APOP name digest", "digest wrong"): (APOP_WRONG,),
    ("APOP name digest", "no such mailbox"): (APOP_NOBODY,),
    ("APOP name digest", "user logs in with PASS"): (APOP_ALICE,),
    ("APOP name digest", "maildrop locked"): (APOP_MROSE,),
}
for _form, _rest in (("LIST", ""), ("RETR", ""), ("DELE", ""), ("TOP", " 1"), ("UIDL", "")):
    _name = f"{_form} msg n" if _rest else f"{_form} msg"
    LINES[_name, "message there"] = (f"{_form} 1{_rest}", f"{_form.lower()} 3{_rest}")
    LINES[_name, "no such message"] = tuple(f"{_form} {n}{_rest}" for n in ("4", "0", "999999999"))
    LINES[_name, "message marked as deleted"] = (f"{_form} 2{_rest}",)

_UNKNOWN = {
    1939: ("XYZZY", "LAST", "STATS", "", " STAT", "RPOP alice"),
    1725: ("XYZZY", "LAST", "CAPA", "", " STAT", "RPOP alice"),
    1460: ("XYZZY", "UIDL", "UIDL 1", "", " STAT", "RPOP alice"),
    1225: ("XYZZY", "UIDL", "UIDL 1", "", " STAT", APOP_MROSE),
    1081: ("XYZZY", "UIDL", "UIDL 1", "", " STAT", APOP_MROSE),
}
_BAD_LOGIN = {edition: ("APOP mrose", "APOP") for edition in (1939, 1725, 1460)}
_BAD_LOGIN |= {edition: ("RPOP", "RPOP alice bob") for edition in (1225, 1081)}
_BAD = {
    "AUTHORIZATION": ("USER", "USER ", "QUIT now"),
    "USER accepted": ("PASS", "QUIT now", "QUIT "),
    "login refused": ("USER", "QUIT now"),
    "TRANSACTION": (
        *("RETR", "RETR one", "RETR 1 2", "RETR  1", "TOP 1", "TOP 1 -1", "LIST -1", "DELE 1x"),
        *("STAT now", "QUIT now"),
    ),
}
_ANYWHERE = ("USER", "PASS", "RETR one", "STAT now")
_TOO_LONG = ("NOOP" + " " * 9000, "x" * 9000, "PASS " + "x" * 9000)


class Play(NamedTuple):
    """One way to bring a row about: what goes before, and the octets (or the event) that the row is about."""

    before: list[str]
    line: str
    piece: int


def plays(row: Row, edition: int) -> Iterator[Play]:
    """Every way to bring this row about. Raises KeyError for a row that nobody knows how to play."""
    ways: tuple[list[str], ...] = ([],)
    if row.state == "CLOSED":
        ways = _CLOSED
    elif row.state == "UPDATE":
        ways = WAYS[edition]["TRANSACTION"]
    elif row.state != "START":
        ways = WAYS[edition][row.state]
    if row.condition == NOT_TOLD:
        # A server that does not tell has no USER that fails for want of a mailbox.
        ways = tuple(way for way in ways if "USER nobody" not in way)
    if row.state == "USER accepted" and row.trigger == "RPOP user" and row.condition != "user trusts nobody":
        ways = (["USER mrose"], ["USER nobody", "USER mrose"], ["USER mrose", "NOOP"])
    elif row.condition == "user logs in with RPOP":
        ways = (["USER mrose"],)
    for way, line, piece in product(ways, _lines(row, edition), (0, 1)):
        yield Play([*way, *_marks(row)], line, piece)


def _marks(row: Row) -> list[str]:
    if row.state == "UPDATE":
        return ["DELE 1", "DELE 2"]
    if row.state == "TRANSACTION" and row.condition not in ("message there", "no such message"):
        return ["DELE 2"]
    return []


def _lines(row: Row, edition: int) -> tuple[str, ...]:
    match row.trigger:
        case "opened" | "committed":
            return ("",)
        case "lost":
            return (LOST,)
        case "timed out":
            return (TIMED_OUT,)
        case "unrecognized command":
            return _UNKNOWN[edition]
        case "bad arguments":
            return _BAD.get(row.state, _ANYWHERE) + _BAD_LOGIN[edition] * (row.state in _BAD)
        case "line too long":
            return _TOO_LONG
    known = LINES.get((row.trigger, row.condition))
    return known or (LEGAL[row.trigger] if " " in row.trigger else row.trigger,)
