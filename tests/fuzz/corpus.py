"""The committed inputs: one file for each target, one input on a line, in hexadecimal."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"


def read(target: str) -> list[bytes]:
    """The inputs of a target, in order."""
    path = FOLDER / f"{target}.txt"
    return [bytes.fromhex(line) for line in path.read_text("ascii").split()] if path.exists() else []


def write(target: str, inputs: Iterable[bytes]) -> Path:
    """Keep these inputs, the short ones first."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{target}.txt"
    lines = sorted({data.hex() for data in inputs if data}, key=lambda line: (len(line), line))
    path.write_text("".join(f"{line}\n" for line in lines), "ascii")
    return path
