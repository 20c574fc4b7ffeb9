"""The commands that extensions add to IMAP's table, and what an edition took over from them."""

from __future__ import annotations

from popsim.protocols.imap import argument_table as given
from popsim.protocols.model import Form

AUTHENTICATE_INITIAL = Form(
    "AUTHENTICATE", (given.MECHANISM, given.INITIAL), "the same, one round trip shorter", "4959 §3; 9051 §6.2.2"
)
ID = Form("ID", (given.DESCRIPTION,), "says what program the client is, and asks for the server's", "2971 §3.1")
ENABLE = Form("ENABLE", (given.WANTED,), "switches on what a client must ask for", "5161 §3.1; 9051 §6.3.1")
NAMESPACE = Form("NAMESPACE", (), "where the names of mailboxes begin", "2342 §5; 9051 §6.3.10")
IDLE = Form("IDLE", (), "waits for news, until the client says that it is enough", "2177 §3; 9051 §6.3.13")
LIST_EXTENDED = Form(
    "LIST",
    (given.CHOICES, given.REFERENCE, given.PATTERNS, given.OPTIONS),
    "the same, with a choice of what is told",
    "9051 §6.3.9; 6154 §2 (the form is that of RFC 5258, which RFC 9051 has taken over)",
)
SELECT_CONDSTORE = Form(
    "SELECT", (given.MAILBOX, given.PARAMETERS), "opens a mailbox, and every change's number is told", "7162 §3.1.8"
)
EXAMINE_CONDSTORE = Form("EXAMINE", (given.MAILBOX, given.PARAMETERS), "the same, for reading only", "7162 §3.1.8")
UNSELECT = Form("UNSELECT", (), "closes the mailbox and removes nothing", "3691 §2; 9051 §6.4.2")
UID_EXPUNGE = Form(
    "UID EXPUNGE", (given.UIDS,), "removes the messages among these that are marked", "4315 §2.1; 9051 §6.4.9"
)
MOVE = Form("MOVE", (given.SET, given.MAILBOX), "copies some messages and removes them here", "6851 §3.1; 9051 §6.4.8")
UID_MOVE = Form("UID MOVE", (given.UIDS, given.MAILBOX), "the same, by unique identifier", "6851 §3.2; 9051 §6.4.9")
SEARCH_RETURN = Form(
    "SEARCH",
    (given.RETURNED, given.CHARSET, given.KEYS),
    "what is wanted to know of the messages that fit",
    "4731 §3.1; 9051 §6.4.4",
)
UID_SEARCH_RETURN = Form(
    "UID SEARCH",
    (given.RETURNED, given.CHARSET, given.KEYS),
    "the same, giving unique identifiers",
    "4731 §3.1; 9051 §6.4.9",
)
FETCH_CHANGED = Form(
    "FETCH",
    (given.SET, given.ITEMS, given.CHANGED_SINCE),
    "what is wanted of the messages that have changed",
    "7162 §3.1.4.1",
)
UID_FETCH_CHANGED = Form(
    "UID FETCH", (given.UIDS, given.ITEMS, given.CHANGED_SINCE), "the same, by unique identifier", "7162 §3.1.4.1"
)
STORE_UNCHANGED = Form(
    "STORE",
    (given.SET, given.UNCHANGED_SINCE, given.CHANGE),
    "changes the flags of messages that nobody has changed",
    "7162 §3.1.3",
)
UID_STORE_UNCHANGED = Form(
    "UID STORE", (given.UIDS, given.UNCHANGED_SINCE, given.CHANGE), "the same, by unique identifier", "7162 §3.1.3"
)
