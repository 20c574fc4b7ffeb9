"""The mail of a simulation: which lies there at the beginning, which arrives, and what the record says of it."""

from __future__ import annotations

from collections.abc import Iterable

from popsim.mail import samples
from popsim.mail.collection import Mail
from popsim.mail.store import Store
from popsim.timeline.event import ARRIVED, KEPT, SERVER, TO_COME, mark_key
from popsim.timeline.recorder import Recorder
from popsim.wire.scenario import Scenario

DIGITS = 16
"""How many digits of a mail's digest name it in a scenario."""
EPOCH = 1_710_752_400
"""When virtual time begins, in seconds since 1970: 18 March 2024, 09:00 UTC, some days after the sample mail was
written. Dates that a server writes are counted from there."""


class Mailroom:
    """The store of a simulation, and its listing in the header of the record.

    Args:
        scenario: whose users and mail these are.
        mail: the mail that the scenario names by digest; sample mail needs not be given.

    Raises:
        ValueError: the scenario names mail that is neither sample mail nor given.
    """

    def __init__(self, scenario: Scenario, mail: Iterable[Mail]) -> None:
        self._known = {m.digest[:DIGITS]: m for m in mail}
        self.store = Store(scenario.users, {user: _mail(name, self._known) for user, name in scenario.mail})
        self.store.epoch = EPOCH
        self._seen = self.store.version
        for fault in scenario.faults:
            account = self.store.account(fault.who) if fault.kind == "keep" else None
            if account:
                kept = [uid for uid, row in account.rows.items() if row == fault.number]
                account.maildrop.refuse_removal.update(kept)

    def knows(self, mail: Mail) -> None:
        """Mail that an action may name by its digest."""
        self._known[mail.digest[:DIGITS]] = mail

    def deliver(self, text: str, now: int, recorder: Recorder) -> None:
        """Let mail arrive: from where and how, the protocols that read mail do not know.

        Args:
            text: whose mail and which, such as ``alice minimal``.
            now: the time in nanoseconds.
            recorder: where it is written down.
        """
        user, name = _arriving(text, self.store)
        account = self.store.accounts[user]
        keys = [mark_key(user, account.deliver(message, now)) for message in _mail(name, self._known)]
        self.list(recorder)
        recorder.add(ARRIVED, 0, SERVER, values=dict.fromkeys(keys, KEPT))

    def has_changed(self) -> bool:
        """Whether anything has changed in the store since this was asked last."""
        before, self._seen = self._seen, self.store.version
        return before != self._seen

    def list(self, recorder: Recorder) -> None:
        """Write all messages into the record's header; those that are new there were still to come before."""
        header = recorder.header
        before, now = header["mail"], self.store.listing()
        new = [mark_key(user, row) for user, rows in now.items() for row in _numbers(rows) - _numbers(before[user])]
        header["mail"] = now
        header.setdefault("initial", {}).update(dict.fromkeys(sorted(new), TO_COME))


def _numbers(rows: list[list[object]]) -> set[int]:
    return {int(str(row[0])) for row in rows}


def _arriving(text: str, store: Store) -> tuple[str, str]:
    """Whose mail arrives, and which."""
    user, _, name = text.strip().partition(" ")
    if user not in store.accounts or not name:
        raise ValueError(f"expected mail that arrives as 'NAME MAIL', such as 'alice minimal', got {text!r}")
    return user, name


def mail_name(mail: Mail) -> str:
    """The name of mail in a scenario: that of the sample, or the first digits of its digest."""
    if mail.name in samples.NAMES and samples.find(mail.name).digest == mail.digest:
        return mail.name
    return mail.digest[:DIGITS]


def _mail(name: str, known: dict[str, Mail]) -> Mail:
    if name in known:
        return known[name]
    if name not in samples.NAMES:
        raise ValueError(
            f"the scenario needs the mail {name!r}, which is no sample ({', '.join(samples.NAMES)}): hand it in too"
        )
    return samples.find(name)
