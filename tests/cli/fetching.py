"""Runs `popsim fetch` in this process, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from popsim.cli import main

SECRET = "pass word"
Fetch = Callable[..., "Fetched"]


class Fetched:
    """What a run came to: its exit code, what it said, and the folder."""

    def __init__(self, code: int, out: str, err: str, folder: Path) -> None:
        self.code, self.out, self.err, self.folder = code, out, err, folder

    @property
    def mail(self) -> list[bytes]:
        return self.within()

    def within(self, folder: str = ".") -> list[bytes]:
        """The messages in a folder inside of it."""
        return [path.read_bytes() for path in sorted((self.folder / folder).glob("*.eml"))]

    def told(self, code: int = 1) -> str:
        """The one line on stderr of a run that failed."""
        assert (self.code, self.err.count("\n")) == (code, 1), (self.code, self.err)
        assert self.err.startswith("popsim fetch: ") and SECRET not in self.err
        return self.err


def fetching(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Fetch:
    """What runs the command, with alice's mail on a port of this machine unless it is told otherwise."""
    monkeypatch.delenv("POPSIM_PASSWORD", raising=False)

    def run(port: int, *options: str, secret: str | None = SECRET, url: str = "", scheme: str = "pop3") -> Fetched:
        given = [] if secret is None else ["--password", secret]
        url = url or f"{scheme}://alice@127.0.0.1:{port}"
        with pytest.raises(SystemExit) as end:
            main(["fetch", url, "--output", str(folder), *given, *options])
        said = capsys.readouterr()
        assert SECRET not in said.out + said.err
        return Fetched(int(end.value.code or 0), said.out, said.err, folder)

    return run
