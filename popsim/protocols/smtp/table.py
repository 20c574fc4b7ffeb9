"""The table of SMTP: its rules, each with its RFC and section; the words that they are made of are in ``word_table``.

Read it as the RFCs' own summary. A row is part of an edition exactly when it cites that edition's RFC. The rows that
extensions add are in ``extension_table``.
"""

# ruff: noqa: F403, F405
from __future__ import annotations

from popsim.protocols.model import ALWAYS, ANY, CLOSED, START, Continuation, Limit, Occurrence, Reader, Rule, Unit
from popsim.protocols.protocol import Protocol, Table
from popsim.protocols.smtp import extension_table as extensions
from popsim.protocols.smtp.extension_word_table import *
from popsim.protocols.smtp.word_table import *

_LINE = (Unit.LINE,)
_LINES = (Unit.STATUS_LINES,)
_ASK = (Unit.LINE, Continuation(Reader.DOT_ENDED))

_ANY_TIME = "5321 §4.1.4"
_NOT_LISTED = "821 §4.1.1 (the list of codes in §4.3 leaves 503 out for MAIL, and the text on order has it)"
_ONE_TRANSACTION = "821 §4.1.1 (the text lets one transaction be open; one that begins inside it is out of order)"
_OLD_CODE = "821 §4.5.3"
_LISTLESS = "821 §4.5.1 (no part of the minimum; there are no lists here)"
_NO_HOST = "821 §3.6 (a host that relays nothing may say so as for an unknown user: §4.1.1, RECIPIENT)"
_LONE = "5321 §2.3.8 (a client MUST NOT send one; kept, it might end a line somewhere else: it is refused)"
_OLD_LONE = "821 §4.1.1 (a text is lines that end in CRLF, and a lone CR or LF ends none; as in 5321)"

RULES = (
    # state        what comes          condition          reply           what is sent    the state that follows
    Rule(START, Occurrence.OPENED, ALWAYS, READY_TO_SERVE, _LINE, CONNECTED, cites="5321 §4.3.2; 821 §4.3"),
    #
    # Whoever says who it is, early or late, begins afresh
    Rule(ANY, EHLO, ALWAYS, DONE, _LINES, READY, cites="5321 §4.1.4"),
    Rule(ANY, HELO, ALWAYS, DONE, _LINE, READY, cites="5321 §4.1.4; 821 §4.1.1"),
    #
    # A transaction: one sender, recipients, the text
    Rule(READY, MAIL, SENDER_TAKEN, DONE, _LINE, SENDER, cites="5321 §3.3; 821 §3.1"),
    Rule(READY, MAIL, PATH_TOO_LONG, WRONG_ARGUMENT, _LINE, READY, cites="5321 §4.5.3.1.9; 821 §4.5.3"),
    Rule(READY, MAIL_WITH, SENDER_TAKEN, DONE, _LINE, SENDER, cites="5321 §3.3"),
    Rule(READY, MAIL_WITH, PATH_TOO_LONG, WRONG_ARGUMENT, _LINE, READY, cites="5321 §4.5.3.1.9"),
    Rule(READY, MAIL_WITH, PARAMETER_UNKNOWN, NO_SUCH_PARAMETER, _LINE, READY, cites="5321 §4.1.1.11"),
    Rule(READY, SEND, SENDER_TAKEN, DONE, _LINE, SENDER, cites="821 §3.4"),
    Rule(READY, SEND, PATH_TOO_LONG, WRONG_ARGUMENT, _LINE, READY, cites="821 §4.5.3"),
    Rule(READY, SOML, SENDER_TAKEN, DONE, _LINE, SENDER, cites="821 §3.4"),
    Rule(READY, SOML, PATH_TOO_LONG, WRONG_ARGUMENT, _LINE, READY, cites="821 §4.5.3"),
    Rule(READY, SAML, SENDER_TAKEN, DONE, _LINE, SENDER, cites="821 §3.4"),
    Rule(READY, SAML, PATH_TOO_LONG, WRONG_ARGUMENT, _LINE, READY, cites="821 §4.5.3"),
    Rule(SENDER, RCPT, RECIPIENT_TAKEN, DONE, _LINE, RECIPIENTS, cites="5321 §3.3; 821 §3.1"),
    Rule(SENDER, RCPT, NO_SUCH_USER, NOBODY, _LINE, SENDER, cites="5321 §3.3; 821 §3.1"),
    Rule(SENDER, RCPT, NOT_LOCAL, NOBODY, _LINE, SENDER, cites=f"5321 §3.6.2; {_NO_HOST}"),
    Rule(SENDER, RCPT, PATH_TOO_LONG, WRONG_ARGUMENT, _LINE, SENDER, cites="5321 §4.5.3.1.9; 821 §4.5.3"),
    Rule(SENDER, RCPT, NO_TERMINAL, BUSY, _LINE, SENDER, cites="821 §3.4"),
    Rule(SENDER, RCPT_WITH, PARAMETER_UNKNOWN, NO_SUCH_PARAMETER, _LINE, SENDER, cites="5321 §4.1.1.11"),
    Rule(RECIPIENTS, RCPT, RECIPIENT_TAKEN, DONE, _LINE, RECIPIENTS, cites="5321 §3.3; 821 §3.1"),
    Rule(RECIPIENTS, RCPT, NO_SUCH_USER, NOBODY, _LINE, RECIPIENTS, cites="5321 §3.3; 821 §3.1"),
    Rule(RECIPIENTS, RCPT, NOT_LOCAL, NOBODY, _LINE, RECIPIENTS, cites=f"5321 §3.6.2; {_NO_HOST}"),
    Rule(RECIPIENTS, RCPT, TOO_MANY, FULL, _LINE, RECIPIENTS, cites="5321 §4.5.3.1.10"),
    Rule(RECIPIENTS, RCPT, TOO_MANY, TOO_MUCH, _LINE, RECIPIENTS, cites=_OLD_CODE),
    Rule(RECIPIENTS, RCPT, PATH_TOO_LONG, WRONG_ARGUMENT, _LINE, RECIPIENTS, cites="5321 §4.5.3.1.9; 821 §4.5.3"),
    Rule(RECIPIENTS, RCPT_WITH, PARAMETER_UNKNOWN, NO_SUCH_PARAMETER, _LINE, RECIPIENTS, cites="5321 §4.1.1.11"),
    Rule(RECIPIENTS, DATA, ALWAYS, START_TEXT, _ASK, TEXT, cites="5321 §4.1.1.4; 821 §4.1.1"),
    #
    # The text: whatever became of it, the transaction is over
    Rule(TEXT, Occurrence.CONTINUED, TEXT_TAKEN, DONE, _LINE, READY, cites="5321 §4.1.1.4; 821 §4.1.1"),
    Rule(TEXT, Occurrence.CONTINUED, BARE_END, REFUSED, _LINE, READY, cites=f"{_LONE}; {_OLD_LONE}"),
    Rule(TEXT, Occurrence.CONTINUED, LINE_TOO_LONG, UNKNOWN, _LINE, READY, cites="5321 §4.5.3.1.9; 821 §4.5.3"),
    Rule(TEXT, Occurrence.CONTINUED, EIGHT_BITS, REFUSED, _LINE, READY, cites="5321 §2.4; 821 §4.5.2"),
    Rule(TEXT, Occurrence.CONTINUED, LARGE, TOO_MUCH, _LINE, READY, cites="5321 §4.5.3.1.9; 821 §4.5.3"),
    Rule(TEXT, Occurrence.CONTINUED, GOES_ROUND, REFUSED, _LINE, READY, cites="5321 §6.3"),
    Rule(TEXT, Occurrence.CONTINUED, NOT_STORED, FAILED, _LINE, READY, cites="5321 §4.2.5; 821 §4.3"),
    Rule(TEXT, Occurrence.OVERLONG, ALWAYS, TOO_MUCH, _LINE, READY, cites="5321 §4.5.3.1.9; 821 §4.5.3"),
    Rule(TEXT, Occurrence.NOT_ALLOWED, READ_AS_TEXT, cites="5321 §4.1.1.4; 821 §4.1.1"),
    Rule(TEXT, Occurrence.UNRECOGNIZED, READ_AS_TEXT, cites="5321 §4.1.1.4; 821 §4.1.1"),
    Rule(TEXT, Occurrence.MALFORMED, READ_AS_TEXT, REFUSED, _LINE, READY, cites="5321 §4.1.1.4; 821 §4.1.1"),
    #
    # Giving a transaction up
    Rule(CONNECTED, RSET, ALWAYS, DONE, _LINE, cites="5321 §4.1.1.5; 821 §4.3"),
    Rule(READY, RSET, ALWAYS, DONE, _LINE, cites="5321 §4.1.1.5; 821 §4.1.1"),
    Rule(SENDER, RSET, ALWAYS, DONE, _LINE, READY, cites="5321 §4.1.1.5; 821 §4.1.1"),
    Rule(RECIPIENTS, RSET, ALWAYS, DONE, _LINE, READY, cites="5321 §4.1.1.5; 821 §4.1.1"),
    #
    # At any time
    Rule(ANY, VRFY, VERIFIED, DONE, _LINE, cites="5321 §3.5.2; 821 §3.3"),
    Rule(ANY, VRFY, NO_SUCH_USER, NOBODY, _LINE, cites="5321 §3.5.1; 821 §3.3"),
    Rule(ANY, VRFY, NOT_TOLD, NOT_VERIFIED, _LINE, cites="5321 §7.3"),
    Rule(ANY, EXPN, NO_LISTS, NOT_IMPLEMENTED, _LINE, cites=f"5321 §4.2.4; {_LISTLESS}"),
    Rule(ANY, HELP, ALWAYS, HELPED, _LINES, cites="5321 §4.1.1.8; 821 §4.1.1"),
    Rule(ANY, HELP_WITH, COMMAND_KNOWN, HELPED, _LINES, cites="5321 §4.1.1.8; 821 §4.1.1"),
    Rule(ANY, HELP_WITH, COMMAND_UNKNOWN, WRONG_VALUE, _LINE, cites="5321 §4.2.1; 821 §4.2.1"),
    Rule(ANY, NOOP, ALWAYS, DONE, _LINE, cites="5321 §4.1.1.9; 821 §4.1.1"),
    Rule(ANY, NOOP_WITH, ALWAYS, DONE, _LINE, cites="5321 §4.1.1.9"),
    Rule(ANY, TURN, NO_CHANGE, NOT_IMPLEMENTED, _LINE, cites="821 §4.1.1"),
    Rule(ANY, QUIT, ALWAYS, BYE, _LINE, CLOSED, cites="5321 §4.1.1.10; 821 §4.1.1"),
    #
    # Everything else is refused, and the session is where it was
    Rule(ANY, Occurrence.NOT_ALLOWED, ALWAYS, WRONG_ORDER, _LINE, cites=f"5321 §4.1.4; {_NOT_LISTED}"),
    Rule(ANY, Occurrence.UNRECOGNIZED, ALWAYS, UNKNOWN, _LINE, cites="5321 §3.8; 821 §4.2.1"),
    Rule(ANY, Occurrence.MALFORMED, ALWAYS, WRONG_ARGUMENT, _LINE, cites="5321 §4.1.4; 821 §4.1.1"),
    Rule(ANY, Occurrence.OVERLONG, ALWAYS, UNKNOWN, _LINE, cites="5321 §4.5.3.1.9; 821 §4.5.3"),
    Rule(ANY, Occurrence.EXPIRED, ALWAYS, CLOSING, _LINE, CLOSED,
         cites="5321 §4.5.3.2.7; 821 §4.3 (no timer is named; 421 is what a server says that has to close)"),
    Rule(ANY, Occurrence.LOST, ALWAYS, None, (), CLOSED, cites="5321 §4.1.1.10; 821 §4.1.1"),
)  # fmt: skip

_OURS = "this server's number: 10 MiB"
_CROSSING = "every dot of a text of such dots doubled, and the lone one"

LIMITS = (
    Limit("command line", 512, "octets of a command line with its CRLF", "5321 §4.5.3.1.4; 821 §4.5.3"),
    Limit("reply line", 512, "octets of a reply line with its CRLF", "5321 §4.5.3.1.5; 821 §4.5.3"),
    Limit("text line", 1000, "octets of a line of text with its CRLF, without a dot that was added",
          "5321 §4.5.3.1.6; 821 §4.5.3"),
    Limit("local part", 64, "octets of the name before the @", "5321 §4.5.3.1.1; 821 §4.5.3"),
    Limit("domain", 255, "octets of a domain", "5321 §4.5.3.1.2"),
    Limit("domain", 64, "octets of a domain", "821 §4.5.3"),
    Limit("path", 256, "octets of a path with all its punctuation", "5321 §4.5.3.1.3; 821 §4.5.3"),
    Limit("recipients", 100, "recipients of one message", "5321 §4.5.3.1.8; 821 §4.5.3"),
    Limit("message", 10_485_760, "octets of a message, without the dots that were added",
          f"5321 §4.5.3.1.7 (64 KiB at least; {_OURS}); 821 §4.5.3 (no number is named; {_OURS})"),
    Limit("upload", 14_000_000, "octets of a message as it crosses",
          f"5321 §4.5.2 ({_CROSSING}); 821 §4.5.2 ({_CROSSING})"),
    Limit("hops", 100, "servers that a message has passed when it is taken to go round in circles", "5321 §6.3"),
    Limit("autologout", 300, "seconds of silence after which the server closes the connection",
          "5321 §4.5.3.2.7; 821 §4.3 (no timer is named; as in 5321)"),
)  # fmt: skip

SMTP = Protocol(
    Table(
        name="smtp",
        title="SMTP",
        port=25,
        secure_port=465,
        editions=(5321, 821),
        extensions=extensions.EXTENSIONS,
        states=(CONNECTED, READY, *extensions.STATES, SENDER, RECIPIENTS, TEXT),
        forms=(
            EHLO, HELO, MAIL, MAIL_WITH, RCPT, RCPT_WITH, DATA, RSET, SEND, SOML, SAML, VRFY, EXPN, HELP, HELP_WITH,
            NOOP, NOOP_WITH, TURN, *extensions.FORMS, QUIT,
        ),
        replies=(
            HELPED, READY_TO_SERVE, BYE, DONE, NOT_VERIFIED, START_TEXT, CLOSING, BUSY, FAILED, FULL, UNKNOWN,
            WRONG_ARGUMENT, NOT_IMPLEMENTED, WRONG_ORDER, WRONG_VALUE, NOBODY, TOO_MUCH, REFUSED, NO_SUCH_PARAMETER,
            *extensions.REPLIES,
        ),
        rules=(*RULES, *extensions.RULES),
        limits=(*LIMITS, *extensions.LIMITS),
        capabilities=(*extensions.CAPABILITIES, CAP_HELP),
        trims=True,
    ),
    number=5321,
)  # fmt: skip
