"""What somebody on the wire reads of a lab's session: the same views, from the octets that crossed alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popsim.timeline import Timeline
from popsim.views.rich import Rich

if TYPE_CHECKING:
    from popsim.views.ladder import Ladder
    from popsim.views.octets import Octets
    from popsim.views.player import Player
    from popsim.views.traffic import Traffic
    from popsim.views.transcript import Transcript


_BESIDE = "server"
"""The end beside which the eavesdropper stands: each message is heard there once."""


class Overheard(Rich):
    """The session as an eavesdropper has it; what crossed in clear is shown as it crossed, passwords too.

    Args:
        timeline: what was overheard, see :func:`popsim.capture.overhear.overheard`.
    """

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline

    def transcript(self) -> Transcript:
        """The session as it can be read aloud."""
        from popsim.views.transcript import transcript

        return transcript(self.timeline)

    def lines(self) -> list[str]:
        """What either end said in clear, in order: of each message its first line, without the line end."""
        from popsim.views.wording import printable

        heard = [event for event in self.timeline.events("message") if event.endpoint == _BESIDE]
        return [printable(self.timeline.octets(event).split(b"\r\n")[0]) for event in heard]

    def player(self) -> Player:
        """The player: step back and forth through what was overheard."""
        from popsim.views.player import player

        return player(self.timeline)

    def ladder(self, connection: int | None = None) -> Ladder:
        """The messages between the two ends, time downwards."""
        from popsim.views.ladder import ladder

        return ladder(self.timeline, connection)

    def octets(self, index: int = -1) -> Octets:
        """The octets of a message, part by part.

        Args:
            index: the index of a message's event in what was overheard; -1 is the last message.
        """
        from popsim.views.octets import octets

        if index == -1:
            index = self.timeline.events("message")[-1].index
        return octets(self.timeline, index)

    def traffic(self) -> Traffic:
        """How many octets crossed the wire when."""
        from popsim.views.traffic import traffic

        return traffic(self.timeline)

    def __str__(self) -> str:
        return str(self.transcript())

    def html(self) -> str:
        return self.transcript().html()
