"""The commands of IMAP's table; those that extensions add are in ``extension_form_table``."""

from __future__ import annotations

from popsim.protocols.imap import argument_table as given
from popsim.protocols.model import Form

# Commands for every state

CAPABILITY = Form("CAPABILITY", (), "what the server can do", "3501 §6.1.1; 9051 §6.1.1")
NOOP = Form("NOOP", (), "nothing, but an answer, and the news with it", "3501 §6.1.2; 9051 §6.1.2")
LOGOUT = Form("LOGOUT", (), "ends the session; nothing is removed", "3501 §6.1.3; 9051 §6.1.3")

# Not Authenticated

STARTTLS = Form(
    "STARTTLS", (), "begins TLS: from here on all that crosses is encrypted", "3501 §6.2.1; 9051 §6.2.1", optional=True
)
AUTHENTICATE = Form(
    "AUTHENTICATE", (given.MECHANISM,), "logs in by an exchange of challenges and answers", "3501 §6.2.2; 9051 §6.2.2"
)
LOGIN = Form("LOGIN", (given.USER, given.PASSWORD), "logs in with name and password", "3501 §6.2.3; 9051 §6.2.3")

# Authenticated, and Selected too

SELECT = Form("SELECT", (given.MAILBOX,), "opens a mailbox", "3501 §6.3.1; 9051 §6.3.2")
EXAMINE = Form("EXAMINE", (given.MAILBOX,), "opens a mailbox for reading only", "3501 §6.3.2; 9051 §6.3.3")
CREATE = Form("CREATE", (given.MAILBOX,), "makes a mailbox", "3501 §6.3.3; 9051 §6.3.4")
DELETE = Form("DELETE", (given.MAILBOX,), "removes a mailbox with all that is in it", "3501 §6.3.4; 9051 §6.3.5")
RENAME = Form("RENAME", (given.MAILBOX, given.OTHER_NAME), "gives a mailbox another name", "3501 §6.3.5; 9051 §6.3.6")
SUBSCRIBE = Form(
    "SUBSCRIBE", (given.MAILBOX,), "puts a name among those that the user follows", "3501 §6.3.6; 9051 §6.3.7"
)
UNSUBSCRIBE = Form("UNSUBSCRIBE", (given.MAILBOX,), "takes it out again", "3501 §6.3.7; 9051 §6.3.8")
LIST = Form(
    "LIST", (given.REFERENCE, given.PATTERN), "the mailboxes whose names fit a pattern", "3501 §6.3.8; 9051 §6.3.9"
)
LSUB = Form("LSUB", (given.REFERENCE, given.PATTERN), "the names that are subscribed to", "3501 §6.3.9")
STATUS = Form(
    "STATUS", (given.MAILBOX, given.STATUS), "how a mailbox is, without opening it", "3501 §6.3.10; 9051 §6.3.11"
)
APPEND = Form(
    "APPEND",
    (given.MAILBOX, given.FLAGS, given.DATE_TIME, given.MESSAGE),
    "puts a message into a mailbox",
    "3501 §6.3.11; 9051 §6.3.12",
)

# Selected

CHECK = Form("CHECK", (), "has the server put its house in order", "3501 §6.4.1")
CLOSE = Form("CLOSE", (), "removes what is marked, without a word, and closes the mailbox", "3501 §6.4.2; 9051 §6.4.1")
EXPUNGE = Form("EXPUNGE", (), "removes the messages that are marked", "3501 §6.4.3; 9051 §6.4.3")
SEARCH = Form("SEARCH", (given.CHARSET, given.KEYS), "the numbers of the messages that fit", "3501 §6.4.4; 9051 §6.4.4")
FETCH = Form("FETCH", (given.SET, given.ITEMS), "what is wanted of some messages", "3501 §6.4.5; 9051 §6.4.5")
STORE = Form("STORE", (given.SET, given.CHANGE), "changes the flags of some messages", "3501 §6.4.6; 9051 §6.4.6")
COPY = Form(
    "COPY", (given.SET, given.MAILBOX), "copies some messages to the end of a mailbox", "3501 §6.4.7; 9051 §6.4.7"
)
UID_COPY = Form("UID COPY", (given.UIDS, given.MAILBOX), "the same, by unique identifier", "3501 §6.4.8; 9051 §6.4.9")
UID_FETCH = Form("UID FETCH", (given.UIDS, given.ITEMS), "the same, by unique identifier", "3501 §6.4.8; 9051 §6.4.9")
UID_STORE = Form("UID STORE", (given.UIDS, given.CHANGE), "the same, by unique identifier", "3501 §6.4.8; 9051 §6.4.9")
UID_SEARCH = Form(
    "UID SEARCH", (given.CHARSET, given.KEYS), "the same, giving unique identifiers", "3501 §6.4.8; 9051 §6.4.9"
)
