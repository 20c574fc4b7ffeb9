"""The page that holds a player: self-contained, with nothing in it that a message could break out of."""

import json
import re

import pytest

from popsim import Lab, pop3
from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.views.page import page
from popsim.views.player import player
from tests.views.sessions import SESSIONS


def record(text: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="record">(.*?)</script>', text, re.DOTALL)
    assert found
    value = json.loads(found[1])
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize("name", SESSIONS)
def test_a_page_holds_the_whole_record(name: str) -> None:
    timeline = SESSIONS[name]()
    held = record(page(timeline))
    place = held.pop("place")
    assert held == json.loads(json.dumps(player(timeline).payload))
    assert place == {"step": 0, "detail": "message", "connection": -1, "future": True}


def test_a_page_names_no_other_place() -> None:
    text = page(SESSIONS["whole"]())
    outside = re.findall(r"""(?:src|href)=["']?([^"' >]+)|url\(([^)]+)\)|@import""", text)
    assert outside == [("data:,", "")]
    assert set(re.findall(r"https?://[^\s\"'<\\)]+", text)) <= {"http://www.w3.org/2000/svg"}


def test_mail_and_titles_are_never_markup() -> None:
    evil = b"Subject: </script><script>alert(1)</script>\r\n\r\n<!--<script></pre>]]>\r\n"
    lab = Lab(pop3, mail=Mail("evil", [Message(evil)]))
    lab.run("USER alice", "PASS secret", "RETR 1", "</script><img src=x>")
    text = page(lab.timeline, title="<b>&", note="</p><i>")
    assert text.count("<script") == text.count("</script>") == 2
    assert "<img src=x" not in text and "<i>" not in text and "<b>&" not in text
    assert "&lt;b&gt;&amp;" in text
    assert json.dumps(record(text)) == json.dumps(
        {**player(lab.timeline).payload, "place": record(text)["place"]}, ensure_ascii=True
    )


def test_passwords_are_not_on_a_page() -> None:
    lab = Lab(pop3, users={"alice": "trombone"})
    lab.run("USER alice", "PASS trombone", "QUIT")
    assert "trombone" not in page(lab.timeline)
