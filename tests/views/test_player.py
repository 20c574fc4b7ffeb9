"""The player without a browser: what the browser would get, the text twin, and the place that the reader moves."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from popsim import Lab, pop3
from popsim.timeline import Timeline
from popsim.views.layouts import NoLayout
from popsim.views.player import Player, player
from popsim.views.player.messages import HEAD, TAIL
from popsim.views.player.widget import script, style
from tests.views.sessions import SESSIONS

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module", params=SESSIONS)
def timeline(request: pytest.FixtureRequest) -> Timeline:
    return SESSIONS[request.param]()


def received(shown: Player) -> dict[str, Any]:
    """The payload as it arrives: through JSON."""
    arrived: dict[str, Any] = json.loads(json.dumps(shown.payload))
    return arrived


def rows(payload: dict[str, Any]) -> list[list[Any]]:
    return [row for chunk in payload["chunks"] for row in chunk["events"]]


def messages(payload: dict[str, Any]) -> list[dict[str, Any]]:
    return [message for chunk in payload["chunks"] for message in chunk["messages"]]


# What the browser gets


def test_what_is_so_is_folded_from_the_payload_by_assignment(timeline: Timeline) -> None:
    payload = received(player(timeline))
    values = dict(payload["head"]["initial"])
    assert values == timeline.at(-1).values
    for index, row in enumerate(rows(payload)):
        values.update(row[-1] or {})
        assert values == timeline.at(index).values, index
    assert len(rows(payload)) == len(timeline)


def test_the_steps_are_the_timelines(timeline: Timeline) -> None:
    payload = received(player(timeline))
    steps: list[list[int]] = []
    for chunk in payload["chunks"]:
        steps[chunk["first_step"] :] = chunk["steps"]
    assert steps == [[step.event, step.index] for step in timeline.steps()]


def without_password(octets: bytes) -> bytes:
    secrets = rb"(?<=^PASS )[^\r\n]+|(?<=^HELO alice )[^\r\n]+|(?<=^alice )\{6\+\}|^secret"
    return re.sub(secrets, lambda found: b"*" * len(found[0]), octets)


def test_a_password_never_reaches_the_browser() -> None:
    lab = Lab(pop3, users={"alice": "trombone"})
    lab.run("USER alice", "PASS trombone", "PASS trombone again")
    payload = json.dumps(player(lab.timeline).payload)
    assert "PASS ****" in payload and "trombone" not in payload


def test_messages_come_with_their_octets_and_every_octet_is_in_one_part(timeline: Timeline) -> None:
    payload = received(player(timeline))
    for event, row in zip(timeline, rows(payload), strict=True):
        if event.layer != "message":
            continue
        octets, message = without_password(timeline.octets(event)), messages(payload)[row[7]]
        head, tail = message["head"].encode("latin-1"), message["tail"].encode("latin-1")
        if len(octets) > HEAD + TAIL:
            assert (head, tail) == (octets[:HEAD], octets[-TAIL:])
        else:
            assert (head, tail) == (octets, b"")
        assert message["length"] == len(octets)
        places = [(start, end) for start, end, *_ in message["parts"]]
        assert [0, *(end for _, end in places)] == [*(start for start, _ in places), len(octets)]


def test_parts_name_the_arguments_and_say_what_they_mean() -> None:
    payload = received(player(SESSIONS["whole"]()))
    named = {m["title"]: [(p[2], p[4]) for p in m["parts"] if p[2]] for m in messages(payload)}
    assert named["USER alice"][:2] == [("keyword", "RFC 1939 §7"), ("name", "RFC 1939 §7")]
    assert [name for name, _ in named["+OK 50094 octets"]] == ["status", "text", "CRLF", "body", "end"]
    assert "added dot" in [name for name, _ in named["+OK 726 octets"]]


def test_segments_belong_to_the_message_that_they_carry_a_piece_of() -> None:
    timeline = SESSIONS["whole"]()
    payload = received(player(timeline))
    for event, row in zip(timeline, rows(payload), strict=True):
        if event.layer == "segment" and event.end > event.start:
            message = messages(payload)[row[7]]
            assert message["start"] <= event.start < message["start"] + message["length"]


def test_long_mail_is_cut_and_short_mail_is_not() -> None:
    payload = received(player(SESSIONS["whole"]()))
    assert max(len(m["head"]) + len(m["tail"]) for m in messages(payload)) == HEAD + TAIL
    assert max(m["length"] for m in messages(payload)) > 50_000


def test_a_table_that_nothing_here_can_lay_out_is_listed_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> str:
        raise NoLayout("nothing here can lay it out")

    monkeypatch.setattr("popsim.views.diagram.layout", refuse)
    payload = received(player(SESSIONS["lost"]()))
    assert payload["pictures"] == {"0": {}}
    assert list(payload["head"]["protocols"][0]["states"]) == [state.name for state in pop3.states]


def test_every_state_and_every_rule_taken_has_its_place_in_the_picture(timeline: Timeline) -> None:
    payload = received(player(timeline))
    elements: dict[str, list[set[str]]] = {number: [] for number in payload["pictures"]}
    for number, pictures in payload["pictures"].items():
        states = payload["head"]["protocols"][int(number)]["states"]
        for name, picture in pictures.items():
            elements[number].append(set(re.findall(r'id="([^"]+)"', picture["svg"])))
            own = {state for state, row in states.items() if (row["end"] == "client") == (name == "client")}
            assert {picture["nodes"][state] for state in own - {"START", "CLOSED"}} <= elements[number][-1]
            assert set(picture["arcs"].values()) <= elements[number][-1]
    for rule in (rule for chunk in payload["chunks"] for rule in chunk["rules"]):
        number, _, name = rule.partition(" ")
        assert any(name in picture["arcs"] for picture in payload["pictures"][number].values()), rule


# More and more events


def test_events_that_are_appended_are_sent_once() -> None:
    lab = Lab(pop3)
    shown = player(lab.timeline, step=-1)
    for line in ("USER alice", "PASS secret", "DELE 1", "QUIT"):
        lab.send(line)
        shown.append(lab.timeline)
        assert shown.step == len(shown.steps) == len(lab.timeline.steps())
        assert shown.timeline == lab.timeline
    grown, whole = received(shown), received(player(lab.timeline))
    assert len(grown["chunks"]) == 5
    assert [chunk["first"] for chunk in grown["chunks"]] == sorted({c["first"] for c in grown["chunks"]})
    assert rows(grown) == rows(whole)
    assert messages(grown) == messages(whole)
    assert str(shown) == str(player(lab.timeline, step=-1))


def test_a_reader_who_is_not_at_the_end_stays_where_he_is() -> None:
    lab = Lab(pop3)
    shown = player(lab.timeline, step=2)
    lab.send("USER alice")
    shown.append(lab.timeline)
    assert shown.step == 2
    shown.append(lab.timeline)
    assert len(shown.payload["chunks"]) == 2


def test_only_a_longer_timeline_of_the_same_run_can_be_appended() -> None:
    shown = player(SESSIONS["whole"]())
    with pytest.raises(ValueError, match="begins with the events shown"):
        shown.append(SESSIONS["lost"]())
    shown.step = 30
    shown.timeline = SESSIONS["lost"]()
    assert shown.timeline == SESSIONS["lost"]()
    assert shown.step == len(shown.steps) < 30
    assert rows(received(shown)) == rows(received(player(SESSIONS["lost"]())))


# The text twin


def test_the_text_says_state_octets_and_marks_at_every_step(timeline: Timeline) -> None:
    shown = player(timeline)
    for number, step in enumerate(timeline.steps(), 1):
        text, snapshot, event = shown.text(number), timeline.at(step.index), timeline[step.event]
        status = text.splitlines()[1]
        assert status.startswith(f"Step {number} of {len(timeline.steps())} ·")
        assert snapshot.state(connection=event.connection) in status.rpartition("state ")[2]
        if event.layer == "message" and len(timeline.octets(event)) < HEAD:
            dump = "".join(re.findall(r"^ {4,8}\d+  ((?:[0-9a-f*]{2} ?)+)", text, re.MULTILINE))
            assert bytes.fromhex(dump.replace("**", "2a")) == without_password(timeline.octets(event))
        for user in timeline.header["mail"]:
            drop = text.partition(f"Maildrop of {user}\n")[2].partition("\n\n")[0].splitlines()
            marks = dict(re.findall(r"^ +(\d+) (\w+)", "\n".join(drop[1:]), re.MULTILINE))
            assert {int(n): mark for n, mark in marks.items()} == snapshot.marks(user)
            holder = snapshot.lock(user)
            assert drop[0].strip() == ("not locked" if holder is None else f"locked by connection {holder}")


def test_the_beginning_is_before_anything() -> None:
    text = player(SESSIONS["whole"]()).text(0)
    assert "Step 0 of " in text
    assert "nothing has happened yet" in text
    assert "state START" in text


def test_the_future_can_be_hidden() -> None:
    timeline = SESSIONS["whole"]()
    hidden = player(timeline, step=8, future=False)
    assert "PASS ****" not in str(hidden)
    assert "PASS ****" in str(player(timeline, step=8))


def test_the_text_tells_what_became_of_a_message_that_was_not_read() -> None:
    assert "(lost on its way)" in player(SESSIONS["lost"](), step=-1).text()
    assert "client sends NOOP (arrived, never read)" in player(SESSIONS["pipelined"]()).text(8)


def test_one_connection_can_be_shown_alone() -> None:
    timeline = SESSIONS["two"]()
    alone = player(timeline, connection=1, step=-1)
    assert {timeline[step.event].connection for step in alone.steps} == {1}
    assert 0 < len(alone.steps) < len(timeline.steps())


def test_every_event_can_be_a_step() -> None:
    timeline = SESSIONS["whole"]()
    shown = player(timeline, detail="event", step=-1)
    assert shown.step == len(timeline)
    assert shown.snapshot == timeline.at(len(timeline) - 1)


def test_wrong_calls_say_what_there_is() -> None:
    timeline = SESSIONS["lost"]()
    count = len(timeline.steps())
    with pytest.raises(IndexError, match=f"steps 0 to {count}, not 99"):
        player(timeline, step=99)
    with pytest.raises(IndexError, match=f"steps 0 to {count}, not -99"):
        player(timeline).text(-99)
    with pytest.raises(ValueError, match="'message' or 'event', got 'octet'"):
        player(timeline, detail="octet")
    with pytest.raises(ValueError, match="connections 0, not 3"):
        player(timeline, connection=3)


def test_the_text_needs_nothing_of_jupyter_and_no_numpy_socket_or_thread() -> None:
    blocked = ("numpy", "matplotlib", "ssl", "socket", "threading", "anywidget", "ipywidgets", "IPython")
    code = f"""
import sys
for name in {blocked}: sys.modules[name] = None
from popsim import Lab, pop3
lab = Lab(pop3)
lab.send("USER alice")
shown = lab.player()
shown.step = -1
print(shown._repr_mimebundle_())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert "USER accepted" in done.stdout
    assert VIEW not in done.stdout


# The widget


def test_a_notebook_gets_the_widget_and_the_text() -> None:
    shown = player(SESSIONS["whole"](), step=5)
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"] == str(shown) == shown.text(5) == repr(shown)
    assert bundle[VIEW]["model_id"] == shown.widget.model_id
    assert shown.widget.step == 5


def test_the_reader_moves_the_place_in_the_browser_and_the_program_moves_it_too() -> None:
    shown = player(SESSIONS["whole"]())
    shown.widget.set_state({"step": 7})
    assert shown.step == 7
    assert shown.snapshot == shown.timeline.at(shown.steps[6].index)
    shown.go(-1)
    assert shown.widget.step == len(shown.steps)
    shown.widget.set_state({"detail": "event", "step": 3})
    assert shown.snapshot.index == 2


def test_a_widget_gets_each_chunk_as_a_trait_of_its_own() -> None:
    lab = Lab(pop3)
    shown = player(lab.timeline)
    sent: list[str] = []
    shown.widget.send_state = lambda key=None: sent.extend([key] if isinstance(key, str) else key or [])
    lab.send("USER alice")
    shown.append(lab.timeline)
    assert shown.widget.chunks == 2
    assert [shown.widget.chunk_0, shown.widget.chunk_1] == shown.payload["chunks"]
    assert "chunk_0" not in sent
    shown.timeline = SESSIONS["lost"]()
    assert (shown.widget.chunks, shown.widget.run) == (1, 2)
    assert shown.widget.chunk_1 == {}


# The browser's code


def test_the_browsers_code_names_no_word_of_a_protocol() -> None:
    words = {form.keyword for form in pop3.table.forms} | {reply.mark for reply in pop3.table.replies} - {"+"}
    words |= {state.name for state in pop3.states}
    code = script()
    assert [word for word in sorted(words) if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", code)] == []


def test_the_browsers_code_makes_no_markup_of_text() -> None:
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|text/html", script())


def test_nothing_is_loaded_from_elsewhere() -> None:
    addresses = re.findall(r"https?://[^\s\"']+", script() + style())
    assert addresses == ["http://www.w3.org/2000/svg"]
