"""The secrets of TLS sessions as lines of a key log, which Wireshark and other programs read.

The ``ssl`` module writes them into a file only. That file is hidden here, and is gone with the log.
"""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl


class KeyLog:
    """Collects the secrets of all sessions of a context: hand it to the function that makes the context."""

    def __init__(self) -> None:
        import os
        import tempfile

        file, name = tempfile.mkstemp(prefix="popsim-", suffix=".keys")  # only this user may read it
        os.close(file)
        self._path = Path(name)
        self._read = 0
        self._found: dict[str, list[str]] = {}
        self._contexts: list[ssl.SSLContext] = []
        self.close = weakref.finalize(self, _remove, self._path, self._contexts)
        """Removes the file; nothing is collected after it."""

    def watch(self, context: ssl.SSLContext) -> None:
        """Collect the secrets of this context's sessions too."""
        context.keylog_filename = str(self._path)
        self._contexts.append(context)

    def of(self, random: bytes) -> list[str]:
        """The lines of one session, handed out once.

        Args:
            random: the 32 octets of chance in its ClientHello, by which the lines are told apart.
        """
        self._collect()
        return self._found.pop(random.hex(), [])

    def _collect(self) -> None:
        if not self.close.alive:
            return
        with self._path.open("rb") as file:
            file.seek(self._read)
            written = file.read()
        whole = written[: written.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.decode("ascii").splitlines():
            words = line.split()
            if len(words) == 3 and not line.startswith("#"):
                self._found.setdefault(words[1], []).append(line)


def _remove(path: Path, contexts: list[ssl.SSLContext]) -> None:
    for context in contexts:
        context.keylog_filename = None  # type: ignore[assignment] # closes it, or Windows does not remove it
    path.unlink(missing_ok=True)
