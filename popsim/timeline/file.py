"""A timeline as a file: one line of JSON for the header, one for each stream, one for each event.

A server that writes its recording as it runs adds to this: streams in pieces between the events, a line where TLS
begins, lines that add to the header's mail and keys. If it is killed, the last line may be cut: it is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from popsim.protocols import SPEAKS
from popsim.timeline.event import ENDPOINTS, KINDS
from popsim.timeline.recorder import Recorder, Stream
from popsim.timeline.timeline import SECRETS as SECRETS
from popsim.timeline.timeline import Timeline, TimelineError

FORMAT = "popsim timeline 1"


def lines(timeline: Timeline, compared: bool = False) -> Iterator[str]:
    """The lines of the file, without their ends. Octets stand as text, one character (U+0000 to U+00FF) each.

    Args:
        timeline: what is to be written.
        compared: only what two runs of a scenario have in common: of ciphertext its length, and no keys.
    """
    header = {key: value for key, value in timeline.header.items() if not (compared and key == SECRETS)}
    yield line({"format": FORMAT, **header})
    for connection in timeline.connections:
        for endpoint in ENDPOINTS:
            octets = timeline.stream(connection, endpoint).decode("latin-1")
            yield line({"connection": connection, "endpoint": endpoint, "octets": octets})
            if timeline.is_secured(connection):
                wire = timeline.wire(connection, endpoint)
                crossed = len(wire) if compared else wire.decode("latin-1")
                yield line({"connection": connection, "endpoint": endpoint, "wire": crossed})
            if changed := timeline.changed(connection, endpoint):
                places = {"changed": list(changed), "misread": list(timeline.misread(connection, endpoint))}
                yield line({"connection": connection, "endpoint": endpoint, **places})
    for event in timeline:
        place = [event.time, event.connection, event.endpoint, event.layer, event.kind]
        row = [*place, event.cause, event.start, event.end]
        yield line([*row, dict(event.values)] if event.values else row)


def line(value: Any) -> str:
    """A line of the file, without its end."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)


def save(timeline: Timeline, path: Path) -> Path:
    """Write a timeline; see :meth:`Timeline.save`."""
    path.write_text("".join(one + "\n" for one in lines(timeline)), encoding="ascii")
    return path


def load(path: Path) -> Timeline:
    """Read a timeline; see :meth:`Timeline.load`."""
    try:
        text = path.read_text(encoding="ascii")
    except UnicodeDecodeError as error:
        raise TimelineError(f"{path.name} is no popsim timeline: expected lines of JSON in ASCII") from error
    number, rows = 1, text.splitlines()
    if len(rows) > 1 and not text.endswith("\n") and not _is_whole(rows[-1]):
        rows.pop()
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


def _is_whole(row: str) -> bool:
    try:
        json.loads(row)
    except RecursionError:
        return True  # and no line of a timeline: the reader says so
    except ValueError:
        return False
    return True


def _header(header: Any, name: str) -> dict[str, Any]:
    if not isinstance(header, dict) or header.pop("format", None) != FORMAT:
        raise TimelineError(f"{name} is no popsim timeline: its first line does not say {FORMAT!r}")
    for key, kind in (("protocol", str), ("edition", int), ("mail", dict), ("initial", dict)):
        if not isinstance(header.get(key, kind()), kind):
            raise ValueError(f"expected {key} as {kind.__name__}")
    for user, rows in header.get("mail", {}).items():
        _check_mail(user, rows)
    return header


def _check_mail(user: str, rows: Any) -> None:
    if not isinstance(rows, list) or not all(isinstance(row, list) and row for row in rows):
        raise ValueError(f"expected the mail of {user} as rows that begin with a number")


_NUMBERS = {pair: number for number, pair in enumerate(KINDS)}


def _read(recorder: Recorder, row: Any) -> None:
    if isinstance(row, dict) and "connection" not in row:
        _add_to_header(recorder.header, row)
        return
    if isinstance(row, dict):
        place = _whole(row["connection"]), ENDPOINTS.index(row["endpoint"])
        if "secured" in row:
            recorder.secure(*place)
        elif "wire" in row:
            stream = recorder.wires.setdefault(place, Stream())
            stream.append(row["wire"].encode("latin-1"))
        elif "changed" in row:
            recorder.changed[place] = [_whole(n) for n in row["changed"]]
            recorder.misread[place] = [_whole(n) for n in row["misread"]]
        else:
            recorder.stream(*place).append(row["octets"].encode("latin-1"))
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


def _add_to_header(header: dict[str, Any], row: dict[str, Any]) -> None:
    """Take what became known after the header was written: more mail, more keys, what a connection speaks."""
    if SECRETS in row:
        header[SECRETS] = [*header.get(SECRETS, ()), *map(str, row[SECRETS])]
        return
    if SPEAKS in row:
        header.setdefault(SPEAKS, {}).update({str(int(number)): dict(named) for number, named in row[SPEAKS].items()})
        return
    for user, rows in row["mail"].items():
        _check_mail(user, rows)
        header.setdefault("mail", {}).setdefault(user, []).extend(rows)


def _whole(value: Any, lowest: int = 0, highest: int = 2**50) -> int:
    """A whole number that stands for a place, a time or an event before this one."""
    if type(value) is not int or not lowest <= value <= highest:
        raise ValueError(f"expected a whole number from {lowest} to {highest}, got {value!r}")
    return value
