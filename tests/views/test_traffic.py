"""The traffic: exact tables, sums that hold, and a picture that needs matplotlib only when it is shown."""

from __future__ import annotations

import subprocess
import sys
from base64 import b64decode

import pytest

from popsim.timeline import Timeline
from popsim.timeline.event import CLIENT, SERVER
from popsim.views.traffic import traffic
from tests.views.by_hand import MS, Script, lost, short

SHORT = """\
command     times  octets of requests  octets of answers
(greeting)      0                   0                 11
USER            1                  12                 11
PASS            1                  13                 13
RETR            1                   8                 73
QUIT            1                   6                  9
total           4                  39                117

state                time
START              0.0 ms
AUTHORIZATION     80.0 ms
USER accepted     80.0 ms
TRANSACTION      160.0 ms
UPDATE             0.0 ms
whole recording  400.0 ms"""


def test_a_session() -> None:
    made = traffic(short())
    assert str(made) == repr(made) == SHORT


def test_what_never_left_is_not_counted() -> None:
    script = Script()
    script.opened()
    script.read(SERVER, script.send(CLIENT, b"RETR 1\r\n"))
    reply = b"+OK\r\n" + b"x" * 1000
    _, start, _ = script.send(SERVER, reply, rule="TRANSACTION|RETR msg|message there")
    script.recorder.add(0, 0, SERVER, start=start, end=start + 500, values={"0.server.sent": start + 500})
    made = traffic(script.timeline())
    assert made.account.total.answers == 500
    assert made.account.sent["server"][-1] == (0, 500)


def check_sums(timeline: Timeline) -> None:
    """The table's totals are those of the lines; the stays in states fill the time of each connection."""
    account = traffic(timeline).account
    assert account.total.requests == account.sent["client"][-1][1]
    assert account.total.answers == account.sent["server"][-1][1]
    for line in account.sent.values():
        assert line == sorted(line)
    for before, after in zip(account.stays, account.stays[1:], strict=False):
        assert before.connection < after.connection or before.end == after.start


@pytest.mark.parametrize("timeline", [short(), lost()])
def test_sums(timeline: Timeline) -> None:
    check_sums(timeline)


def test_unknown_commands_have_a_row_and_bad_arguments_do_not() -> None:
    script = Script()
    script.opened()
    for line in (b"FETCH 1\r\n", b"STAT now\r\n", b"\xff\xfe\r\n", b"stat\r\n"):
        script.command(line, b"-ERR no\r\n", "", delay=1)
    rows = [row.split("  ")[0] for row in str(traffic(script.timeline())).split("\n")]
    assert rows[:4] == ["command", "unrecognized command", "STAT", "total"]


def test_answers_that_nobody_asked_for() -> None:
    script = Script()
    script.opened()
    script.read(CLIENT, script.send(SERVER, b"* BYE\r\n"))
    assert "(unasked)" in str(traffic(script.timeline()))


def test_the_picture() -> None:
    bundle = traffic(short())._repr_mimebundle_()
    assert set(bundle) == {"image/png", "text/plain"}
    png = b64decode(bundle["image/png"])
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert 900 <= int.from_bytes(png[16:20]) <= 1100
    assert 'alt="command' in traffic(short()).html()


def many(connections: int, seconds: int) -> Timeline:
    script = Script()
    for number in range(connections):
        script.opened(number)
        script.greet(connection=number)
        script.wait(seconds * 1000)
    return script.timeline()


@pytest.mark.parametrize("timeline", [Script().timeline(), lost(), many(1, 3600), many(2, 1), many(5, 0)])
def test_pictures_of_all_shapes(timeline: Timeline) -> None:
    assert traffic(timeline).png


def test_the_stays_of_several_connections() -> None:
    stays = traffic(many(2, 1)).account.stays
    assert [(s.state, s.connection, s.start // MS, s.end // MS) for s in stays] == [
        ("START", 0, 0, 0),
        ("AUTHORIZATION", 0, 0, 1080),
        ("START", 1, 1040, 1040),
        ("AUTHORIZATION", 1, 1040, 1080),
    ]


LAZY = """
import sys
for name in ("numpy", "matplotlib", "ssl", "socket", "threading"):
    sys.modules[name] = None
from popsim.views.ladder import ladder
from popsim.views.octets import octets
from popsim.views.traffic import traffic
from popsim.views.transcript import transcript
from tests.views.by_hand import short
t = short()
for view in (transcript(t), ladder(t), octets(t, 2)):
    assert view._repr_mimebundle_()["text/html"] and str(view)
assert str(traffic(t))
"""
NO_GLOBALS = """
import sys
from popsim.views.traffic import traffic
from tests.views.by_hand import short
made = traffic(short())
str(made)
assert not [name for name in sys.modules if name.startswith("matplotlib")]
assert made.png
import matplotlib
assert "matplotlib.pyplot" not in sys.modules
assert matplotlib.rcParams["axes.spines.top"]
"""


@pytest.mark.parametrize("program", [LAZY, NO_GLOBALS])
def test_what_is_loaded(program: str, pytestconfig: pytest.Config) -> None:
    subprocess.run([sys.executable, "-c", program], check=True, cwd=pytestconfig.rootpath, timeout=120)
