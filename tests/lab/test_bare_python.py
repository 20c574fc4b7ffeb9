"""The lab and every text twin work in a Python without sockets, threads, TLS, numpy, matplotlib or Jupyter.

That is the Python of a browser; and what nobody imports costs nobody time.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from popsim import Lab, Link, pop3, samples

BLOCKED = (
    "numpy", "matplotlib", "ssl", "_ssl", "socket", "_socket", "threading", "_threading_local", "queue", "select",
    "selectors", "asyncio", "concurrent", "concurrent.futures", "multiprocessing", "socketserver", "subprocess", "http",
    "mailbox", "email.message", "email.utils", "IPython", "ipywidgets", "anywidget", "traitlets", "graphviz",
    "pygraphviz", "jupyterlab", "nbformat", "click",
)  # fmt: skip

LINES = ("USER alice", "PASS secret", "STAT", "LIST", "RETR 3", "TOP 2 1", "DELE 2", "FOO", "QUIT")

PROGRAM = f"""
import sys
for name in {BLOCKED!r}:
    sys.modules[name] = None
from popsim import Lab, Link, Scenario, Timeline, pop3, samples
lab = Lab(pop3, mail=samples.inbox(), link=Link("40 ms", "1 Mbit/s"))
for line in {LINES!r}:
    exchange = lab.send(line)
    assert str(exchange) and exchange.html()
player = lab.player()
texts = [player.text(step) for step in range(len(player.steps) + 1)]
assert len(set(texts)) > {len(LINES)}
for index in range(len(lab.timeline)):
    if lab.timeline[index].layer == "message":
        assert str(lab.octets(index))
twins = [player, lab.ladder(), lab.transcript(), lab.octets(), lab.traffic(), lab.diagram(), lab.reference()]
twins += [lab.console(), lab.diagram(inner=False)]
assert all(str(twin) for twin in twins)
other = lab.fork(at=len(lab.timeline) - 1, instead="RSET")
assert other.state == "TRANSACTION" and lab.state == "CLOSED"
old = Lab(pop3.edition(1460).minimal(), users={{"bob": "x"}})
old.run("USER bob", "PASS x", "LAST")
old.connect()
old.cut()
path = sys.argv[1]
assert Timeline.load(lab.timeline.save(path)) == lab.timeline
print(lab.timeline.digest())
"""


def test_everything_that_is_text_works_there(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "session.jsonl")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=Path(__file__).resolve().parents[2])
    assert done.returncode == 0, done.stderr
    lab = Lab(pop3, mail=samples.inbox(), link=Link("40 ms", "1 Mbit/s"))
    for line in LINES:
        lab.send(line)
    assert done.stdout.strip() == lab.timeline.digest()


@pytest.mark.parametrize("name", ["socket", "threading", "numpy"])
def test_what_is_blocked_can_not_be_imported(name: str) -> None:
    command = [sys.executable, "-c", f"import sys; sys.modules[{name!r}] = None; import {name}"]
    assert "ModuleNotFoundError" in subprocess.run(command, capture_output=True, text=True, timeout=60).stderr
