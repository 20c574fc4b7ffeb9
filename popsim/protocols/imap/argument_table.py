"""The arguments of the commands of IMAP's table."""

from __future__ import annotations

from popsim.protocols.imap import fetch_syntax, mailbox_syntax, search_syntax, session_syntax, syntax
from popsim.protocols.model import Argument

USER = Argument("user", syntax.ASTRING, "the user's name")
PASSWORD = Argument("password", syntax.ASTRING, "the password", secret=True)
MECHANISM = Argument("mechanism", syntax.ATOM_WORD, "the name of a SASL mechanism")
MAILBOX = Argument(
    "mailbox", mailbox_syntax.MAILBOX, "the name of a mailbox; INBOX in any case is the user's first one"
)
OTHER_NAME = Argument("new-name", mailbox_syntax.MAILBOX, "the name that the mailbox gets")
REFERENCE = Argument("reference", mailbox_syntax.REFERENCE, "where the name begins; mostly nothing")
PATTERN = Argument("pattern", mailbox_syntax.LIST_MAILBOX, "a name; * stands for anything, % for anything of one level")
PATTERNS = Argument("pattern", mailbox_syntax.PATTERNS, "such a name, or several in brackets")
STATUS = Argument("status-items", fetch_syntax.STATUS_ITEMS, "what is wanted to know, in brackets")
FLAGS = Argument("flags", syntax.FLAGS, "the flags of the new message, in brackets", optional=True)
DATE_TIME = Argument("date-time", syntax.MOMENT, "when the message came in", optional=True)
MESSAGE = Argument("message", syntax.LITERAL, "the message, as a literal")
SET = Argument("numbers", syntax.NUMBERS, "which messages, by number: 2,4:7,9:*")
UIDS = Argument("uids", syntax.NUMBERS, "which messages, by unique identifier: 2,4:7,9:*")
ITEMS = Argument("items", fetch_syntax.FETCH_ITEMS, "what of them: one item, several in brackets, or a macro")
CHANGE = Argument("change", fetch_syntax.CHANGE, "which flags are set, added (+) or taken away (-)")
CHARSET = Argument("charset", search_syntax.CHARSET, "the character set of the texts in the keys", optional=True)
KEYS = Argument("keys", search_syntax.SEARCH_KEYS, "what a message must fit")

# Those that extensions add

INITIAL = Argument(
    "initial-response", session_syntax.INITIAL, "what the client says first, in base64; = alone is an empty one",
    secret=True,
)  # fmt: skip
DESCRIPTION = Argument("description", session_syntax.DESCRIPTION, 'pairs such as ("name" "popsim"), or NIL')
WANTED = Argument("capabilities", session_syntax.CAPABILITIES, "what is to be switched on, one or more")
PARAMETERS = Argument("(parameters)", fetch_syntax.SELECT_PARAMETERS, "how it is to be opened, in brackets")
CHANGED_SINCE = Argument("(CHANGEDSINCE n)", fetch_syntax.CHANGED_SINCE, "only what has changed after this number")
UNCHANGED_SINCE = Argument(
    "(UNCHANGEDSINCE n)", fetch_syntax.UNCHANGED_SINCE, "only what has not changed after this number"
)
RETURNED = Argument("RETURN (results)", search_syntax.RETURNED, "what is wanted to know of the messages that fit")
CHOICES = Argument("(choices)", session_syntax.CHOICES, "which mailboxes, in brackets", optional=True)
OPTIONS = Argument("RETURN (options)", session_syntax.RETURNS, "what is wanted to know of them", optional=True)
