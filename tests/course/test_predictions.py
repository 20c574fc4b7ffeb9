"""A prediction: the guess is fixed, the command is sent, and each part is judged with its rule."""

from collections.abc import Mapping
from typing import Any

import pytest

from popsim import Lab, pop3, samples
from popsim.course.feedback import Feedback, Hint
from popsim.course.predictions import Predictions

BLANK = ...


@pytest.fixture
def lab() -> Lab:
    return Lab(pop3.edition(1460).minimal(), mail=samples.four())


@pytest.fixture
def game() -> Predictions:
    return Predictions()


def judged(feedback: object) -> dict[str, tuple[str, str, bool]]:
    """What was said, what came and whether that was right, by what it is about."""
    assert isinstance(feedback, Feedback)
    return {f.what: (f.wanted, f.came, f.right) for f in feedback.findings}


def logged_in(lab: Lab) -> Lab:
    lab.run("USER alice", "PASS secret")
    return lab


def test_a_right_guess(lab: Lab, game: Predictions) -> None:
    feedback = game.predict(lab, "USER alice", reply="+OK", state="AUTHORIZATION")
    assert judged(feedback) == {
        "reply": ("+OK", "+OK", True),
        "state": ("AUTHORIZATION", "AUTHORIZATION (USER accepted)", True),
    }
    assert isinstance(feedback, Feedback) and feedback.right
    assert feedback.said == ("C: USER alice", "S: +OK alice it is; now the password")


def test_a_wrong_guess_names_the_rule_and_its_section(lab: Lab, game: Predictions) -> None:
    feedback = game.predict(logged_in(lab), "DELE 2", reply="-ERR", state="UPDATE", left=3)
    assert judged(feedback) == {
        "reply": ("-ERR", "+OK", False),
        "state": ("UPDATE", "TRANSACTION", False),
        "left": ("3", "4 (1 of them marked)", False),
    }
    (reason,) = feedback.reasons  # type: ignore[union-attr]
    assert reason.startswith("RFC 1460 §5. In TRANSACTION, `DELE msg`")
    assert reason.endswith("message there: +OK, stays in TRANSACTION.")


@pytest.mark.parametrize("state", ["USER accepted", "user ACCEPTED", " authorization "])
def test_a_finer_step_and_the_state_around_it_are_both_right(lab: Lab, game: Predictions, state: str) -> None:
    assert judged(game.predict(lab, "USER alice", state=state))["state"][2]


def test_the_state_around_a_step_is_not_the_step(lab: Lab, game: Predictions) -> None:
    assert not judged(game.predict(lab, "STAT", state="USER accepted"))["state"][2]


def test_the_state_that_follows_is_the_next_one_not_the_last(lab: Lab, game: Predictions) -> None:
    lab = logged_in(lab)
    lab.send("DELE 2")
    feedback = game.predict(lab, "QUIT", reply="+OK", state="CLOSED", left=3)
    assert judged(feedback) == {
        "reply": ("+OK", "+OK", True),
        "state": ("CLOSED", "UPDATE, then CLOSED", False),
        "left": ("3", "3 (1 removed)", True),
    }
    assert [reason[:11] for reason in feedback.reasons] == ["RFC 1460 §6"] * 2  # type: ignore[union-attr]


def test_quit_without_login_does_not_go_through_update(lab: Lab, game: Predictions) -> None:
    feedback = game.predict(lab, "QUIT", reply="+OK", state="UPDATE", left=4)
    assert judged(feedback)["state"] == ("UPDATE", "CLOSED", False)
    assert "RFC 1460 §4." in str(feedback)


def test_a_removal_that_fails_is_answered_by_update(game: Predictions) -> None:
    lab = logged_in(Lab(pop3, mail=samples.four(), faults=["keep alice 2"]))
    lab.send("DELE 2")
    feedback = game.predict(lab, "QUIT", reply="+OK", state="UPDATE", left=3)
    assert [f.right for f in feedback.findings] == [False, True, False]  # type: ignore[union-attr]
    assert "some marked messages not removed: -ERR" in str(feedback)


def test_a_lost_line_answers_nothing(lab: Lab, game: Predictions) -> None:
    lab = logged_in(lab)
    lab.send("DELE 2")
    feedback = game.predict(lab, lab.cut, reply="none", state="CLOSED", left=4)
    assert isinstance(feedback, Feedback) and feedback.right
    assert feedback.said == ("(the connection is lost)",)
    assert "connection lost: goes to CLOSED." in str(feedback)


def test_a_command_that_is_lost_on_its_way_has_no_reply(game: Predictions) -> None:
    lab = logged_in(Lab(pop3, faults=["cut before QUIT"]))
    assert judged(game.predict(lab, "QUIT", reply="none", state="CLOSED"))["reply"] == ("none", "none", True)


def test_a_rule_that_the_text_lacks_says_so(lab: Lab, game: Predictions) -> None:
    (reason,) = game.predict(lab, "STAT", reply="-ERR").reasons  # type: ignore[union-attr]
    assert reason.startswith("RFC 1460 §3 (the text ")


HINTS: list[tuple[Mapping[str, Any], str]] = [
    ({"reply": BLANK, "state": "TRANSACTION"}, "Your guess first: write it in place of the three dots after `reply`."),
    ({"reply": BLANK, "left": BLANK}, "three dots after `reply` and `left`."),
    ({}, "Say what you expect: `reply=`, `state=`, `left=` or `fetched=`."),
    ({"reply": "OK"}, """For `reply` expected `"+OK"`, `"-ERR"` or `"none"`, in quotes; got `'OK'`."""),
    ({"reply": 1}, "in quotes; got `1`."),
    ({"state": "TRANSACTIO"}, '`"AUTHORIZATION"`, `"TRANSACTION"`, `"UPDATE"` or `"CLOSED"`, in quotes; got'),
    ({"state": "START"}, "got `'START'`."),
    ({"state": ["UPDATE"]}, "got `['UPDATE']`."),
    ({"left": "4"}, "For `left` expected a whole number without quotes, such as `0`; got `'4'`."),
    ({"left": True}, "got `True`."),
    ({"left": -1}, "got `-1`."),
    ({"left": 2.0}, "got `2.0`."),
    ({"fetched": "4"}, "For `fetched` expected a whole number without quotes, such as `0`; got `'4'`."),
]


@pytest.mark.parametrize(("said", "hint"), HINTS, ids=lambda value: str(value)[:40])
def test_what_cannot_be_read_is_one_line_and_nothing_is_sent(
    lab: Lab, game: Predictions, said: Mapping[str, Any], hint: str
) -> None:
    before = len(lab.timeline)
    feedback = game.predict(lab, "STAT", **said)
    assert isinstance(feedback, Hint)
    assert hint in str(feedback) and str(feedback).endswith("Nothing was sent.")
    assert "\n" not in str(feedback)
    assert len(lab.timeline) == before
    assert str(game.score()) == "No guess yet."


@pytest.mark.parametrize("step", [7, None, b"STAT", "STAT\r\nQUIT", "", BLANK])
def test_what_is_no_command_line_is_one_line(lab: Lab, game: Predictions, step: Any) -> None:
    before = len(lab.timeline)
    feedback = game.predict(lab, step, reply="+OK")
    assert isinstance(feedback, Hint) and "\n" not in str(feedback)
    assert len(lab.timeline) == before


def test_without_a_lab_is_one_line(game: Predictions) -> None:
    feedback = game.predict("STAT", "STAT", reply="+OK")  # type: ignore[arg-type]
    assert str(feedback) == "Expected a lab first, as in `predict(lab, ...)`; got `'STAT'`."


def test_after_the_end_is_one_line(lab: Lab, game: Predictions) -> None:
    lab.send("QUIT")
    feedback = game.predict(lab, "STAT", reply="+OK")
    assert str(feedback).startswith("This session is over.")
    assert str(game.score()) == "No guess yet."


def test_asked_again_it_is_not_sent_again_and_the_score_stays(lab: Lab, game: Predictions) -> None:
    game.predict(lab, "USER alice", reply="-ERR")
    after = len(lab.timeline)
    feedback = game.predict(lab, "USER alice", reply="+OK")
    assert judged(feedback)["reply"][2]
    assert "You have guessed this before: the score stays." in str(feedback)
    assert len(lab.timeline) == after
    assert str(game.score()).startswith("0 of 1 guesses")


def test_the_same_command_after_another_is_sent(lab: Lab, game: Predictions) -> None:
    game.predict(lab, "STAT", reply="-ERR")
    logged_in(lab)
    assert judged(game.predict(lab, "STAT", reply="+OK"))["reply"][2]
    assert str(game.score()) == "2 of 2 guesses were right."


def test_the_same_past_in_a_new_lab_is_the_same_question(game: Predictions) -> None:
    for reply in ("-ERR", "+OK"):
        lab = logged_in(Lab(pop3, mail=samples.four()))
        feedback = game.predict(lab, "DELE 2", reply=reply, state="UPDATE")
    assert judged(feedback)["reply"][2] and "the score stays" in str(feedback)
    assert str(game.score()).splitlines() == [
        "0 of 2 guesses were right.",
        "   Look again at `DELE 2`: reply was +OK, state was TRANSACTION (RFC 1939 §5).",
    ]


def test_two_labs_are_two_sessions(lab: Lab, game: Predictions) -> None:
    game.predict(lab, "STAT", reply="-ERR")
    other = logged_in(Lab(pop3))
    assert judged(game.predict(other, "STAT", reply="+OK"))["reply"][2]


def test_the_score_says_where_to_look_again(lab: Lab, game: Predictions) -> None:
    logged_in(lab)
    game.predict(lab, "DELE 2", reply="+OK", left=3)
    game.predict(lab, lab.cut, state="UPDATE")
    assert str(game.score()).splitlines() == [
        "1 of 3 guesses were right.",
        "   Look again at `DELE 2`: left was 4 (1 of them marked) (RFC 1460 §5).",
        "   Look again at `cut`: state was CLOSED (RFC 1460 §6).",
    ]


def test_what_a_mail_reader_does_is_a_table_and_the_rules_that_decide(game: Predictions) -> None:
    lab = Lab(pop3, mail=samples.four())

    def home() -> object:
        return lab.read("download and delete", folder="home")

    def work() -> object:
        return lab.read("leave on server", folder="work")

    first, second = game.predict(lab, home, fetched=3, left=4), game.predict(lab, work, fetched=0, left=0)
    assert judged(first) == {"fetched": ("3", "4", False), "left": ("4", "0 (4 removed)", False)}
    assert judged(second) == {"fetched": ("0", "0", True), "left": ("0", "0", True)}
    assert isinstance(first, Feedback) and isinstance(second, Feedback)
    assert first.said[0] == "download and delete: 1 visit as alice, folder home (4 kept)" and len(first.said) == 3
    assert [reason[:11] for reason in first.reasons] == ["RFC 1939 §7", "RFC 1939 §5", "RFC 1939 §6"]
    assert ["UIDL" in first.reasons[0], "DELE" in first.reasons[1], "UPDATE" in first.reasons[2]] == [True] * 3
    assert [reason[:11] for reason in second.reasons] == ["RFC 1939 §7", "RFC 1939 §6"]
    assert str(game.score()).splitlines() == [
        "2 of 4 guesses were right.",
        "   Look again at `home`: left was 0 (4 removed), fetched was 4 (RFC 1939 §6, RFC 1939 §7).",
    ]


def test_a_reader_that_gets_nowhere_is_told_of_by_the_last_rule(game: Predictions) -> None:
    lab = Lab(pop3, mail=samples.four())
    lab.run("USER alice", "PASS secret")
    feedback = game.predict(lab, lambda: lab.read("leave on server"), fetched=4)
    assert judged(feedback)["fetched"] == ("4", "0", False)
    assert "locked" in str(feedback) and "RFC 1939 §4" in str(feedback)


def test_the_rich_form_says_the_same_and_is_safe(lab: Lab, game: Predictions) -> None:
    feedback = game.predict(lab, "USER <b>&alice", reply="+OK", state="UPDATE")
    html = feedback.html()
    assert "<b>&alice" not in html and "&lt;b&gt;&amp;alice" in html
    for words in ("you said", "it was", "UPDATE", "AUTHORIZATION", "right", "not so", "RFC 1460 §"):
        assert words in str(feedback) and words in html
    assert set(feedback._repr_mimebundle_()) == {"text/html", "text/plain"}
