r"""Whether RETR sets ``\Seen`` in IMAP is the site's to say: ``retr-sets-seen``."""

from __future__ import annotations

import pytest

from popsim import pop3
from popsim.engine.server import ServerEngine
from popsim.mail.policy import Policy
from popsim.mail.samples import minimal
from popsim.mail.store import Store, User
from popsim.protocols.services import service
from popsim.timeline import Observer, Recorder, Timeline
from popsim.timeline.event import SERVER

HEADER = {"protocol": "pop3", "edition": 1939, "minimal": False, "extensions": [], "scenario": ""}


@pytest.mark.parametrize(("words", "seen"), [("", 0), ("retr-sets-seen", 1)])
def test_retr_sets_seen_where_the_site_wants_it(words: str, seen: int) -> None:
    store = Store([User("alice", "secret")], {"alice": minimal()})
    inbox = store.accounts["alice"].inbox
    view = inbox.open(1)
    recorder = Recorder({**HEADER, "mail": store.listing()})
    serves = service(pop3, store, session=0, timestamp="<1.1@x>", policy=Policy.parse(words))
    engine = ServerEngine(pop3, serves, Observer(recorder, 0, SERVER))
    engine.opened()
    engine.receive(b"USER alice\r\nPASS secret\r\nTOP 1 0\r\nRETR 2\r\nRETR 2\r\nRETR 9\r\n")
    assert b"".join(engine.take()).count(b"+OK") == 6
    assert [set(item.flags) for item in inbox.items] == [set(), {"\\Seen"} if seen else set()]
    assert len(view.news(True)) == seen
    told = [event.values for event in Timeline(recorder) if event.kind == "Flagged"]
    assert told == [{"mail.alice.2.flags": "\\Seen"}] * seen
