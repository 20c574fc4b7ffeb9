"""What tshark finds in a capture: a judge that nobody here wrote."""

import re
import subprocess
from pathlib import Path

from tests.programs import require_program

STRICT = ("tcp.check_checksum:TRUE", "ip.check_checksum:TRUE")
WARNING = 0x600000
"""From this severity on, an expert's remark is a warning or an error."""


def tshark(path: Path, *options: str) -> str:
    """What tshark prints about a file; checksums are looked at."""
    program = require_program("tshark", package="tshark")
    command = [program, "-n", "-r", str(path), *(word for one in STRICT for word in ("-o", one)), *options]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode("utf-8", "replace")


def fields(path: Path, *names: str, only: str = "", options: tuple[str, ...] = ()) -> list[list[str]]:
    """For each packet, these fields; of several values in one packet, all, with bars between them."""
    shown = [word for name in names for word in ("-e", name)]
    chosen = ["-Y", only] if only else []
    text = tshark(path, *options, *chosen, "-T", "fields", "-E", "aggregator=|", "-E", "occurrence=a", *shown)
    return [line.split("\t") for line in text.splitlines()]


def streams(path: Path, count: int) -> list[list[bytes]]:
    """What tshark's Follow TCP Stream gives of each connection: the octets of the end that spoke first in the capture,
    and those of the other one."""
    asked = [word for number in range(count) for word in ("-z", f"follow,tcp,raw,{number}")]
    text = tshark(path, "-q", *asked)
    found = {}
    for part in text.split("Follow: tcp,raw\n")[1:]:
        number = int(part.partition("tcp.stream eq ")[2].partition("\n")[0])
        said = [b"", b""]
        for line in part.split("\n"):
            if re.fullmatch(r"\t?(?:[0-9a-f]{2})+", line):
                said[line.startswith("\t")] += bytes.fromhex(line.strip())
        found[number] = said
    return [found[number] for number in range(count)]


def complaints(path: Path) -> list[list[str]]:
    """Packets that are malformed, have a checksum that is not good, or draw a remark on TCP or an expert's warning."""
    names = ["frame.number", "tcp.checksum.status", "ip.checksum.status", "_ws.malformed", "tcp.analysis.flags"]
    rows = fields(path, *names, "_ws.expert.severity", "_ws.expert.message")
    assert rows
    return [row for row in rows if row[1:5] != ["1", "1", "", ""] or _worst(row[5]) >= WARNING]


def _worst(severities: str) -> int:
    return max(int(one) for one in severities.split("|")) if severities else 0
