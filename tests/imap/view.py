"""An IMAP client's own model of its mailbox, kept from nothing but the octets that it reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.imap.heard import Heard, heard

NO_EXPUNGE = ("", "FETCH", "STORE", "SEARCH")
"""What is in progress where no EXPUNGE may come (RFC 3501 §7.4.1); "" is no command at all."""


@dataclass
class Known:
    """What a client knows of one message: None for what it has not been told."""

    uid: int | None = None
    flags: frozenset[str] | None = None


class View:
    """One client with a mailbox.

    Args:
        feed: gives octets to the server and returns what it sends.
        name: what its tags begin with.
    """

    def __init__(self, feed: Callable[[bytes], bytes], name: str = "a") -> None:
        self._feed = feed
        self._name = name
        self._said = 0
        self.messages: list[Known] = []
        self.idling = ""
        self.hear(feed(b""), "")

    def say(self, command: str, concluded: Callable[[], None] | None = None) -> list[Heard]:
        """Give a command and return its whole answer; the tagged response is the last one.

        Args:
            command: the command without tag and CRLF.
            concluded: what the client concludes from an OK before it looks at the data.
        """
        self._said += 1
        tag = f"{self._name}{self._said}"
        words = command.upper().split()
        keyword = " ".join(words[:2]) if words[0] == "UID" else words[0]
        if keyword in ("SELECT", "EXAMINE"):
            self.messages = []
        octets = self._feed(f"{tag} {command}\r\n".encode())
        if concluded and heard(octets)[-1].word == "OK":
            concluded()
        answers = self.hear(octets, keyword)
        if keyword in ("CLOSE", "UNSELECT"):
            self.messages = []
        if keyword == "IDLE":
            assert [a.tag for a in answers].count("+") == 1, answers
            self.idling = tag
            return answers
        assert answers[-1].tag == tag and [a.tag for a in answers].count(tag) == 1, (command, answers)
        return answers

    def done(self) -> list[Heard]:
        """End IDLE."""
        tag, self.idling = self.idling, ""
        answers = self.hear(self._feed(b"DONE\r\n"), "IDLE")
        assert answers[-1][:3] == (tag, None, "OK"), answers
        return answers

    def hear(self, octets: bytes, progress: str) -> list[Heard]:
        """Take what came while a command was in progress into the model."""
        answers = heard(octets)
        for answer in answers:
            self._note(answer, progress)
        return answers

    def _note(self, answer: Heard, progress: str) -> None:
        number = answer.number
        if answer.tag != "*" or number is None:
            return
        if answer.word == "EXISTS":
            assert number >= len(self.messages), f"EXISTS {number} takes messages away from {len(self.messages)}"
            self.messages += [Known() for _ in range(number - len(self.messages))]
        elif answer.word == "EXPUNGE":
            assert progress not in NO_EXPUNGE, f"EXPUNGE while {progress or 'nothing'} is in progress"
            assert 1 <= number <= len(self.messages), f"EXPUNGE {number} of {len(self.messages)}"
            del self.messages[number - 1]
        elif answer.word == "RECENT":
            assert number <= len(self.messages)
        elif answer.word == "FETCH":
            assert 1 <= number <= len(self.messages), f"FETCH {number} of {len(self.messages)}"
            self._fetched(self.messages[number - 1], answer)

    def _fetched(self, message: Known, answer: Heard) -> None:
        data = answer.data
        if "UID" in data:
            uid = int(data["UID"])
            assert message.uid in (None, uid), f"number {answer.number} was UID {message.uid}, and is {uid}"
            message.uid = uid
            uids = [m.uid for m in self.messages if m.uid is not None]
            assert uids == sorted(set(uids)), f"UIDs do not grow: {uids}"
        if "FLAGS" in data:
            message.flags = answer.flags - {"\\Recent"}

    def stored_silently(self, numbers: list[int], sign: str, flags: set[str]) -> None:
        """What a client concludes from an OK to STORE ...SILENT (RFC 3501 §6.4.6)."""
        for message in (self.messages[number - 1] for number in numbers):
            if sign == "":
                message.flags = frozenset(flags)
            elif message.flags is not None:
                message.flags = message.flags | flags if sign == "+" else message.flags - flags
