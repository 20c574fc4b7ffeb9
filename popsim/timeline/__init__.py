"""One record of what happened: events in virtual time, their octets, and snapshots folded from them."""

from popsim.timeline.event import Event
from popsim.timeline.recorder import Observer, Recorder
from popsim.timeline.snapshot import Snapshot
from popsim.timeline.timeline import Step, Timeline, TimelineError

__all__ = ["Event", "Observer", "Recorder", "Snapshot", "Step", "Timeline", "TimelineError"]
