"""The state diagram: what the picture shows is what the table says, and what the text says."""

import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest

from popsim.protocols import find
from popsim.protocols.protocol import Protocol
from popsim.views.arcs import Plan
from popsim.views.diagram import Diagram, diagram
from popsim.views.dot import dot
from popsim.views.layouts import FOLDER, NoLayout, digest, file_name, laid_out
from popsim.views.layouts.__main__ import plans
from tests.views.own_table import OWN

NEW = find("pop3")
OLD = NEW.edition(1460)
PROTOCOLS = (NEW, OLD, NEW.minimal(), OLD.minimal(), find("pop2"), find("imap"), find("smtp"))
SVG = "{http://www.w3.org/2000/svg}"

LOGIN = ("START|opened|always", "AUTHORIZATION|USER name|name accepted")
LOGGED_IN = "USER accepted|PASS string|name and secret are right, maildrop locked"

every_picture = pytest.mark.parametrize("inner", (True, False), ids=("inner", "outer"))
every_protocol = pytest.mark.parametrize("protocol", PROTOCOLS, ids=str)


def elements(svg: str) -> dict[str, ET.Element]:
    """The elements of a picture that have an id; no id is there twice."""
    found = [e for e in ET.fromstring(svg).iter() if "id" in e.attrib]
    by_id = {e.attrib["id"]: e for e in found}
    assert len(by_id) == len(found)
    return by_id


def shown(element: ET.Element) -> str:
    """What an element says, in one line."""
    return " ".join(" ".join(t.text or "" for t in element.findall(f"{SVG}text")).split())


def with_class(svg: str, name: str) -> set[str]:
    return {id for id, e in elements(svg).items() if name in e.attrib.get("class", "").split()}


@pytest.mark.parametrize("plan", list(plans()), ids=file_name)
def test_a_layout_that_ships_is_that_of_todays_table(plan: Plan) -> None:
    svg = (FOLDER / file_name(plan)).read_text("utf-8")
    made = ET.fromstring(svg).attrib["data-source"]
    assert made == digest(dot(plan)), "the table has changed: run python -m popsim.views.layouts"


def test_no_other_layout_ships() -> None:
    assert {path.name for path in FOLDER.glob("*.svg")} == {file_name(plan) for plan in plans()}


@every_protocol
@every_picture
def test_a_layout_has_an_element_for_each_state_and_rule(protocol: Protocol, inner: bool) -> None:
    picture = diagram(protocol, inner=inner)
    ids = elements(picture.layout_svg)
    assert set(picture.nodes) == {s.name for s in protocol.states}
    assert set(picture.arcs) == {r.id for r in protocol.resolved()}
    assert set(picture.nodes.values()) <= ids.keys()
    assert set(picture.arcs.values()) <= ids.keys()
    assert all(re.fullmatch(r"[A-Za-z0-9_]+", id) for id in ids)


def test_a_layout_tells_nothing_of_the_program_that_made_it() -> None:
    for path in FOLDER.glob("*.svg"):
        text = path.read_text("utf-8").lower()
        assert not re.search(r"graphviz|<!|<\?|href|<a[ >]", text), path.name
        assert "\r" not in text


def test_a_state_and_its_steps() -> None:
    inner, outer = diagram(OLD), diagram(OLD, inner=False)
    assert len(set(inner.nodes.values())) == 7
    steps = ("AUTHORIZATION", "USER accepted", "login refused")
    assert {outer.nodes[name] for name in steps} == {outer.nodes["AUTHORIZATION"]}
    assert len(set(outer.nodes.values())) == 5
    assert "USER accepted" not in str(outer)


@every_protocol
@every_picture
def test_the_picture_says_what_the_text_says(protocol: Protocol, inner: bool) -> None:
    picture = diagram(protocol, inner=inner)
    # Without the column that says where it leads: a long line goes on below it.
    text = " ".join(" ".join(line[:64] for line in str(picture).splitlines()).split())
    ids = elements(picture.layout_svg)
    for state in picture.plan.states:
        assert state.name in shown(ids[picture.nodes[state.name]])
    for arc in picture.plan.arcs:
        label = " ".join(map(str, arc.lines))
        box = ids.get(f"every_state_{arc.id}")
        assert shown(ids[arc.id] if box is None else box) == f"{arc.every} {label}".strip()
        assert (box is None) == (not arc.every)
        assert all(str(line) in text for line in arc.lines)


def leaving(picture: Diagram, rule: str) -> tuple[str, str, str]:
    """Which states an arc leaves in words, its label and where it leads."""
    (arc,) = [arc for arc in picture.plan.arcs if any(found.id == rule for found in arc.rules)]
    return arc.every or ", ".join(map(str, arc.sources)), " ".join(map(str, arc.lines)), arc.target.name


def test_what_many_states_do_alike_leaves_one_box() -> None:
    smtp = diagram(find("smtp"))
    quit = leaving(smtp, "RECIPIENTS|QUIT|always")
    assert quit == ("every state that reads commands", "QUIT / 221", "CLOSED")
    assert leaving(smtp, "TEXT|timed out|always")[0] == "every state"
    client = diagram(find("pop2"), client=True)
    rules = [arc for arc in client.plan.arcs if arc.every == "every other state"]
    assert {(" ".join(map(str, arc.lines)), arc.target.name) for arc in rules} == {
        ("anything else / QUIT", "EXIT"),
        ("timed out / QUIT", "EXIT"),
    }
    with pytest.raises(ValueError, match="client of POP3 .* has no machine"):
        diagram(NEW, client=True).svg  # noqa: B018


def test_the_states_stand_in_the_tables_order() -> None:
    """None stands above one that comes before it in the table: an arc that leads back moves no state."""
    for protocol in (find("smtp").extended(), find("imap").extended(), find("imap").edition(9051)):
        picture = diagram(protocol)
        ids = elements(picture.layout_svg)
        outer = [s for s in picture.plan.states if s.outer is s and s.kind == "state"]
        tops = [float(ids[picture.nodes[s.name]].findall(f"{SVG}text")[0].attrib["y"]) for s in outer]
        assert tops == sorted(tops), protocol


def test_every_large_diagram_is_laid_out_in_seconds(require_program: Callable[..., str]) -> None:
    require_program("dot", package="graphviz")
    sources = [dot(plan) for plan in plans()]
    for source in sorted(sources, key=len)[-4:]:
        started = time.monotonic()
        laid_out(source)
        assert time.monotonic() - started < 15


def test_a_program_that_comes_to_no_end_is_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slow = tmp_path / "dot"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("popsim.views.layouts.PATIENCE", 0.2)
    with pytest.raises(NoLayout, match="stopped after"):
        laid_out("digraph {}")


def test_the_arcs_of_a_login() -> None:
    picture = diagram(NEW)
    ids = elements(picture.layout_svg)
    assert shown(ids[picture.arcs[LOGIN[1]]]) == "USER name / +OK"
    assert shown(ids[picture.arcs[LOGGED_IN]]) == "PASS string / +OK"
    assert shown(ids[picture.arcs["TRANSACTION|QUIT|always"]]) == "QUIT"
    assert shown(ids[picture.arcs["TRANSACTION|STAT|always"]]) == "STAT, LIST, NOOP, RSET, UIDL / +OK"
    away = {picture.arcs[f"{state}|QUIT|always"] for state in ("AUTHORIZATION", "USER accepted")}
    assert len(away) == 1
    assert picture.arcs["UPDATE|connection lost|always"] == picture.arcs["TRANSACTION|timed out|always"]


def test_the_state_now_and_the_path_are_marked_and_nothing_else() -> None:
    picture = diagram(NEW, state="TRANSACTION", path=[*LOGIN, LOGGED_IN])
    assert with_class(picture.svg, "now") == {picture.nodes["TRANSACTION"]}
    assert with_class(picture.svg, "path") == {picture.arcs[rule] for rule in (*LOGIN, LOGGED_IN)}
    assert with_class(picture.svg, "taken") == {picture.arcs[LOGGED_IN]}
    assert not with_class(picture.layout_svg, "now") | with_class(picture.layout_svg, "path")
    assert with_class(picture.layout_svg, "ring") == set()


def test_marking_moves_nothing() -> None:
    picture = diagram(NEW, state="UPDATE", path=LOGIN)

    def places(svg: str) -> list[tuple[str | None, ...]]:
        return [tuple(e.get(k) for k in ("d", "points", "x", "y", "cx", "cy")) for e in ET.fromstring(svg).iter()]

    assert places(picture.svg) == places(picture.layout_svg)


def test_the_text_marks_the_state_now_and_the_path() -> None:
    text = str(diagram(NEW, state="USER accepted", path=[*LOGIN, LOGIN[1]]))
    here = [line for line in text.splitlines() if "(the session is here)" in line]
    assert len(here) == 1 and here[0].startswith("* USER accepted (the session is here), a step of AUTHORIZATION")
    taken = [line.split() for line in text.splitlines() if line.lstrip().startswith("=>")]
    assert taken == ["=> opened / +OK -> AUTHORIZATION".split(), "=> USER name / +OK -> USER accepted".split()]
    assert text.endswith("AUTHORIZATION: USER name, name accepted / +OK -> USER accepted (2 times)")
    assert max(map(len, text.splitlines())) <= 100


def test_an_inner_state_is_shown_as_its_outer_one() -> None:
    picture = diagram(NEW, state="USER accepted", inner=False)
    assert with_class(picture.svg, "now") == {"state_AUTHORIZATION"}
    assert "* AUTHORIZATION" in str(picture)


def test_what_the_protocol_does_not_have() -> None:
    with pytest.raises(LookupError, match="has the states .*USER accepted.*not 'LOGIN'"):
        diagram(NEW, state="LOGIN")
    with pytest.raises(LookupError, match="no rule 'TRANSACTION|LAST|always'"):
        diagram(NEW, path=["TRANSACTION|LAST|always"])
    diagram(OLD, path=["TRANSACTION|LAST|always"])


def test_a_reader_who_does_not_see_it() -> None:
    picture = diagram(NEW, state="USER accepted")
    root = ET.fromstring(picture.svg)
    summary = "The states of POP3 (RFC 1939). The session is in USER accepted, a step of AUTHORIZATION."
    assert root.get("role") == "img" and root.get("aria-label") == summary
    assert [root[0].tag, root[1].tag] == [f"{SVG}title", f"{SVG}desc"]
    assert (root[0].text, root[1].text) == (summary, str(picture))
    tip = elements(picture.svg)["state_UPDATE"].find(f"{SVG}title")
    assert tip is not None and tip.text == "UPDATE: the server removes the messages that are marked"
    tip = elements(picture.svg)[picture.arcs[LOGIN[1]]].find(f"{SVG}title")
    assert tip is not None and tip.text == "USER name, name accepted (RFC 1939 §7)"


def image(html: str) -> str:
    """The SVG document that an HTML form has as an image."""
    root = ET.fromstring(html.replace('height: auto">', 'height: auto"/>'))
    found = root.find("img")
    assert found is not None
    kind, _, data = found.attrib["src"].partition(",")
    assert kind == "data:image/svg+xml;charset=utf-8"
    return unquote(data)


def test_a_notebook_gets_the_picture_and_its_text() -> None:
    picture = diagram(NEW, state="TRANSACTION", path=LOGIN)
    bundle = picture._repr_mimebundle_()
    assert bundle["text/plain"] == str(picture) == repr(picture)
    assert image(bundle["text/html"]) == picture.svg
    text = ET.fromstring(bundle["text/html"].replace('height: auto">', 'height: auto"/>')).find("details/pre")
    assert text is not None and text.text == str(picture)


def own_picture() -> Diagram:
    return diagram(OWN, state="idle & <awake>", path=["START|opened|always"])


def check_own(picture: Diagram) -> None:
    ids = elements(image(picture.html()))
    assert "idle & <awake>" in shown(ids["state_idle____awake_"])
    assert "a step of idle & <awake>" in shown(ids["state_idle____awake__2"])
    assert shown(ids[picture.arcs["idle & <awake>|GO where|it's there"]]) == "GO where / <ok>"
    assert "now" in ids["state_idle____awake_"].attrib["class"]


def test_a_table_of_ones_own_is_laid_out_by_dot(require_program: Callable[..., str]) -> None:
    require_program("dot", package="graphviz")
    check_own(own_picture())


@pytest.mark.slow  # there the wheel is installed: see .ci/run
def test_a_table_of_ones_own_is_laid_out_by_pygraphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygraphviz", reason="pygraphviz is not installed: pip install 'popsim[layout]'")
    monkeypatch.setenv("PATH", "")
    check_own(own_picture())


@pytest.fixture
def no_graphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


@pytest.mark.usefixtures("no_graphviz")
def test_without_graphviz_what_ships_is_drawn() -> None:
    with pytest.raises(NoLayout):
        laid_out("digraph {}")
    assert with_class(diagram(OLD, state="login refused").svg, "now") == {"state_login_refused"}


@pytest.mark.usefixtures("no_graphviz")
def test_without_graphviz_a_table_of_ones_own_is_listed() -> None:
    picture = own_picture()
    with pytest.raises(NoLayout, match="apt-get install graphviz"):
        picture.svg  # noqa: B018
    root = ET.fromstring(picture.html())
    assert root.findtext("p", "").startswith("this diagram needs Graphviz")
    assert root.findtext("pre") == str(picture)
    assert "=> opened / <ok>" in str(picture)


@pytest.mark.usefixtures("no_graphviz")
def test_a_layout_of_another_table_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("popsim.views.layouts.file_name", lambda plan: file_name(Plan(NEW)))
    with pytest.raises(NoLayout):
        own_picture().svg  # noqa: B018


def test_white_space_does_not_make_another_source() -> None:
    assert digest("digraph {\n\ta -> b\n}\n") == digest("digraph { a -> b }") != digest("digraph { a -> c }")


SAME = """
from popsim.protocols import find
from popsim.views.diagram import diagram
picture = diagram(find("pop3"), state="UPDATE")
print(picture.dot, picture.html(), picture)
"""


def test_every_process_draws_the_same() -> None:
    def drawn(seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", SAME], env=environment, capture_output=True, check=True, timeout=60
        )
        return done.stdout.decode()

    assert drawn("1") == drawn("2") != ""


def test_text_needs_no_graphviz() -> None:
    code = "import sys; sys.modules['graphviz'] = None\n" + SAME.replace("picture.dot, picture.html(), ", "")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    assert b"* UPDATE" in done.stdout
