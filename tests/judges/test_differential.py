"""The same command streams go to a Dovecot and to popsim's server, and both must answer alike.

Compared are the status, whether the answer has lines, the lines of messages as they cross, the numbers and sizes in
listings, whether the session goes on, and what is left in the maildrop in the end. Texts and unique-ids are each
server's own. Where Dovecot does otherwise, `deviations.py` says who is right.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from popsim import pop3
from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.mail.store import Store, User
from popsim.sockets import Server
from tests.judges.answers import Outcome, Session
from tests.judges.deviations import DEVIATIONS, Deviation
from tests.judges.dovecot import Dovecot, dovecot
from tests.judges.streams import (
    AUTHORIZATION,
    CLOSING,
    EXCHANGE,
    INTERRUPTED,
    MAIL,
    NAMED,
    STATES,
    TRANSACTION,
    Command,
    Model,
    borne,
    draw,
    every,
)

SECRET = "se cret"
AT_ONCE = 6
# Where these are answered differently, both sessions are still in the same state.
ASKING = {"STAT", "LIST", "RETR", "TOP", "UIDL", "NOOP", "CAPA"}
QUITTING = {("QUIT", "a space and nothing"), ("QUIT", "an argument")}

Place = tuple[str, str, str]
KNOWN = {deviation.place: deviation for deviation in DEVIATIONS}


@dataclass
class Pair:
    """Two servers with the same mail for the same users.

    Args:
        theirs, ours: the servers.
        users: those whose mail nobody has touched.
        met: the deviations that occurred.
        compared: how many commands were compared, by place.
    """

    theirs: Dovecot
    ours: Server
    users: list[str]
    met: set[Place] = field(default_factory=set)
    compared: dict[Place, int] = field(default_factory=dict)


@contextmanager
def pair(users: int) -> Iterator[Pair]:
    people = {f"u{number}": SECRET for number in range(users)}
    mail = Mail("same", [Message.of(octets) for octets in MAIL])
    with dovecot(people) as theirs:
        for name in people:
            for octets in MAIL:
                theirs.deliver(name, octets)
        store = Store([User(name, secret) for name, secret in people.items()], {name: mail for name in people})
        with Server(pop3.extended("CAPA", "SASL", "STLS"), store).start() as ours:
            yield Pair(theirs, ours, list(people))


class Both:
    """One session with each of the two."""

    def __init__(self, servers: Pair, user: str, chance: random.Random) -> None:
        self.model = Model(user, SECRET)
        self.alike = True
        """Whether both sessions are still in the same state."""
        self._servers, self._chance = servers, chance
        self._refused = 0
        self._said: list[bytes] = []
        self._theirs, self._ours = Session(servers.theirs.port), Session(servers.ours.port)
        assert self._theirs.greeting[:3] == self._ours.greeting[:3] == b"+OK"

    def close(self) -> None:
        self._theirs.close()
        self._ours.close()

    def try_out(self, keyword: str, arguments: str) -> bool:
        """Compare a command of this class; False where there is none of it now."""
        if arguments == "a bad line too many":
            self._ask(Command(b"CAPA\r\n", "CAPA", "no argument"))  # from here on they are counted
            for _ in range(borne(self.model.state)):
                self._ask(Command(b"XYZZY\r\n", "", "an unknown command"))
        elif self._refused >= borne(self.model.state) and self.model.state != EXCHANGE:
            self._ask(Command(b"CAPA\r\n", "CAPA", "no argument"))
        if (keyword, arguments) in QUITTING and self.model.marked:
            self._ask(Command(b"RSET\r\n", "RSET", "no argument"))  # Dovecot would remove what is marked
        command = self._drawn(keyword, arguments)
        if command is None or not self.alike:
            return False
        self._ask(command)
        return True

    def go(self, to: str) -> bool:
        """Bring the session into a state; False where no way leads there."""
        model = self.model
        if model.state == to:
            return True
        if to in (NAMED, INTERRUPTED, TRANSACTION) and model.state in (AUTHORIZATION, INTERRUPTED):
            self.try_out("USER", "the user")
        if to == INTERRUPTED and model.state == NAMED:
            self.try_out("CAPA", "no argument")
        if to == TRANSACTION and model.state == NAMED:
            self.try_out("PASS", "the password")
        if to == EXCHANGE and model.state in (AUTHORIZATION, INTERRUPTED):
            self.try_out("AUTH", "a challenge wanted")
        return model.state == to

    def quit(self) -> None:
        """End both sessions, and see that they end."""
        self._ask(Command(b"QUIT\r\n", "QUIT", "no argument"))
        assert self._theirs.ask(b"NOOP\r\n") == self._ours.ask(b"NOOP\r\n") == Outcome("", goes_on=False)

    def _drawn(self, keyword: str, arguments: str) -> Command | None:
        """A command of this class; marks are made or taken back where it needs that."""
        model, chance = self.model, self._chance
        command = draw(model, keyword, arguments, chance)
        if command or model.state != TRANSACTION:
            return command
        self._ask(Command(b"RSET\r\n", "RSET", "no argument"))
        if not (command := draw(model, keyword, arguments, chance)):
            self.try_out("DELE", "a message whose last line has no end")
            command = draw(model, keyword, arguments, chance)
        return command

    def _ask(self, command: Command) -> None:
        model, servers = self.model, self._servers
        place = (model.state, command.keyword, command.arguments)
        one = b" " in command.line.strip()
        closes = command.arguments in CLOSING
        self._said.append(command.line[:60])
        theirs = self._theirs.ask(command.line, command.keyword, one=one, closes=closes)
        ours = self._ours.ask(command.line, command.keyword, one=one, closes=closes)
        servers.compared[place] = servers.compared.get(place, 0) + 1
        known = KNOWN.get(place)
        if ours != theirs:
            explained = known is not None and known.explains(ours, theirs)
            assert explained, f"{place}: Dovecot {theirs}, popsim {ours}, after {self._said}"
            servers.met.add(place)
        else:
            assert known is None, f"{place}: listed as a deviation, and both said {ours}, after {self._said}"
        self.alike = not closes and (ours == theirs or ours.status == theirs.status or command.keyword in ASKING)
        self._refused = self._refused + 1 if "-ERR" in (ours.status, theirs.status) else 0
        model.follow(command, ours.status)


def sweep(servers: Pair, seed: int) -> None:
    """Every command with every class of arguments in every state, in an order that the seed makes.

    It is done in several sessions at once: Dovecot takes half a second over a login that it refuses.
    """
    left = [(state, *what) for state in STATES for what in every(state)]
    random.Random(seed).shuffle(left)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        parts = [
            threads.submit(_sweep, servers, servers.users[-1 - part], left[part::AT_ONCE], random.Random(seed + part))
            for part in range(AT_ONCE)
        ]
        for part in parts:
            part.result()


def _sweep(servers: Pair, user: str, left: list[Place], chance: random.Random) -> None:
    while left:
        both = Both(servers, user, chance)
        state = chance.choice(left)[0]
        assert both.go(state)
        while both.alike and both.model.state == state:
            found = next((place for place in left if place[0] == state), None)
            if found is None:
                break
            left.remove(found)
            both.try_out(*found[1:])
            if both.alike and state != TRANSACTION:
                both.go(state)
        both.close()


def stream(servers: Pair, seed: int, length: int) -> None:
    """A session of commands drawn at random, to its QUIT where it comes to that; then look at what is left."""
    chance = random.Random(seed)
    user = servers.users.pop(0)
    both = Both(servers, user, chance)
    assert both.go(TRANSACTION)
    model = both.model
    for _ in range(length):
        keyword, arguments = chance.choice(every(model.state))
        if arguments in CLOSING or (keyword, arguments) in QUITTING:
            continue
        both.try_out(keyword, arguments)
        if not both.alike or model.state != TRANSACTION:
            break
    left = list(range(1, len(MAIL) + 1))
    if both.alike:
        marked = set(model.marked)
        both.quit()
        left = [number for number in left if number not in marked]
    both.close()
    assert servers.theirs.messages(user) == [MAIL[number - 1] for number in left]
    again = Session(servers.ours.port)
    again.ask(f"USER {user}\r\n".encode())
    again.ask(f"PASS {SECRET}\r\n".encode())
    sizes = [size for _, size in again.ask(b"LIST\r\n", "LIST").facts]
    assert sizes == [Message.of(MAIL[number - 1]).size for number in left]
    again.close()


def never_met(servers: Pair) -> list[Deviation]:
    return [deviation for deviation in DEVIATIONS if deviation.place not in servers.met]


def not_compared(servers: Pair) -> list[Place]:
    """What should have been compared and was not."""
    return [place for state in STATES for what in every(state) if (place := (state, *what)) not in servers.compared]


def test_both_answer_alike() -> None:
    with pair(16) as servers:
        sweep(servers, 1)
        for seed in range(10):
            stream(servers, seed, 60)
    assert never_met(servers) == []
    assert not_compared(servers) == []


@pytest.mark.slow
def test_both_answer_alike_for_long() -> None:
    with pair(150) as servers:
        for seed in range(2, 22):
            sweep(servers, seed)
        for seed in range(100, 240):
            stream(servers, seed, 150)
    assert never_met(servers) == []
    assert not_compared(servers) == []


def test_each_deviation_is_listed_once() -> None:
    assert len(KNOWN) == len(DEVIATIONS)
    assert all(deviation.cites.startswith("RFC ") and " §" in deviation.cites for deviation in DEVIATIONS)
    places = {(state, *what) for state in STATES for what in every(state)}
    assert set(KNOWN) <= places
