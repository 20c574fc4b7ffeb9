"""A scenario is a value and one line of text, and the text says everything."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim import pop3
from popsim.mail.store import User
from popsim.wire import Action, Edit, Fault, Link, Scenario

LINES = st.binary(max_size=12) | st.sampled_from(
    [b"USER alice", b"1> NOOP", b"0> x", b"+5s> x", b"pipelined> x", b"cut>", b"connect> ", b"1>2>2>", b" two  spaces "]
    + [b"'\"\\$`!#", b"a\\x41b", b"\\", b"--", b"-", b"=", b"\r\n", b"\xc2\xa0", b"\xff\xfe", "٣> x".encode()]
    + ["Cześć ș".encode()]
)  # fmt: skip
TIMES = st.sampled_from([0, 0, 1, 999, 10**6, 40 * 10**6, 5 * 10**9, 3600 * 10**9])
SENDS = st.builds(Action, LINES, st.integers(0, 3), TIMES, st.booleans())
OTHERS = st.builds(Action, st.just(b""), st.integers(0, 3), TIMES, st.booleans(), st.sampled_from(["connect", "cut"]))
EDITS = st.builds(Edit, st.integers(0, 5), LINES, st.integers(0, 2))
NUMBERS = st.integers(0, 10**6)
ENDS = st.sampled_from(["client", "server"])
FAULTS = (
    st.builds(Fault, st.just("cut after"), st.sampled_from(["client", "server"]), NUMBERS, st.integers(0, 2))
    | st.builds(Fault, st.just("cut before"), st.sampled_from(["QUIT", "RETR 1", "'x"]), st.just(0), st.integers(0, 2))
    | st.builds(Fault, st.just("keep"), st.sampled_from(["alice", "bob"]), NUMBERS)
    | st.builds(Fault, st.sampled_from(["lose", "corrupt"]), ENDS, st.integers(1, 10**6), st.integers(0, 2))
    | st.builds(Fault, st.just("stall after"), ENDS, st.integers(1, 10**6), st.integers(0, 2), TIMES)
    | st.builds(Fault, st.just("stall at"), ENDS, TIMES, st.integers(0, 2), TIMES)
)
WORDS = st.text(
    st.characters(blacklist_categories=["Cc", "Cs", "Cn", "Zl", "Zp", "Zs", "Cf", "Co"], blacklist_characters=":"),
    min_size=1,
    max_size=6,
)
USERS = st.builds(User, WORDS, WORDS | st.just("two words"), st.sampled_from(["", "APOP"]))
LINKS = st.builds(
    Link,
    st.integers(0, 10**12),
    st.integers(0, 10**12),
    st.integers(1, 65_000),
    st.integers(0, 10**6).map(lambda n: f"{n / 10**4:.4f}%"),
    st.integers(0, 10**12),
)
SCENARIOS = st.builds(
    Scenario,
    edition=st.sampled_from(pop3.editions),
    minimal=st.booleans(),
    users=st.lists(USERS, min_size=1, max_size=2).map(tuple),
    mail=st.lists(st.tuples(WORDS, WORDS), max_size=2).map(tuple),
    link=LINKS,
    seed=st.integers(-9, 10**9),
    actions=st.lists(SENDS | OTHERS, max_size=5).map(tuple),
    faults=st.lists(FAULTS, max_size=2).map(tuple),
    edits=st.lists(EDITS, max_size=2).map(tuple),
    tls=st.booleans(),
)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(scenario=SCENARIOS)
def test_what_is_written_is_read_again(scenario: Scenario) -> None:
    text = str(scenario)
    assert text.isprintable() and len(text.splitlines()) == 1
    assert Scenario.parse(text) == scenario


@settings(derandomize=True, deadline=None, max_examples=300)
@given(action=SENDS | OTHERS)
def test_an_action_alone(action: Action) -> None:
    assert Action.parse(str(action)) == action


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    text=st.text(max_size=30)
    | st.lists(st.sampled_from(["pop3", "--", "0>", "x", "=", "edition", "1460", "'", " ", "\\x4"]), max_size=9).map(
        "".join
    )
)
def test_any_text_is_read_or_gets_one_line(text: str) -> None:
    for read in (Scenario.parse, Action.parse, Edit.parse, Fault.parse):
        try:
            read(text)
        except ValueError as error:
            assert len(str(error).splitlines()) == 1


def test_the_text_of_a_scenario_reads_well() -> None:
    scenario = Scenario(link=Link("40 ms", "1 Mbit/s"), faults=(Fault("keep", "alice", 2),)).then(
        "USER alice", "1> QUIT"
    )
    assert str(scenario) == (
        "pop3 edition=1939 user=alice:secret mail=alice:inbox 'delay=40 ms' 'rate=1 Mbit/s' mss=1460 seed=1 "
        "'fault=keep alice 2' -- 'USER alice' '1> QUIT'"
    )
    assert Scenario.parse(str(scenario)) == scenario


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("USER alice", Action(b"USER alice")),
        ("", Action()),
        ("1> QUIT", Action(b"QUIT", 1)),
        ("1>QUIT", Action(b"QUIT", 1)),
        ("1>  QUIT", Action(b" QUIT", 1)),
        ("+5 s> 1> pipelined> QUIT", Action(b"QUIT", 1, 5 * 10**9, True)),
        ("+1.5s> NOOP", Action(b"NOOP", after=1_500_000_000)),
        ("cut>", Action(kind="cut")),
        ("1> cut>", Action(connection=1, kind="cut")),
        ("connect>", Action(kind="connect")),
        ("A\\r\\nB\\x00\\\\", Action(b"A\r\nB\x00\\")),
        ("ș", Action("ș".encode())),
    ],
)
def test_how_an_action_is_written(text: str, action: Action) -> None:
    assert Action.parse(text) == action


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a scenario begins with the name of a protocol, such as pop3"),
        ("pop5", "popsim knows the protocols pop3, imap, smtp, pop2, pop1, imap2, not 'pop5' (did you mean pop"),
        ("pop3 'QUIT", "a scenario is one line of words, quoted as in a shell: No closing quotation"),
        ("pop3 QUIT", "expected settings as name=value, or minimal or tls alone, before '--'; got 'QUIT'"),
        ("pop3 minimal=no", "expected settings as name=value, or minimal or tls alone, before '--'; got 'minimal=no'"),
        ("pop3 colour=red", "a scenario has no setting 'colour'"),
        ("pop3 edition=1461", "POP3 has the editions 1081, 1225, 1460, 1725, 1939 (RFC numbers), not '1461'"),
        ("pop3 user=alice", "expected a user as NAME:SECRET, such as alice:secret, got 'alice'"),
        ("pop3 mail=inbox", "expected mail as "),
        ("pop3 seed=one", "expected a whole number for seed, got 'one'"),
        ("pop3 seed=²", "expected a whole number for seed, got '²'"),
        ("pop3 mss=0", "expected a maximum segment size of 1 octet or more, got 0"),
        ("pop3 delay=fast", "expected a time such as '40 ms'"),
        ("pop3 rate=fast", "expected a rate such as '1 Mbit/s'"),
        ("pop3 tls=1", "expected settings as name=value, or minimal or tls alone, before '--'; got 'tls=1'"),
        ("pop3 loss=2", "expected a probability from 0 to 1 or such as '2%', in whole millionths, got '2'"),
        ("pop3 loss=101%", "expected a probability from 0 to 1 or such as '2%', in whole millionths, got '101%'"),
        ("pop3 jitter=some", "expected a time such as '40 ms'"),
        ("pop3 fault=rain", "expected a fault as"),
        ("pop3 'fault=cut server after 5 on x'", "expected a fault as"),
        ("pop3 edit=NOOP", "expected an edit as CONNECTION.MESSAGE:LINE"),
        ("pop3 edit=a.1:NOOP", "expected an edit as CONNECTION.MESSAGE:LINE"),
        ("pop3 -- '+soon> QUIT'", "expected a time such as '40 ms'"),
        ("pop3 -- 'a\\b'", "the escapes in a scenario are"),
        ("pop3 -- 'a\\x4'", "the escapes in a scenario are"),
    ],
)
def test_what_is_no_scenario_gets_one_line(text: str, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        Scenario.parse(text)
    message = str(caught.value)
    assert message.startswith(words) and len(message.splitlines()) == 1


def test_the_defaults_of_a_text() -> None:
    assert Scenario.parse("pop3 mail=alice:inbox") == Scenario()
    assert Scenario.parse("POP3 edition=rfc1460 minimal").speaks == pop3.edition(1460).minimal()
    assert Scenario.parse("pop3 -- -- x").actions == (Action(b"--"), Action(b"x"))
