"""What an IMAP server may send without a tag, and the codes in square brackets."""

from __future__ import annotations

from popsim.protocols.imap import condition_table as when
from popsim.protocols.model import Code, Datum

# Data (RFC 3501 §7.2 to §7.4)

DATA_OK = Datum("OK", "a word to the client; its code is what matters", "3501 §7.1.1; 9051 §7.1.1")
DATA_NO = Datum("NO", "a warning: the command may succeed all the same", "3501 §7.1.2; 9051 §7.1.2")
DATA_BAD = Datum("BAD", "an error that no command can be named for", "3501 §7.1.3; 9051 §7.1.3")
DATA_BYE = Datum("BYE", "the connection is about to be closed", "3501 §7.1.5; 9051 §7.1.5")
DATA_CAPABILITY = Datum("CAPABILITY", "what the server can do", "3501 §7.2.1; 9051 §7.2.2")
DATA_LIST = Datum("LIST", "a mailbox: its attributes, its delimiter, its name", "3501 §7.2.2; 9051 §7.3.1")
DATA_LSUB = Datum("LSUB", "a name that is subscribed to", "3501 §7.2.3")
DATA_STATUS = Datum("STATUS", "how a mailbox is that need not be open", "3501 §7.2.4; 9051 §7.3.3")
DATA_SEARCH = Datum("SEARCH", "the numbers of the messages that fit", "3501 §7.2.5")
DATA_FLAGS = Datum("FLAGS", "the flags that there are in the mailbox", "3501 §7.2.6; 9051 §7.3.5")
DATA_EXISTS = Datum("EXISTS", "how many messages there are", "3501 §7.3.1; 9051 §7.4.1", numbered=True)
DATA_RECENT = Datum("RECENT", "how many of them no session was told of before", "3501 §7.3.2", numbered=True)
DATA_EXPUNGE = Datum(
    "EXPUNGE", "the message of this number is gone; the numbers above it are one less", "3501 §7.4.1; 9051 §7.5.1",
    numbered=True,
)  # fmt: skip
DATA_FETCH = Datum("FETCH", "something of a message", "3501 §7.4.2; 9051 §7.5.2", numbered=True)
DATA_NAMESPACE = Datum("NAMESPACE", "where the names of mailboxes begin", "2342 §5; 9051 §7.3.2")
DATA_ID = Datum("ID", "what program the server is", "2971 §3.2")
DATA_ENABLED = Datum("ENABLED", "what has been switched on", "5161 §3.2; 9051 §7.2.1")
DATA_ESEARCH = Datum("ESEARCH", "what was wanted to know of the messages that fit", "4731 §3.1; 9051 §7.3.4")
DATA = (
    DATA_OK, DATA_NO, DATA_BAD, DATA_BYE, DATA_CAPABILITY, DATA_LIST, DATA_LSUB, DATA_STATUS, DATA_SEARCH, DATA_ESEARCH,
    DATA_FLAGS, DATA_EXISTS, DATA_RECENT, DATA_EXPUNGE, DATA_FETCH, DATA_NAMESPACE, DATA_ID, DATA_ENABLED,
)  # fmt: skip

UID_IN_ESEARCH = "UID"
"""Says that the numbers of a search's result are unique identifiers (RFC 4731 §3.1)."""

# Attributes of a mailbox in a list

NO_SELECT = "\\Noselect"
"""The name can't be opened (RFC 3501 §7.2.2)."""
NON_EXISTENT = "\\NonExistent"
"""There is no mailbox of the name (RFC 9051 §7.3.1)."""
HAS_CHILDREN, HAS_NO_CHILDREN = "\\HasChildren", "\\HasNoChildren"
"""Whether there are mailboxes below it (RFC 9051 §7.3.1)."""
IS_SUBSCRIBED = "\\Subscribed"
"""The name is subscribed to (RFC 9051 §7.3.1)."""
CHILD_INFO = "CHILDINFO"
"""Something below the name fits what was asked for (RFC 9051 §6.3.9.6)."""

# Codes that stand where the server has such a word to say

_CODES = "3501 §7.1; 9051 §7.1"
CODE_ALERT = Code("ALERT", "", "a person must be shown the text", _CODES)
CODE_CAPABILITY = Code("CAPABILITY", "", "what the server can do, unasked", _CODES)
CODE_PARSE = Code("PARSE", "", "a message's header can't be read", _CODES)
CODE_PERMANENTFLAGS = Code("PERMANENTFLAGS", "", "the flags that are kept", _CODES)
CODE_UIDNEXT = Code("UIDNEXT", "", "the unique identifier that the next message gets, or less", _CODES)
CODE_UIDVALIDITY = Code("UIDVALIDITY", "", "the number that unique identifiers go with", _CODES)
CODE_UNSEEN = Code("UNSEEN", "", "the number of the first message that was not read", "3501 §7.1")
CODE_UIDNOTSTICKY = Code("UIDNOTSTICKY", "", "unique identifiers are not kept", "4315 §3; 9051 §7.1")
CODE_HIGHESTMODSEQ = Code("HIGHESTMODSEQ", "", "the number of the last change in the mailbox", "7162 §3.1.2.1")
CODE_NOMODSEQ = Code("NOMODSEQ", "", "changes have no numbers in this mailbox", "7162 §3.1.2.2")
CODE_CLOSED = Code("CLOSED", "", "the mailbox that was open is not any more", "7162 §3.2.11; 9051 §7.1")

# Codes that go with a condition

CODE_READ_WRITE = Code("READ-WRITE", when.READ_WRITE, "flags can be changed", _CODES)
CODE_READ_ONLY = Code("READ-ONLY", when.READ_ONLY, "nothing can be changed", _CODES)
CODE_BADCHARSET = Code("BADCHARSET", when.CHARSET_UNKNOWN, "ask in another character set", _CODES)
CODE_TRYCREATE = Code("TRYCREATE", when.TARGET_MISSING, "make the mailbox first", _CODES)
CODE_APPENDUID = Code("APPENDUID", when.APPENDED, "the unique identifier that the message got", "4315 §3; 9051 §7.1")
CODE_COPYUID = Code("COPYUID", when.COPIED, "the unique identifiers there were, and those of the copies",
                    "4315 §3; 9051 §7.1")  # fmt: skip
CODE_MODIFIED = Code("MODIFIED", when.SOME_CHANGED, "the messages that were left alone", "7162 §3.1.3")

_NEW = "9051 §7.1"
CODE_AUTHENTICATIONFAILED = Code("AUTHENTICATIONFAILED", when.LOGIN_WRONG, "ask for another name or secret", _NEW)
CODE_PRIVACYREQUIRED = Code("PRIVACYREQUIRED", when.LOGIN_IN_CLEAR, "begin TLS first", _NEW)
CODE_NONEXISTENT = Code("NONEXISTENT", when.NO_SUCH_MAILBOX, "there is no such mailbox", _NEW)
CODE_ALREADYEXISTS = Code("ALREADYEXISTS", when.MAILBOX_EXISTS, "there is such a mailbox", _NEW)
CODE_CANNOT = Code("CANNOT", when.NAME_REFUSED, "it will never succeed", _NEW)
CODE_CANNOT_TARGET = Code("CANNOT", when.TARGET_REFUSED, "it will never succeed", _NEW)
CODE_HASCHILDREN = Code("HASCHILDREN", when.HAS_INFERIORS, "remove what is below it first", _NEW)
CODE_INUSE = Code("INUSE", when.MAILBOX_IN_USE, "try again later", _NEW)
CODE_EXPUNGEISSUED = Code("EXPUNGEISSUED", when.SOME_GONE, "ask for the news", _NEW)
CODE_LIMIT = Code("LIMIT", when.LITERAL_TOO_LARGE, "send less", _NEW)
CODE_TOOBIG = Code(
    "TOOBIG", when.LITERAL_TOO_LARGE_AT_ONCE, "announce it and wait", "9051 §4.3 (as RFC 7888 §5 has it)"
)
CODE_UNKNOWN_CTE = Code("UNKNOWN-CTE", when.ENCODING_UNKNOWN, "fetch the part as it is", _NEW)

CODES = (
    CODE_ALERT, CODE_BADCHARSET, CODE_CAPABILITY, CODE_PARSE, CODE_PERMANENTFLAGS, CODE_READ_ONLY, CODE_READ_WRITE,
    CODE_TRYCREATE, CODE_UIDNEXT, CODE_UIDVALIDITY, CODE_UNSEEN, CODE_APPENDUID, CODE_COPYUID, CODE_UIDNOTSTICKY,
    CODE_HIGHESTMODSEQ, CODE_NOMODSEQ, CODE_MODIFIED, CODE_CLOSED, CODE_AUTHENTICATIONFAILED, CODE_PRIVACYREQUIRED,
    CODE_NONEXISTENT, CODE_ALREADYEXISTS, CODE_CANNOT, CODE_CANNOT_TARGET, CODE_HASCHILDREN, CODE_INUSE,
    CODE_EXPUNGEISSUED, CODE_LIMIT, CODE_TOOBIG, CODE_UNKNOWN_CTE,
)  # fmt: skip
