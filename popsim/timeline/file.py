"""A timeline as a file: one line of JSON for the header, one for each stream, one for each event."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from popsim.timeline.event import ENDPOINTS, KINDS
from popsim.timeline.recorder import Recorder
from popsim.timeline.timeline import Timeline, TimelineError

FORMAT = "popsim timeline 1"
_SUFFIX = ".jsonl"


def lines(timeline: Timeline) -> Iterator[str]:
    """The lines of the file, without their ends. Octets stand as text, one character (U+0000 to U+00FF) each."""
    yield _line({"format": FORMAT, **timeline.header})
    for connection in timeline.connections:
        for endpoint in ENDPOINTS:
            octets = timeline.stream(connection, endpoint).decode("latin-1")
            yield _line({"connection": connection, "endpoint": endpoint, "octets": octets})
    for event in timeline:
        place = [event.time, event.connection, event.endpoint, event.layer, event.kind]
        row = [*place, event.cause, event.start, event.end]
        yield _line([*row, dict(event.values)] if event.values else row)


def _line(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)


def save(timeline: Timeline, path: Path) -> Path:
    """Write a timeline; see :meth:`Timeline.save`."""
    if path.suffix != _SUFFIX:
        raise TimelineError(f"a timeline is saved as a {_SUFFIX} file; got the name {path.name!r}")
    path.write_text("".join(line + "\n" for line in lines(timeline)), encoding="ascii")
    return path


def load(path: Path) -> Timeline:
    """Read a timeline; see :meth:`Timeline.load`."""
    try:
        rows = path.read_text(encoding="ascii").splitlines()
    except UnicodeDecodeError as error:
        raise TimelineError(f"{path.name} is no popsim timeline: expected lines of JSON in ASCII") from error
    number = 1
    try:
        recorder = Recorder(_header(json.loads(rows[0]) if rows else {}, path.name))
        for number, row in enumerate(rows[1:], 2):  # noqa: B007 - the message below names the line
            _read(recorder, json.loads(row))
    except TimelineError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        why = " ".join(str(error).split())  # on one line
        raise TimelineError(f"{path.name}, line {number}: not a line of a timeline ({why})") from error
    return Timeline(recorder)


def _header(header: Any, name: str) -> dict[str, Any]:
    if not isinstance(header, dict) or header.pop("format", None) != FORMAT:
        raise TimelineError(f"{name} is no popsim timeline: its first line does not say {FORMAT!r}")
    for key, kind in (("protocol", str), ("edition", int), ("mail", dict), ("initial", dict)):
        if not isinstance(header.get(key, kind()), kind):
            raise ValueError(f"expected {key} as {kind.__name__}")
    for user, rows in header.get("mail", {}).items():
        if not isinstance(rows, list) or not all(isinstance(row, list) and row for row in rows):
            raise ValueError(f"expected the mail of {user} as rows that begin with a number")
    return header


_NUMBERS = {pair: number for number, pair in enumerate(KINDS)}


def _read(recorder: Recorder, row: Any) -> None:
    if isinstance(row, dict):
        stream = recorder.stream(_whole(row["connection"]), ENDPOINTS.index(row["endpoint"]))
        stream.append(row["octets"].encode("latin-1"))
        return
    time, connection, endpoint, layer, kind, cause, start, end, *rest = row
    values = rest[0] if rest else None
    if len(rest) > 1 or not isinstance(values, dict | None):
        raise ValueError("expected at most one item after the octets, with the values that result")
    recorder.now = _whole(time)
    recorder.add(
        _NUMBERS[layer, kind],
        _whole(connection),
        ENDPOINTS.index(endpoint),
        cause=_whole(cause, -1, len(recorder) - 1),
        start=_whole(start),
        end=_whole(end, start),
        values=values,
    )


def _whole(value: Any, lowest: int = 0, highest: int = 2**50) -> int:
    """A whole number that stands for a place, a time or an event before this one."""
    if type(value) is not int or not lowest <= value <= highest:
        raise ValueError(f"expected a whole number from {lowest} to {highest}, got {value!r}")
    return value
