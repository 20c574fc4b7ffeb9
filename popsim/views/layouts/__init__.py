"""Layouts: where the boxes and arcs of a diagram come to stand, as SVG.

The SVG files in this folder are the layouts of the tables that ship, so that they draw on a machine that has
no Graphviz. They are made by ``python -m popsim.views.layouts``, which needs Graphviz's ``dot``. Each carries
the digest of the DOT source that it was made of; one whose digest is not that of today's table is not used.
"""

from __future__ import annotations

import hashlib
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from popsim.views.arcs import Plan
from popsim.views.layouts.cleaning import SOURCE, cleaned

FOLDER = Path(__file__).parent


class NoLayout(RuntimeError):
    """There is no layout of a diagram, and no program on this machine that makes one."""


def digest(dot: str) -> str:
    """The digest of a DOT source; white space does not count."""
    return hashlib.sha256(" ".join(dot.split()).encode()).hexdigest()


def file_name(plan: Plan) -> str:
    """The name of the file that holds the layout of a plan, such as ``pop3-1939-minimal-inner.svg``."""
    protocol = plan.protocol
    parts = [protocol.name, *map(str, protocol.rfcs)]
    parts += ["minimal"] * protocol.is_minimal + ["client"] * plan.client + ["inner" if plan.inner else "outer"]
    return "-".join(parts) + ".svg"


def layout(plan: Plan, dot: str) -> str:
    """The layout of a plan: the one that ships if it fits, else one that is made now.

    Args:
        plan: what is drawn.
        dot: its DOT source.

    Raises:
        NoLayout: none ships, and there is neither ``dot`` on the PATH nor the package pygraphviz, or they find none.
    """
    path = FOLDER / file_name(plan)
    if path.is_file():
        svg = path.read_text("utf-8")
        if ET.fromstring(svg).get(SOURCE) == digest(dot):
            return svg
    return laid_out(dot)


def laid_out(dot: str) -> str:
    """A DOT source laid out now, by ``dot`` or by the package pygraphviz.

    Raises:
        NoLayout: this machine has neither, or they come to no end.
    """
    svg = _by_program(dot) or _by_package(dot)
    if svg is None:
        raise NoLayout(
            "this diagram needs Graphviz: install its program dot (Debian: apt-get install graphviz) "
            "or the package pygraphviz (pip install 'popsim[layout]')"
        )
    return cleaned(svg, digest(dot))


PATIENCE = 30
"""After so many seconds a program that lays a diagram out is stopped: ranks and frames can send it in circles."""


def _by_program(dot: str) -> str | None:
    from subprocess import CalledProcessError, TimeoutExpired, run

    try:
        done = run(["dot", "-Tsvg"], input=dot.encode(), capture_output=True, timeout=PATIENCE, check=True)
    except OSError:  # it is not there; a browser's Python can't run programs at all
        return None
    except (CalledProcessError, TimeoutExpired) as failed:
        raise NoLayout(f"Graphviz's program dot could not lay this diagram out: {_why(failed)}") from None
    return done.stdout.decode()


def _why(failed: Exception) -> str:
    said = (getattr(failed, "stderr", None) or b"").decode(errors="replace").strip().splitlines()
    return said[0] if said else f"it was stopped after {PATIENCE} s"


_DRAW = """
import sys, pygraphviz
dot = sys.stdin.buffer.read().decode()
pygraphviz.AGraph(string=dot).draw(sys.argv[1], format="svg", prog="dot")
"""


def _by_package(dot: str) -> str | None:
    from importlib.util import find_spec

    if find_spec("pygraphviz") is None:
        return None
    import subprocess
    from tempfile import TemporaryDirectory

    # pygraphviz 2.0 draws tables in labels well, but may crash when it frees them: so not in a learner's kernel.
    with TemporaryDirectory() as folder:
        drawing = Path(folder, "diagram.svg")
        command = [sys.executable, "-P", "-c", _DRAW, str(drawing)]
        try:
            subprocess.run(command, input=dot.encode(), capture_output=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return None
        svg = drawing.read_text("utf-8") if drawing.exists() else ""
    return svg if svg.rstrip().endswith("</svg>") else None
