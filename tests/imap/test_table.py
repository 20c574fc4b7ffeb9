"""What IMAP's table says of its editions, limits, capabilities, codes, data and words."""

from __future__ import annotations

import pytest

from popsim.protocols import find, named, spoken
from popsim.protocols.audit import audit
from popsim.protocols.difference import difference
from popsim.protocols.imap import word_table as words
from popsim.protocols.model import CLOSED, START, Form, Occurrence, Row, Rule, Trigger
from popsim.protocols.protocol import Protocol

OLD = find("imap")
NEW = OLD.edition(9051)
EVERY = OLD.extended()


def marks(rows: tuple[Row, ...]) -> list[str]:
    return [str(row) for row in rows]


def test_the_name_the_ports_and_the_edition() -> None:
    assert (OLD.name, OLD.port, OLD.table.secure_port, OLD.number) == ("imap", 143, 993, 3501)
    assert str(NEW) == "IMAP (RFC 9051)" and str(EVERY) == "IMAP (RFC 3501 and all extensions)"
    assert spoken(named(EVERY.without("IDLE"))) == EVERY.without("IDLE")


@pytest.mark.parametrize(
    ("tag", "rfc"),
    [
        ("IDLE", 2177), ("NAMESPACE", 2342), ("ID", 2971), ("UIDPLUS", 4315), ("MOVE", 6851), ("UNSELECT", 3691),
        ("ENABLE", 5161), ("LITERAL+", 7888), ("SPECIAL-USE", 6154), ("ESEARCH", 4731), ("CONDSTORE", 7162),
        ("SASL-IR", 4959),
    ],
)  # fmt: skip
def test_an_extension_goes_by_its_tag(tag: str, rfc: int) -> None:
    protocol = OLD.extended(tag.lower())
    assert protocol.enabled == (rfc,)
    assert [mark for mark in marks(protocol.capabilities) if mark not in marks(OLD.capabilities)] == [tag]
    assert audit(protocol) == []


def test_the_limits() -> None:
    for protocol in (OLD, NEW):
        assert protocol.limit("command line") >= 8000  # RFC 2683 §3.2.1.5
        assert protocol.limit("autologout") == 30 * 60  # RFC 3501 §5.4, RFC 9051 §5.4
    assert NEW.limit("literal at once") == 4096  # RFC 9051 §4.3
    assert NEW.extended("LITERAL+").limit("literal at once") == OLD.extended("LITERAL+").limit("literal")
    assert OLD.limit("literal at once") == 0


def test_capabilities() -> None:
    assert marks(OLD.capabilities) == ["IMAP4rev1", "STARTTLS", "LOGINDISABLED", "AUTH="]
    assert marks(NEW.capabilities) == ["IMAP4rev2", "STARTTLS", "LOGINDISABLED", "AUTH="]
    assert "STARTTLS" not in marks(OLD.without("STARTTLS").capabilities)
    assert "IDLE" not in marks(EVERY.without("IDLE").capabilities)
    assert "LITERAL+" in marks(EVERY.capabilities) and "LITERAL-" not in marks(EVERY.capabilities)


def test_without_a_command_what_it_alone_leads_to_is_gone() -> None:
    assert {"IDLE in Authenticated", "IDLE in Selected"}.isdisjoint(s.name for s in EVERY.without("IDLE").states)
    assert "TLS handshake" not in [state.name for state in EVERY.without("STARTTLS").states]
    assert audit(EVERY.without("IDLE", "STARTTLS", "MOVE")) == []


# Codes, from RFC 3501 §7.1 and the extensions' own sections.
OLD_CODES = "ALERT BADCHARSET CAPABILITY PARSE PERMANENTFLAGS READ-ONLY READ-WRITE TRYCREATE UIDNEXT UIDVALIDITY UNSEEN"
ADDED_CODES = "APPENDUID COPYUID UIDNOTSTICKY HIGHESTMODSEQ NOMODSEQ MODIFIED CLOSED"


def test_codes() -> None:
    assert sorted(code.mark for code in OLD.codes) == sorted(OLD_CODES.split())
    assert sorted(code.mark for code in EVERY.codes) == sorted(f"{OLD_CODES} {ADDED_CODES}".split())
    new = {code.mark for code in NEW.codes}
    assert "UNSEEN" not in new  # RFC 9051 Appendix E, 11
    assert {"AUTHENTICATIONFAILED", "NONEXISTENT", "ALREADYEXISTS", "INUSE", "HASCHILDREN", "CLOSED", "COPYUID"} <= new
    assert "AUTHENTICATIONFAILED" not in {code.mark for code in EVERY.codes}  # RFC 5530 is none of the extensions


def test_a_code_goes_with_a_condition_or_stands_by_itself() -> None:
    by_condition = {code.condition: code.mark for code in EVERY.codes if code.condition}
    assert by_condition[words.TARGET_MISSING] == "TRYCREATE"
    assert words.NO_SUCH_MAILBOX not in by_condition  # a mailbox that can't be opened is nothing to be made
    assert by_condition[words.READ_ONLY] == "READ-ONLY" and by_condition[words.APPENDED] == "APPENDUID"
    alone = [code.mark for code in EVERY.codes if not code.condition]
    assert {"PERMANENTFLAGS", "UIDNEXT", "UIDVALIDITY", "HIGHESTMODSEQ", "ALERT"} <= set(alone)


def test_data() -> None:
    old, new = {row.mark for row in OLD.data}, {row.mark for row in NEW.data}
    assert old - new == {"LSUB", "SEARCH", "RECENT"} and new - old == {"NAMESPACE", "ENABLED", "ESEARCH"}
    assert [row.mark for row in OLD.data if row.numbered] == ["EXISTS", "RECENT", "EXPUNGE", "FETCH"]


# The words inside arguments, by hand from RFC 3501 §6.3.10, §6.4.4, §6.4.5 and §9.
KEYS = (
    "ALL ANSWERED BCC BEFORE BODY CC DELETED DRAFT FLAGGED FROM HEADER KEYWORD LARGER NEW NOT OLD ON OR RECENT SEEN "
    "SENTBEFORE SENTON SENTSINCE SINCE SMALLER SUBJECT TEXT TO UID UNANSWERED UNDELETED UNDRAFT UNFLAGGED UNKEYWORD "
    "UNSEEN"
).split()
ITEMS = "BODY BODYSTRUCTURE ENVELOPE FLAGS INTERNALDATE RFC822 RFC822.HEADER RFC822.SIZE RFC822.TEXT UID".split()


def group(protocol: Protocol, name: str) -> set[str]:
    return {row.mark for row in protocol.words if row.group == name}


def test_words() -> None:
    keys, items, status = words.SEARCH_KEY, words.FETCH_ITEM, words.STATUS_ITEM
    assert group(OLD, keys) == {*KEYS, "sequence-set", "(...)"} and group(OLD, items) == set(ITEMS)
    assert group(OLD, status) == set("MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN".split())
    assert group(OLD, keys) - group(NEW, keys) == {"NEW", "OLD", "RECENT"}  # RFC 9051 Appendix E, 12
    assert group(OLD, items) - group(NEW, items) == {"RFC822", "RFC822.HEADER", "RFC822.TEXT"}  # 18
    assert group(NEW, items) - group(OLD, items) == {"BINARY", "BINARY.SIZE"}  # 2
    assert group(NEW, status) - group(OLD, status) == {"DELETED", "SIZE"}  # 3
    assert group(EVERY, keys) - group(OLD, keys) == {"MODSEQ"}


def test_what_the_new_edition_changed() -> None:
    facts = difference(OLD, NEW)
    assert [change.name for change in facts.commands if change.what == "went"] == ["LSUB reference pattern", "CHECK"]
    came = {change.name.split()[0] for change in facts.commands if change.what == "came"}
    assert came == {"AUTHENTICATE", "ENABLE", "LIST", "NAMESPACE", "IDLE", "UNSELECT", "UID", "SEARCH", "MOVE"}
    gone = {change.name for change in facts.words if change.what == "went"}
    assert {"search key RECENT", "status item RECENT", "data item RFC822"} <= gone
    assert {change.name for change in facts.data if change.what == "went"} == {"LSUB", "SEARCH", "RECENT"}


def test_what_an_extension_changed() -> None:
    facts = difference(OLD, OLD.extended("IDLE"))
    assert [change.name for change in facts.commands] == ["IDLE"]
    assert [change.name for change in facts.words + facts.data + facts.codes + facts.limits] == []


# Rules of note


def outcomes(protocol: Protocol, state: str, command: str) -> dict[str, Rule]:
    rules = protocol.outcomes(protocol.state(state), protocol.form(command))
    return {rule.condition: rule for rule in rules}


def following(protocol: Protocol, state: str, command: str, condition: str) -> str:
    return str(outcomes(protocol, state, command)[condition].to)


@pytest.mark.parametrize("protocol", [OLD, EVERY, NEW], ids=str)
def test_a_mailbox_that_cannot_be_opened_closes_the_one_that_is(protocol: Protocol) -> None:
    for command in ("SELECT mailbox", "EXAMINE mailbox"):
        for state in ("Authenticated", "Selected"):
            assert following(protocol, state, command, words.NO_SUCH_MAILBOX) == "Authenticated"
            assert following(protocol, state, command, words.READ_ONLY) == "Selected"


@pytest.mark.parametrize("protocol", [OLD, EVERY, NEW, NEW.extended()], ids=str)
def test_a_line_that_is_bad_changes_nothing_where_commands_are_read(protocol: Protocol) -> None:
    for state in (s for s in protocol.states if s.kind == "state" and s.reads_commands):
        triggers: list[Trigger] = [*protocol.forms, Occurrence.MALFORMED, Occurrence.UNRECOGNIZED, Occurrence.OVERLONG]
        for trigger in triggers:
            for rule in protocol.outcomes(state, trigger):
                assert rule.reply is not words.BAD or rule.to is state, rule.id


def test_nothing_is_read_in_an_exchange_as_a_command() -> None:
    for state in (words.EXCHANGE, words.HANDSHAKE, words.IDLE_AUTHENTICATED, words.IDLE_SELECTED, words.LOGOUT_STATE):
        assert EVERY.allowed(state) == () == EVERY.outcomes(state, Occurrence.LITERAL)


def test_secrets_are_marked() -> None:
    secret = {form.keyword for form in EVERY.forms for argument in form.arguments if argument.secret}
    assert secret == {"LOGIN", "AUTHENTICATE"}
    exchange = [rule for rule in EVERY.rules if rule.to is words.EXCHANGE]
    assert exchange and all("secret=True" in str(rule.units[-1]) for rule in exchange)


def test_the_session_ends_with_a_farewell() -> None:
    for state in (s for s in EVERY.states if s not in (START, CLOSED)):
        (expired,) = EVERY.outcomes(state, Occurrence.EXPIRED)
        assert expired.reply is words.BYE and expired.to is CLOSED
    (done,) = EVERY.outcomes(words.LOGOUT_STATE, Occurrence.COMMITTED)
    assert done.reply is words.OK and done.to is CLOSED


def test_every_keyword_with_two_words_is_known_by_its_first_too() -> None:
    request = EVERY.parse(b"a1 UID NOOP")
    assert request.trigger is Occurrence.UNRECOGNIZED and request.tag == b"a1"
    assert isinstance(EVERY.parse(b"a1 uid fetch 1 flags").trigger, Form)
