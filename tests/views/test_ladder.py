"""The ladder: exact texts, a picture that says the same, and no two rungs on top of each other."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from popsim.timeline import Timeline
from popsim.timeline.event import CLIENT, SERVER
from popsim.views import ladder as ladder_module
from popsim.views.ladder import ladder
from popsim.views.ladder_layout import Layout
from popsim.views.wording import format_octets, format_time
from tests.views import shown
from tests.views.by_hand import Script, lost, short

LOST = """\
client               at                     at  server         octets  message
                 0.0 ms                                                the connection is open
                                        0.0 ms                         the connection is open
AUTHORIZATION   10.0 ms  <----------    0.0 ms  AUTHORIZATION      11  +OK ready
                10.0 ms  ---------->   50.0 ms                     12  USER alice
USER accepted   90.0 ms  <----------   50.0 ms  USER accepted       5  +OK
                90.0 ms  ----x                                      6  QUIT (lost on its way: 3 of 6 octets arrived)
                                      110.0 ms  CLOSED                 the connection is lost
               110.0 ms                                                the connection is lost"""


def test_a_lost_connection() -> None:
    assert str(ladder(lost())) == LOST


def test_a_session() -> None:
    rows = str(ladder(short())).split("\n")
    assert [re.split(r"\s{2,}", row.strip()) for row in rows[3:]] == [
        ["AUTHORIZATION", "80.0 ms", "<----------", "40.0 ms", "AUTHORIZATION", "11", "+OK ready"],
        ["80.0 ms", "---------->", "120.0 ms", "12", "USER alice"],
        ["USER accepted", "160.0 ms", "<----------", "120.0 ms", "USER accepted", "11", "+OK go on"],
        ["160.0 ms", "---------->", "200.0 ms", "13", "PASS ****"],
        ["TRANSACTION", "240.0 ms", "<----------", "200.0 ms", "TRANSACTION", "13", "+OK welcome"],
        ["240.0 ms", "---------->", "280.0 ms", "8", "RETR 1"],
        ["320.0 ms", "<----------", "280.0 ms", "73", "+OK 64 octets"],
        ["320.0 ms", "---------->", "360.0 ms", "UPDATE", "6", "QUIT"],
        ["UPDATE, CLOSED", "400.0 ms", "<----------", "360.0 ms", "CLOSED", "9", "+OK bye"],
        ["400.0 ms", "the connection is closed"],
        ["400.0 ms", "the connection is closed"],
    ]


def picture(timeline: Timeline, start: int = 0) -> tuple[ElementTree.Element, list[str]]:
    """The picture as XML, and all its texts."""
    svg = ElementTree.fromstring(ladder(timeline, start=start).svg)
    return svg, ["".join(text.itertext()) for text in svg.iter("{http://www.w3.org/2000/svg}text")]


def check_picture(timeline: Timeline) -> None:
    """What the rungs say stands in the picture too."""
    made = ladder(timeline)
    _, texts = picture(timeline)
    # A time is written once for all that happens in one moment.
    times = [format_time(e.time) for r in made.scene.rungs for e in (r.left, r.came) if e]
    assert set(times) <= set(texts)
    for rung in made.scene.rungs:
        for end in ("client", "server"):
            if states := rung.states_of(end):
                assert states in texts
        if rung.kind == "message":
            size = f"  {format_octets(rung.octets)}"
            told = [t.removesuffix(size) for t in texts if t.endswith(size)]
            assert any(rung.text == t or rung.text.startswith(t.removesuffix("...")) for t in told)
        else:
            assert not rung.text or any(text.strip() == rung.text for text in texts)
        if rung.note:
            assert rung.note in texts


@pytest.mark.parametrize("timeline", [short(), lost()])
def test_the_picture_says_the_same(timeline: Timeline) -> None:
    check_picture(timeline)


def check_distances(timeline: Timeline) -> None:
    """What stands one below the other at one place keeps a distance in which it can be read."""
    layout = Layout(ladder(timeline).scene)
    heights = [layout.height(event) for event, _ in layout.anchors]
    assert all(below - above >= 14 for above, below in zip(heights, heights[1:], strict=False))
    assert all(below - above <= 60 for above, below in zip(heights, heights[1:], strict=False))


@pytest.mark.parametrize("timeline", [short(), lost()])
def test_rungs_keep_their_distance(timeline: Timeline) -> None:
    check_distances(timeline)


def test_idle_time_is_compressed_and_said() -> None:
    script = Script()
    script.opened()
    script.command(b"NOOP\r\n", b"+OK\r\n", "TRANSACTION|NOOP|always")
    script.wait(3_600_000)
    script.command(b"NOOP\r\n", b"+OK\r\n", "TRANSACTION|NOOP|always")
    check_distances(script.timeline())
    _, texts = picture(script.timeline())
    assert "+3,600.000 s" in texts


def test_html_has_no_ids_and_its_text_beside_it() -> None:
    made = ladder(short())
    html = made.html()
    assert not re.search(r"\bid=", html)
    assert "<details>" in html and "&lt;----------" in html
    assert made._repr_mimebundle_() == {"text/html": html, "text/plain": str(made)}
    assert html == ladder(short()).html()


def two() -> Timeline:
    script = Script()
    for number in (0, 1):
        script.opened(number)
        script.greet(delay=20, connection=number)
    return script.timeline()


def test_several_connections_stand_side_by_side() -> None:
    made = ladder(two())
    rows = str(made).split("\n")
    assert [row[:3] for row in rows[1:]] == ["[0]"] * 3 + ["[1]"] * 3
    svg, texts = picture(two())
    assert texts.count("client") == texts.count("server") == 2
    lanes = Layout(made.scene).lanes
    assert lanes[0].server < lanes[1].client
    check_picture(two())


def test_one_of_several_connections() -> None:
    made = ladder(two(), 1)
    assert {rung.connection for rung in made.scene.rungs} == {1}
    assert "[1]" not in str(made)
    with pytest.raises(ValueError, match="connections 0, 1, not 2"):
        ladder(two(), 2)


def test_parts_make_the_whole() -> None:
    timeline = short()
    whole = ladder(timeline).scene.rungs
    for cut in range(len(timeline) + 1):
        assert ladder(timeline, end=cut).scene.rungs + ladder(timeline, start=cut).scene.rungs == whole
        ladder(timeline, start=cut).html()


def test_a_part_begins_in_the_states_that_are() -> None:
    timeline = short()
    start = timeline.events("message", "Sent")[4].index
    svg, texts = picture(timeline, start=start)
    assert texts.count("AUTHORIZATION") == 0
    assert texts.count("USER accepted") == texts.count("TRANSACTION") == 2
    kinds = [line.get("class") for line in svg.iter("{http://www.w3.org/2000/svg}line")]
    assert kinds.count("open") == 2


def test_a_long_session_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder_module, "MOST", 5)
    timeline = short()
    made = ladder(timeline)
    rest = str(made).split("\n")[-1]
    found = re.fullmatch(r"\.\.\. 8 more; a ladder with start=(\d+) shows them", rest)
    assert found
    _, texts = picture(timeline)
    assert rest in texts
    assert ladder(timeline, start=int(found[1])).scene.rungs[0].text == "PASS ****"


HOSTILE = b'<script>alert(1)</script> & "q" \x1b[2J \x00 ' + "\u202e".encode() + b"\xff" + b"y" * 9000


@pytest.mark.parametrize("end", [CLIENT, SERVER])
def test_octets_of_strangers_do_no_harm(end: int) -> None:
    script = Script()
    script.opened()
    script.read(1 - end, script.send(end, HOSTILE + b"\r\n"))
    made = ladder(script.timeline())
    assert "script" not in shown.tags(made.html())
    assert not set(made.html()) & set("\x00\x1b\u202e\udcff")
    assert all(line.isprintable() and len(line) < 160 for line in str(made).split("\n"))
    check_picture(script.timeline())


def test_passwords_are_masked() -> None:
    made = ladder(short())
    assert "secret" not in str(made) and "secret" not in made.html()


def test_only_one_end_was_recorded() -> None:
    script = Script()
    script.recorder.stream(0, CLIENT).append(b"NOOP\r\n")
    script.recorder.add(3, 0, SERVER)
    script.read(SERVER, (-1, 0, 6))
    script.send(SERVER, b"+OK\r\n", rule="TRANSACTION|NOOP|always")
    script.recorder.add(4, 0, SERVER)
    rows = str(ladder(script.timeline())).split("\n")
    assert [re.split(r"\s{2,}", row.strip()) for row in rows[2:4]] == [
        ["---------->", "0.0 ms", "6", "NOOP"],
        ["<.........", "0.0 ms", "5", "+OK"],
    ]
    check_picture(script.timeline())


def test_nothing() -> None:
    made = ladder(Script().timeline())
    assert str(made) == "client  at    at  server  octets  message"
    ElementTree.fromstring(made.svg)
