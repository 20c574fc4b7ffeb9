"""The words of SMTP's table: its replies, states, commands and the conditions of its rules.

States, commands and replies are spelled here and, for the extensions, in ``extension_word_table``, and nowhere else
in the package; everything else refers to these names.
"""

from __future__ import annotations

from popsim.protocols.model import Argument, Capability, Form, Kind, Reply, State
from popsim.protocols.smtp.syntax import CLIENT, FORWARD_PATH, PARAMETERS, REVERSE_PATH

# Replies

HELPED = Reply("214", "help for whoever types", True, "5321 §4.2.2; 821 §4.2.1")
READY_TO_SERVE = Reply("220", "the server is ready", True, "5321 §4.2.2; 821 §4.2.1")
BYE = Reply("221", "the server closes the connection", True, "5321 §4.2.2; 821 §4.2.1")
DONE = Reply("250", "done", True, "5321 §4.2.2; 821 §4.2.1")
NOT_VERIFIED = Reply("252", "nobody says who that is, but mail for it is tried", True, "5321 §4.2.2")
START_TEXT = Reply("354", "the text comes now, up to a lone dot", None, "5321 §4.2.2; 821 §4.2.1")
CLOSING = Reply("421", "the server has to close the connection", False, "5321 §4.2.2; 821 §4.2.1")
BUSY = Reply("450", "not done: the mailbox can't be reached now", False, "821 §4.2.1")
FAILED = Reply("451", "not done: something went wrong here", False, "5321 §4.2.2; 821 §4.2.1")
FULL = Reply("452", "not done: there is no room for it now", False, "5321 §4.2.2")
UNKNOWN = Reply("500", "no command of this protocol", False, "5321 §4.2.2; 821 §4.2.1")
WRONG_ARGUMENT = Reply("501", "wrong arguments", False, "5321 §4.2.2; 821 §4.2.1")
NOT_IMPLEMENTED = Reply("502", "a command that is known, and not done here", False, "5321 §4.2.4; 821 §4.2.1")
WRONG_ORDER = Reply("503", "not in this order", False, "5321 §4.2.2; 821 §4.2.1")
WRONG_VALUE = Reply("504", "done here, but not for this argument", False, "5321 §4.2.2; 821 §4.2.1")
NOBODY = Reply("550", "not done: there is no such mailbox, or no way to it from here", False, "5321 §4.2.2; 821 §4.2.1")
TOO_MUCH = Reply("552", "not done: it is more than is taken", False, "5321 §4.2.2; 821 §4.2.1")
REFUSED = Reply("554", "the transaction failed", False, "5321 §4.2.2; 821 §4.2.1")
NO_SUCH_PARAMETER = Reply("555", "a parameter that is not known", False, "5321 §4.2.2")

# States. The RFCs name none: these are our reading of the order of commands.

_ORDER = "our reading: the RFC names no states, and tells which commands may come when"

CONNECTED = State(
    "CONNECTED", "the server has greeted, and waits for the client to say who it is",
    f"5321 §4.1.4 ({_ORDER}); 821 §4.1.1 ({_ORDER})",
)  # fmt: skip
READY = State(
    "READY", "the client has said who it is, and no transaction is open",
    f"5321 §4.1.1.1 (the text calls it the initial state; {_ORDER}); 821 §4.1.1 ({_ORDER})",
)  # fmt: skip
SENDER = State(
    "SENDER", "a transaction is open: the sender is known, and no recipient yet",
    f"5321 §3.3 ({_ORDER}); 821 §3.1 ({_ORDER})",
)  # fmt: skip
RECIPIENTS = State(
    "RECIPIENTS", "a transaction is open, with a sender and at least one recipient",
    f"5321 §3.3 ({_ORDER}); 821 §3.1 ({_ORDER})",
)  # fmt: skip
TEXT = State(
    "TEXT", "the text of the message comes: no line of it is a command",
    f"5321 §4.1.1.4 ({_ORDER}); 821 §4.1.1 ({_ORDER})",
    reads_commands=False,
)  # fmt: skip

# Arguments

CLIENT_NAME = Argument(CLIENT.name, CLIENT, "what the client calls itself, a domain or an address such as [127.0.0.1]")
FROM = Argument(
    REVERSE_PATH.name, REVERSE_PATH, "where word of a failure is sent; <> for a message that gets no such word"
)
TO = Argument(FORWARD_PATH.name, FORWARD_PATH, "who is to get the message")
WITH = Argument(PARAMETERS.name, PARAMETERS, "what service extensions add, as KEYWORD or KEYWORD=value")
NAME = Argument("string", Kind.STRING, "a user, or a mailbox")
WORDS = Argument("string", Kind.STRING, "a command to be explained")
ANYTHING = Argument("string", Kind.STRING, "whatever it is, it is ignored")

# Commands

EHLO = Form("EHLO", (CLIENT_NAME,), "says who the client is, and asks for service extensions", "5321 §4.1.1.1")
HELO = Form("HELO", (CLIENT_NAME,), "says who the client is", "5321 §4.1.1.1; 821 §4.1.1")
MAIL = Form("MAIL", (FROM,), "opens a transaction: who sends the message", "5321 §4.1.1.2; 821 §4.1.1")
MAIL_WITH = Form("MAIL", (FROM, WITH), "the same, with what an extension adds", "5321 §4.1.1.2")
RCPT = Form("RCPT", (TO,), "one who gets the message", "5321 §4.1.1.3; 821 §4.1.1")
RCPT_WITH = Form("RCPT", (TO, WITH), "the same, with what an extension adds", "5321 §4.1.1.3")
DATA = Form("DATA", (), "the text follows, when the server has asked for it", "5321 §4.1.1.4; 821 §4.1.1")
RSET = Form("RSET", (), "gives the transaction up", "5321 §4.1.1.5; 821 §4.1.1")
SEND = Form("SEND", (FROM,), "as MAIL, but to the terminals of the recipients", "821 §4.1.1", optional=True)
SOML = Form("SOML", (FROM,), "to the terminal of who has one open, else as MAIL", "821 §4.1.1", optional=True)
SAML = Form("SAML", (FROM,), "as MAIL, and to the terminals as well", "821 §4.1.1", optional=True)
VRFY = Form("VRFY", (NAME,), "asks whether somebody has a mailbox here", "5321 §4.1.1.6; 821 §4.1.1")
EXPN = Form("EXPN", (NAME,), "asks who is on a mailing list", "5321 §4.1.1.7; 821 §4.1.1", optional=True)
HELP = Form("HELP", (), "asks which commands there are", "5321 §4.1.1.8; 821 §4.1.1", optional=True)
HELP_WITH = Form("HELP", (WORDS,), "asks what a command does", "5321 §4.1.1.8; 821 §4.1.1", optional=True)
NOOP = Form("NOOP", (), "nothing, but an answer", "5321 §4.1.1.9; 821 §4.1.1")
NOOP_WITH = Form("NOOP", (ANYTHING,), "nothing, but an answer", "5321 §4.1.1.9")
QUIT = Form("QUIT", (), "ends the session", "5321 §4.1.1.10; 821 §4.1.1")
TURN = Form("TURN", (), "asks to change roles", "821 §4.1.1", optional=True)

# Conditions, by which the server says which row holds

SENDER_TAKEN = "sender taken"
PATH_TOO_LONG = "the path is too long"
PARAMETER_UNKNOWN = "a parameter is not known"
RECIPIENT_TAKEN = "recipient taken"
NO_SUCH_USER = "no such user"
NOT_LOCAL = "another host's user"
TOO_MANY = "too many recipients"
NO_TERMINAL = "nobody has a terminal here"
TEXT_TAKEN = "the message is in every recipient's mailbox"
BARE_END = "a CR or LF stands alone"
LINE_TOO_LONG = "a line is too long"
EIGHT_BITS = "octets above 127 without leave"
LARGE = "the message is too large"
GOES_ROUND = "the message goes round in circles"
NOT_STORED = "the message could not be stored"
VERIFIED = "there is such a user"
NOT_TOLD = "this server does not tell"
NO_LISTS = "there are no mailing lists here"
NO_CHANGE = "this server does not change roles"
COMMAND_KNOWN = "the command is known"
COMMAND_UNKNOWN = "there is no such command"
READ_AS_TEXT = "it is read as text"

# Capabilities: what the answer to a client's first word lists (RFC 5321 §4.1.1.1)

CAP_HELP = Capability("HELP", "the command is there", "5321 §4.1.1.1", HELP)

RETURN_PATH = "Return-Path"
"""The field that tells the reverse-path (RFC 5321 §4.4)."""
RECEIVED = "Received"
"""The field in which each server that has had the message leaves its mark (RFC 5321 §4.4)."""
PLAIN, EXTENDED = "SMTP", "ESMTP"
"""What such a field says was spoken, without service extensions and with them (RFC 5321 §4.4)."""
