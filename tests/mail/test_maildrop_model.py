"""A maildrop against a model that knows no shortcut, under any order of events."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from popsim.mail.maildrop import Maildrop, MaildropLocked, NoSuchMessage, OpenMaildrop
from popsim.mail.message import Message

NUMBERS = st.integers(-1, 8)
TEXTS = st.sampled_from([b"a", b"bb", b".", b"", b"long" * 9])


@dataclass(frozen=True)
class Kept:
    """A message as the model remembers it."""

    octets: bytes
    uid: str
    retrieved: bool = False


class Sessions(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.drop = Maildrop([Message.of(b"a"), Message.of(b"a"), Message.of(b"ccc")])
        self.kept = [Kept(m.octets, m.uid or "") for m in self.drop.messages]
        self.every_uid = {kept.uid for kept in self.kept}
        self.session: OpenMaildrop | None = None
        self.opened = 0
        self.marked: set[int] = set()
        self.last = self.last_at_opening = 0

    def closed(self) -> bool:
        return self.session is None

    def exists(self, number: int) -> bool:
        return 1 <= number <= self.opened and number not in self.marked

    def held(self) -> OpenMaildrop:
        assert self.session is not None
        return self.session

    @rule(text=TEXTS)
    def deliver(self, text: bytes) -> None:
        message = self.drop.deliver(Message.of(text))
        assert message.uid and message.uid not in self.every_uid
        self.every_uid.add(message.uid)
        self.kept.append(Kept(message.octets, message.uid))

    @rule(index=st.integers(0, 9), refuse=st.booleans())
    def refuse_removal(self, index: int, refuse: bool) -> None:
        if index < len(self.kept):
            uid = self.kept[index].uid
            self.drop.refuse_removal.add(uid) if refuse else self.drop.refuse_removal.discard(uid)

    @precondition(closed)
    @rule()
    def open(self) -> None:
        self.session = self.drop.open("model")
        self.opened = len(self.kept)
        retrieved = [number for number, kept in enumerate(self.kept, 1) if kept.retrieved]
        self.last = self.last_at_opening = max(retrieved, default=0)

    @precondition(lambda self: self.session is not None)
    @rule()
    def open_again(self) -> None:
        try:
            self.drop.open("other")
        except MaildropLocked as error:
            assert error.owner == "model"
        else:
            raise AssertionError("two sessions have the maildrop open")

    @precondition(lambda self: self.session is not None)
    @rule(number=NUMBERS)
    def delete(self, number: int) -> None:
        try:
            self.held().delete(number)
        except NoSuchMessage as error:
            assert not self.exists(number) and error.deleted == (number in self.marked)
        else:
            assert self.exists(number)
            self.marked.add(number)
            self.last = max(self.last, number)

    @precondition(lambda self: self.session is not None)
    @rule(number=NUMBERS)
    def retrieve(self, number: int) -> None:
        try:
            self.held().retrieved(number)
        except NoSuchMessage:
            assert not self.exists(number)
        else:
            assert self.exists(number)
            self.kept[number - 1] = replace(self.kept[number - 1], retrieved=True)
            self.last = max(self.last, number)

    @precondition(lambda self: self.session is not None)
    @rule(to_start=st.booleans())
    def reset(self, to_start: bool) -> None:
        self.last = self.last_at_opening if to_start else 0
        self.held().reset(last=self.last)
        self.marked = set()

    @precondition(lambda self: self.session is not None)
    @rule()
    def lose(self) -> None:
        self.held().release()
        self.session, self.marked = None, set()

    @precondition(lambda self: self.session is not None)
    @rule()
    def quit(self) -> None:
        result = self.held().commit()
        refused = {n for n in self.marked if self.kept[n - 1].uid in self.drop.refuse_removal}
        assert result.failed == tuple(sorted(refused))
        assert result.removed == tuple(sorted(self.marked - refused))
        left = [k for n, k in enumerate(self.kept[: self.opened], 1) if n not in result.removed]
        assert (self.held().count, self.held().total) == (len(left), sum(len(k.octets) for k in left))
        self.kept = left + self.kept[self.opened :]
        self.lose()

    @invariant()
    def the_store_is_what_the_model_says(self) -> None:
        assert [(m.octets, m.uid) for m in self.drop.messages] == [(k.octets, k.uid) for k in self.kept]
        assert self.drop.octets == sum(len(k.octets) for k in self.kept)
        assert self.drop.owner == (None if self.session is None else "model")

    @invariant()
    def the_session_is_what_the_model_says(self) -> None:
        if self.session is None:
            return
        numbers = [number for number in range(1, self.opened + 1) if number not in self.marked]
        sizes = [len(self.kept[number - 1].octets) for number in numbers]
        assert self.session.numbers() == numbers
        assert (self.session.count, self.session.total) == (len(numbers), sum(sizes))
        assert [(n, m.uid) for n, m in self.session.listed()] == [(n, self.kept[n - 1].uid) for n in numbers]
        assert self.session.marked() == tuple(sorted(self.marked))
        assert (self.session.last, self.session.last_at_opening) == (self.last, self.last_at_opening)


TestSessions = Sessions.TestCase
TestSessions.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
