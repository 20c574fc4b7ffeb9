"""The conditions of the rules of IMAP's table, by which the server says which row holds."""

from __future__ import annotations

# Greetings

READY = "ready"
KNOWN_ALREADY = "the client is known already"
NOT_SERVED = "no service now"

# Logins

LOGGED_IN = "name and secret are right"
LOGIN_WRONG = "name or secret is wrong"
LOGIN_IN_CLEAR = "a password must not cross in clear"
CHALLENGED = "an answer is wanted"
MECHANISM_UNKNOWN = "mechanism not offered"
SERVER_FIRST = "the server has the first word"
NO_BASE64 = "no base64"
ANSWER_WRONG = "no answer of this mechanism"
CANCELLED = "cancelled"
READ_AS_ANSWER = "it is read as an answer, and is none"
CLEAR = "the line is in clear"
ALREADY_SECURED = "TLS is active already"
TLS_REFUSED = "TLS can't begin here"
NOT_YET_READ = "nothing is read before the handshake is done"

# Mailboxes

READ_WRITE = "opened for reading and writing"
READ_ONLY = "opened for reading only"
NO_SUCH_MAILBOX = "there is no such mailbox"
MADE = "the mailbox is there now"
MAILBOX_EXISTS = "a mailbox is called so already"
NAME_REFUSED = "no mailbox can be called so"
IS_INBOX = "INBOX stays"
HAS_INFERIORS = "there are mailboxes below it"
MAILBOX_IN_USE = "somebody else has the mailbox to himself"
REMOVED = "the mailbox is gone"
RENAMED = "the mailbox has the other name"
NOT_SUBSCRIBED = "the name was not subscribed to"
LISTING_REFUSED = "such names can't be listed"
TARGET_MISSING = "the mailbox that it should go to is not there, and can be made"
TARGET_REFUSED = "nothing can go to a mailbox of that name"
APPENDED = "the message is in the mailbox"
MESSAGE_REFUSED = "the message, its flags or its date are not taken"

# Messages

NUMBER_BEYOND = "there is no message of that number"
SOME_GONE = "some of the messages were removed in the meantime"
OPEN_READ_ONLY = "the mailbox is open for reading only"
CHARSET_UNKNOWN = "the character set is not known"
ENCODING_UNKNOWN = "the part's transfer encoding is not known"
FLAGS_REFUSED = "such flags are not kept"
STORED = "the flags are set"
SOME_CHANGED = "some of the messages had changed in the meantime and were left alone"
COPIED = "the copies are there"
MOVED = "the messages are there, and no longer here"
EXPUNGED = "the marked messages are gone"

# News

NEWS_ENDED = "the client has ended it"
NOT_THE_END = "the line is not the one that ends it"
HELD_BACK = "told with the answer to the next command"
TOLD = "told at once"
CLOSING = "nothing more is read"

NOT_NOW = "the server can't do it now"

# Literals

LITERAL_ASKED = "the octets are asked for"
SECRET_ASKED = "the octets are asked for, and are a secret"
LITERAL_AT_ONCE = "the octets are on their way"
SECRET_AT_ONCE = "the octets are on their way, and are a secret"
LITERAL_TOO_LARGE = "so many octets are not taken"
LITERAL_TOO_LARGE_AT_ONCE = "so many octets must be asked for first"
LITERAL_NOT_OFFERED = "octets that nobody has asked for are not offered here"

DONE = b"DONE"
"""The line that ends the waiting for news (RFC 2177 §3), in any case."""
CANCEL = b"*"
"""The line that ends an exchange without a login (RFC 3501 §6.2.2)."""
EMPTY = b"="
"""The initial response that is there and empty (RFC 4959 §3)."""
