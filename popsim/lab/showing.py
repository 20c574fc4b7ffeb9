"""What can be seen of a lab: each view of its session, and of the table that it follows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from popsim.protocols.protocol import Protocol
from popsim.timeline import Timeline

if TYPE_CHECKING:
    from popsim.lab.overheard import Overheard
    from popsim.views.difference import DifferenceTable
    from popsim.views.ladder import Ladder
    from popsim.views.matrix import Matrix
    from popsim.views.octets import Octets
    from popsim.views.reference import CommandReference
    from popsim.views.traffic import Traffic
    from popsim.views.transcript import Transcript


class ShowsSession(ABC):
    """The views of whoever has a protocol and a timeline."""

    protocol: Protocol

    @property
    @abstractmethod
    def timeline(self) -> Timeline:
        """The record of everything up to now."""

    def ladder(self, connection: int | None = None) -> Ladder:
        """The messages between the two ends, time downwards; of one connection, or of all side by side."""
        from popsim.views.ladder import ladder

        return ladder(self.timeline, connection)

    def octets(self, index: int = -1) -> Octets:
        """The octets of a message, part by part.

        Args:
            index: the index of a message's event; -1 is the last message.
        """
        from popsim.views.octets import octets

        if index == -1:
            index = self.timeline.events("message")[-1].index
        return octets(self.timeline, index)

    def traffic(self) -> Traffic:
        """How many octets crossed the wire when, and by which command."""
        from popsim.views.traffic import traffic

        return traffic(self.timeline)

    def transcript(self) -> Transcript:
        """The session as it can be read aloud."""
        from popsim.views.transcript import transcript

        return transcript(self.timeline)

    def overheard(self) -> Overheard:
        """What somebody on the wire reads of the session: the octets that crossed, and nothing else."""
        from popsim.capture.overhear import overheard
        from popsim.lab.overheard import Overheard

        return Overheard(overheard(self.timeline))

    def reference(self) -> CommandReference:
        """The commands of this edition, printed from its table."""
        from popsim.views.reference import reference

        return reference(self.protocol)

    def difference(self, other: Protocol) -> DifferenceTable:
        """What came, went and changed from this lab's protocol to another edition, or to one with extensions.

        Raises:
            ValueError: it is not an edition of the same protocol.
        """
        from popsim.views.difference import difference

        return difference(self.protocol, other)

    def matrix(self) -> Matrix:
        """Which command may be given in which state of this edition, and where it leads."""
        from popsim.views.matrix import matrix

        return matrix(self.protocol)
