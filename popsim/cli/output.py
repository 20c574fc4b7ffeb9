"""Files that a command writes: whole or not at all, and refused before the work rather than after it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


class Output:
    """A file to be written: aside first, then renamed.

    Args:
        path: where.

    Raises:
        OSError: nothing can be written there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._target = Path(os.path.realpath(path))
        if self._target.is_dir():
            raise IsADirectoryError("that is a folder")
        self._aside = self._target.with_name(f".{self._target.stem}.{os.getpid()}{self._target.suffix}")
        self._create()
        self._aside.unlink()

    def is_at(self, path: str) -> bool:
        """Whether this is the file at a path, by whatever name."""
        return self._target == Path(os.path.realpath(os.path.expanduser(path)))

    def write(self, fill: Callable[[Path], object]) -> None:
        """Let a function fill a file with the same suffix beside it, which then takes its name.

        Raises:
            OSError: it can't be written; what was there before is unharmed.
        """
        try:
            self._create()
            fill(self._aside)
            os.replace(self._aside, self._target)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path)) from None
        finally:
            self._aside.unlink(missing_ok=True)

    def _create(self) -> None:
        # For the user's eyes only: a recording holds passwords.
        os.close(os.open(self._aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def output(*suffixes: str) -> Callable[[str], Output]:
    """What makes a file to write of its name.

    Args:
        suffixes: how the name may end.
    """

    def read(name: str) -> Output:
        if Path(name).suffix.lower() not in suffixes:
            raise ValueError(f"expected a name that ends in {' or '.join(suffixes)}, got {name!r}")
        try:
            return Output(Path(name))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise ValueError(f"cannot write {name!r}: {reason}") from None

    return read
