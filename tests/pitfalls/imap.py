"""What real IMAP programs have got wrong: each rule with its check, and the mistakes to be planted."""

from __future__ import annotations

from popsim.engine.answer import Answer
from popsim.engine.client import ClientEngine
from popsim.engine.framing import Buffer
from popsim.engine.server import ServerEngine
from popsim.engine.server_answering import Answering
from popsim.mail.mailbox import Mailbox, OpenMailbox
from popsim.protocols.imap import table
from popsim.protocols.imap.items import Numbers
from popsim.protocols.imap.server_expunge import Expunging
from popsim.protocols.imap.server_fetch import Fetching, framed
from popsim.protocols.imap.server_idle import Idling
from popsim.protocols.imap.server_opening import Opening
from popsim.protocols.imap.server_session import Session
from tests.pitfalls import imap_checks as checks
from tests.pitfalls import imap_mistakes as made
from tests.pitfalls.pop3 import Pitfall, keeps_what_came, sets

PITFALLS = (
    Pitfall(
        "no EXPUNGE in answer to FETCH, STORE and SEARCH, nor with no command in progress",
        "RFC 3501 §7.4.1",
        checks.no_expunge_where_numbers_are_used,
        {
            "with any command": sets(Session, "news", lambda self, expunged: made.NEWS(self, True)),
            "as soon as it happens": sets(ServerEngine, "news", made.pushes),
            "numbers move up without a word": sets(
                OpenMailbox, "news", lambda self, expunged: made.VIEW_NEWS(self, True)[9:]
            ),
        },
    ),
    Pitfall(
        "EXPUNGE is told with the UID forms, with other commands and in IDLE",
        "RFC 3501 §7.4.1, RFC 2177",
        checks.expunge_is_told_where_it_may_be,
        {
            "never": sets(Session, "news", lambda self, expunged: made.NEWS(self, False)),
            "not in IDLE": sets(
                Idling, "_news", lambda self, _: Answer(table.TOLD if self._idles else table.HELD_BACK)
            ),
        },
    ),
    Pitfall(
        "EXISTS takes no message away",
        "RFC 3501 §5.2",
        checks.exists_never_shrinks,
        {"it counts what is there": sets(Session, "_line", made.counts_what_is_there)},
    ),
    Pitfall(
        "UID FETCH 9999:* answers for the last message",
        "RFC 3501 §6.4.8",
        checks.a_uid_range_to_the_end_has_the_last_message,
        {
            "nothing is between 9999 and 3": sets(Numbers, "among", made.keeps_the_order),
            "9999 is no message": sets(Numbers, "among", made.cuts_at_the_end),
        },
    ),
    Pitfall(
        "a sequence number out of range is BAD",
        "RFC 3501 §9",
        checks.a_number_beyond_the_last_is_bad,
        {"it means nothing (pymap)": made.takes_what_there_is},
    ),
    Pitfall(
        "a failed SELECT leaves no mailbox selected",
        "RFC 3501 §6.3.1",
        checks.a_failed_select_leaves_no_mailbox,
        {"the old one stays": sets(Opening, "_opened", made.keeps_the_mailbox)},
    ),
    Pitfall(
        "BAD changes nothing",
        "RFC 3501 §6.3.1",
        checks.bad_changes_nothing,
        {"the mailbox is closed": sets(Answering, "_occur", made.closes_at_bad)},
    ),
    Pitfall(
        "a literal waits to be asked for, one of no octets too",
        "RFC 3501 §4.3",
        checks.a_literal_waits_to_be_asked_for,
        {"nobody asks for {0}": sets(ServerEngine, "_ask", made.does_not_wait_for_nothing)},
    ),
    Pitfall(
        "a literal may be refused instead of asked for",
        "RFC 3501 §7.5",
        checks.a_literal_may_be_refused,
        {"it is asked for in any case": sets(ServerEngine, "_ask", made.asks_for_all)},
    ),
    Pitfall(
        "a client waits to be asked for a literal, one of no octets too, and takes a refusal for an answer",
        "RFC 3501 §4.3, §7.5",
        checks.a_client_waits_to_be_asked,
        {
            "it does not wait where there are none": sets(
                ClientEngine, "exchange_open", property(made.does_not_wait_with_none)
            ),
            "it goes on whatever the answer is": sets(ClientEngine, "exchange_open", property(made.goes_on_anyway)),
        },
    ),
    Pitfall(
        "UID and UIDVALIDITY are not zero and fit 32 bits",
        "RFC 3501 §9",
        checks.identifiers_fit_32_bits,
        {
            "milliseconds since 1970 (GreenMail)": sets(Mailbox, "__init__", made.numbered_by_the_clock),
            "the same for ever": sets(Mailbox, "__init__", made.numbered_again),
            "UIDs from 0": sets(Mailbox, "__init__", made.from_zero),
        },
    ),
    Pitfall(
        "BODY[]<0.n> is answered as BODY[]<0>",
        "RFC 3501 §6.4.5",
        checks.a_part_of_the_octets_says_where_it_begins,
        {
            "as BODY[]<0.n>": made.labels(made.with_both),
            "as BODY[]": made.labels(made.from_the_first),
            "with PEEK": made.labels(lambda item: made.LABEL(item).replace(b"BODY[", b"BODY.PEEK[")),
        },
    ),
    Pitfall(
        "CLOSE expunges without a word",
        "RFC 3501 §6.4.2",
        checks.close_expunges_without_a_word,
        {
            "aloud": sets(Expunging, "_close", made.closes_aloud),
            "it does not expunge": sets(Expunging, "_close", made.closes_only),
        },
    ),
    Pitfall(
        "reselecting, UNSELECT, LOGOUT and a lost line do not expunge, nor does CLOSE after EXAMINE",
        "RFC 3501 §6.4.2, RFC 3691 §2",
        checks.leaving_otherwise_removes_nothing,
        {
            "leaving expunges": sets(Session, "leave", made.expunges_on_leaving),
            "CLOSE after EXAMINE expunges": sets(Expunging, "_close", made.removes_what_was_examined),
        },
    ),
    Pitfall(
        "BODY[] made.marks a message as read and says so in the same answer; BODY.PEEK[] and EXAMINE do not",
        "RFC 3501 §6.4.5",
        checks.reading_marks_and_says_so,
        {
            "PEEK made.marks": made.marks(made.sees_a_peek),
            "nothing made.marks": made.marks(lambda item: False),
            "RFC822 does not mark": made.marks(lambda item: item.section is not None and not item.peek),
            "without a word": sets(
                Fetching,
                "_with_flags",
                lambda self, plan, items, chosen, seen: framed(plan.rows(*chosen, self._session.recent)),
            ),
        },
    ),
    Pitfall(
        "sizes count CRLF as two octets and equal what BODY[] has",
        "RFC 3501 §2.3.4",
        checks.sizes_are_those_of_the_octets,
        {"LF sizes": made.counts_bare_octets},
    ),
    Pitfall(
        "lines and literals are bounded",
        "RFC 3501 §4.3, RFC 2683 §3.2.1.5",
        checks.lines_and_literals_are_bounded,
        {
            "a line may be endless": sets(Buffer, "_drop_beyond", lambda self, limit: None),
            "a literal may be of any size (imap-next)": made.takes_any_literal,
        },
    ),
    Pitfall(
        "what came in clear before the TLS handshake is thrown away",
        "RFC 2595 §4, RFC 3501 §6.2.1",
        checks.clear_octets_do_not_survive_the_handshake,
        {"it is read afterwards (half of all servers)": sets(ServerEngine, "secured", keeps_what_came)},
    ),
)
