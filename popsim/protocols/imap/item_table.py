"""The words inside the arguments of IMAP's commands: what can be fetched, searched by, stored and asked for."""

from __future__ import annotations

from popsim.protocols.model import Word

FETCH_ITEM, FETCH_MACRO, SECTION_TEXT = "data item", "data item that stands for several", "part of a section"
SEARCH_KEY, RESULT, STATUS_ITEM = "search key", "result of a search", "status item"
STORE_ITEM, MODIFIER, SELECT_PARAMETER = "store item", "modifier", "parameter of opening"
LIST_CHOICE, LIST_RETURN, FLAG = "choice of a list", "what a list returns", "flag"

_FETCH = "3501 §6.4.5; 9051 §6.4.5"
_OLD_FETCH = "3501 §6.4.5"

# What can be fetched

ITEM_BODY = Word("BODY", FETCH_ITEM, "the structure without its extensions; with a section, that part's octets", _FETCH)
ITEM_STRUCTURE = Word("BODYSTRUCTURE", FETCH_ITEM, "the structure of the message, part in part", _FETCH)
ITEM_ENVELOPE = Word("ENVELOPE", FETCH_ITEM, "the header fields that a list of messages shows, taken apart", _FETCH)
ITEM_FLAGS = Word("FLAGS", FETCH_ITEM, "the flags that are set", _FETCH)
ITEM_DATE = Word("INTERNALDATE", FETCH_ITEM, "when the message came in", _FETCH)
ITEM_SIZE = Word("RFC822.SIZE", FETCH_ITEM, "the size of the message in octets", _FETCH)
ITEM_UID = Word("UID", FETCH_ITEM, "the unique identifier", _FETCH)
ITEM_RFC822 = Word("RFC822", FETCH_ITEM, "the whole message, as BODY[]", _OLD_FETCH)
ITEM_RFC822_HEADER = Word("RFC822.HEADER", FETCH_ITEM, "the header, as BODY.PEEK[HEADER]", _OLD_FETCH)
ITEM_RFC822_TEXT = Word("RFC822.TEXT", FETCH_ITEM, "the text, as BODY[TEXT]", _OLD_FETCH)
ITEM_BINARY = Word("BINARY", FETCH_ITEM, "a part with its transfer encoding taken off", "9051 §6.4.5")
ITEM_BINARY_SIZE = Word("BINARY.SIZE", FETCH_ITEM, "the octets of such a part", "9051 §6.4.5")
ITEM_MODSEQ = Word("MODSEQ", FETCH_ITEM, "the number of the message's last change", "7162 §3.1.5")
FETCH_ITEMS = (
    ITEM_BODY, ITEM_STRUCTURE, ITEM_ENVELOPE, ITEM_FLAGS, ITEM_DATE, ITEM_SIZE, ITEM_UID, ITEM_RFC822,
    ITEM_RFC822_HEADER, ITEM_RFC822_TEXT, ITEM_BINARY, ITEM_BINARY_SIZE, ITEM_MODSEQ,
)  # fmt: skip

PEEK = ".PEEK"
"""What follows an item whose fetching is not to set the flag of a message that was read."""

MACRO_ALL = Word("ALL", FETCH_MACRO, "FLAGS, INTERNALDATE, RFC822.SIZE and ENVELOPE", _FETCH)
MACRO_FAST = Word("FAST", FETCH_MACRO, "FLAGS, INTERNALDATE and RFC822.SIZE", _FETCH)
MACRO_FULL = Word("FULL", FETCH_MACRO, "FLAGS, INTERNALDATE, RFC822.SIZE, ENVELOPE and BODY", _FETCH)
MACROS = {
    MACRO_ALL: (ITEM_FLAGS, ITEM_DATE, ITEM_SIZE, ITEM_ENVELOPE),
    MACRO_FAST: (ITEM_FLAGS, ITEM_DATE, ITEM_SIZE),
    MACRO_FULL: (ITEM_FLAGS, ITEM_DATE, ITEM_SIZE, ITEM_ENVELOPE, ITEM_BODY),
}

SECTION_HEADER = Word("HEADER", SECTION_TEXT, "the header, with the empty line after it", _FETCH)
SECTION_FIELDS = Word("HEADER.FIELDS", SECTION_TEXT, "the named header fields", _FETCH, "field names")
SECTION_FIELDS_NOT = Word("HEADER.FIELDS.NOT", SECTION_TEXT, "all header fields but the named", _FETCH, "field names")
SECTION_BODY = Word("TEXT", SECTION_TEXT, "what comes after the header", _FETCH)
SECTION_MIME = Word("MIME", SECTION_TEXT, "the MIME header of the part", _FETCH)
SECTION_TEXTS = (SECTION_HEADER, SECTION_FIELDS, SECTION_FIELDS_NOT, SECTION_BODY, SECTION_MIME)

# What can be searched by

_SEARCH = "3501 §6.4.4; 9051 §6.4.4"
_OLD_SEARCH = "3501 §6.4.4"

KEY_NUMBERS = Word("sequence-set", SEARCH_KEY, "messages with these numbers", _SEARCH)
KEY_ALL_OF = Word("(...)", SEARCH_KEY, "messages that all the keys in the brackets fit", _SEARCH)
KEY_ALL = Word("ALL", SEARCH_KEY, "every message", _SEARCH)
KEY_ANSWERED = Word("ANSWERED", SEARCH_KEY, "messages that were answered", _SEARCH)
KEY_BCC = Word("BCC", SEARCH_KEY, "messages with this text in the BCC field", _SEARCH, "text")
KEY_BEFORE = Word("BEFORE", SEARCH_KEY, "messages that came in before this day", _SEARCH, "date")
KEY_BODY = Word("BODY", SEARCH_KEY, "messages with this text in the body", _SEARCH, "text")
KEY_CC = Word("CC", SEARCH_KEY, "messages with this text in the CC field", _SEARCH, "text")
KEY_DELETED = Word("DELETED", SEARCH_KEY, "messages that are marked for removal", _SEARCH)
KEY_DRAFT = Word("DRAFT", SEARCH_KEY, "messages that are drafts", _SEARCH)
KEY_FLAGGED = Word("FLAGGED", SEARCH_KEY, "messages that are flagged", _SEARCH)
KEY_FROM = Word("FROM", SEARCH_KEY, "messages with this text in the FROM field", _SEARCH, "text")
KEY_HEADER = Word("HEADER", SEARCH_KEY, "messages with this text in a header field", _SEARCH, "field text")
KEY_KEYWORD = Word("KEYWORD", SEARCH_KEY, "messages with this flag", _SEARCH, "flag")
KEY_LARGER = Word("LARGER", SEARCH_KEY, "messages of more octets", _SEARCH, "number")
KEY_NEW = Word("NEW", SEARCH_KEY, "messages that are recent and not seen", _OLD_SEARCH)
KEY_NOT = Word("NOT", SEARCH_KEY, "messages that the key does not fit", _SEARCH, "key")
KEY_OLD = Word("OLD", SEARCH_KEY, "messages that are not recent", _OLD_SEARCH)
KEY_ON = Word("ON", SEARCH_KEY, "messages that came in on this day", _SEARCH, "date")
KEY_OR = Word("OR", SEARCH_KEY, "messages that one of two keys fits", _SEARCH, "key key")
KEY_RECENT = Word("RECENT", SEARCH_KEY, "messages that are recent", _OLD_SEARCH)
KEY_SEEN = Word("SEEN", SEARCH_KEY, "messages that were read", _SEARCH)
KEY_SENT_BEFORE = Word("SENTBEFORE", SEARCH_KEY, "messages whose DATE field is before this day", _SEARCH, "date")
KEY_SENT_ON = Word("SENTON", SEARCH_KEY, "messages whose DATE field is this day", _SEARCH, "date")
KEY_SENT_SINCE = Word("SENTSINCE", SEARCH_KEY, "messages whose DATE field is this day or later", _SEARCH, "date")
KEY_SINCE = Word("SINCE", SEARCH_KEY, "messages that came in on this day or later", _SEARCH, "date")
KEY_SMALLER = Word("SMALLER", SEARCH_KEY, "messages of fewer octets", _SEARCH, "number")
KEY_SUBJECT = Word("SUBJECT", SEARCH_KEY, "messages with this text in the SUBJECT field", _SEARCH, "text")
KEY_TEXT = Word("TEXT", SEARCH_KEY, "messages with this text in header or body", _SEARCH, "text")
KEY_TO = Word("TO", SEARCH_KEY, "messages with this text in the TO field", _SEARCH, "text")
KEY_UID = Word("UID", SEARCH_KEY, "messages with these unique identifiers", _SEARCH, "numbers")
KEY_UNANSWERED = Word("UNANSWERED", SEARCH_KEY, "messages that were not answered", _SEARCH)
KEY_UNDELETED = Word("UNDELETED", SEARCH_KEY, "messages that are not marked for removal", _SEARCH)
KEY_UNDRAFT = Word("UNDRAFT", SEARCH_KEY, "messages that are no drafts", _SEARCH)
KEY_UNFLAGGED = Word("UNFLAGGED", SEARCH_KEY, "messages that are not flagged", _SEARCH)
KEY_UNKEYWORD = Word("UNKEYWORD", SEARCH_KEY, "messages without this flag", _SEARCH, "flag")
KEY_UNSEEN = Word("UNSEEN", SEARCH_KEY, "messages that were not read", _SEARCH)
KEY_MODSEQ = Word("MODSEQ", SEARCH_KEY, "messages whose last change has this number or a higher one", "7162 §3.1.5",
                  "number")  # fmt: skip
SEARCH_KEYS = (
    KEY_ALL, KEY_ANSWERED, KEY_BCC, KEY_BEFORE, KEY_BODY, KEY_CC, KEY_DELETED, KEY_DRAFT, KEY_FLAGGED, KEY_FROM,
    KEY_HEADER, KEY_KEYWORD, KEY_LARGER, KEY_NEW, KEY_NOT, KEY_OLD, KEY_ON, KEY_OR, KEY_RECENT, KEY_SEEN,
    KEY_SENT_BEFORE, KEY_SENT_ON, KEY_SENT_SINCE, KEY_SINCE, KEY_SMALLER, KEY_SUBJECT, KEY_TEXT, KEY_TO, KEY_UID,
    KEY_UNANSWERED, KEY_UNDELETED, KEY_UNDRAFT, KEY_UNFLAGGED, KEY_UNKEYWORD, KEY_UNSEEN, KEY_MODSEQ,
)  # fmt: skip

CHARSET = "CHARSET"
"""What stands before the name of the character set of a search's texts (RFC 3501 §6.4.4)."""

RETURN = "RETURN"
"""What stands before the list of what a search or a list is to return (RFC 4731 §3.1; RFC 9051 §6.3.9)."""
_RETURN = "4731 §3.1; 9051 §6.4.4"
RETURN_MIN = Word("MIN", RESULT, "the lowest number", _RETURN)
RETURN_MAX = Word("MAX", RESULT, "the highest number", _RETURN)
RETURN_ALL = Word("ALL", RESULT, "all numbers, as ranges", _RETURN)
RETURN_COUNT = Word("COUNT", RESULT, "how many there are", _RETURN)
RETURN_SAVE = Word("SAVE", RESULT, "nothing: the server keeps the result for $", "9051 §6.4.4.1")
RESULTS = (RETURN_MIN, RETURN_MAX, RETURN_ALL, RETURN_COUNT, RETURN_SAVE)

# What can be asked of a mailbox that is not open

_STATUS = "3501 §6.3.10; 9051 §6.3.11"
STATUS_MESSAGES = Word("MESSAGES", STATUS_ITEM, "how many messages there are", _STATUS)
STATUS_RECENT = Word("RECENT", STATUS_ITEM, "how many of them are recent", "3501 §6.3.10")
STATUS_UIDNEXT = Word("UIDNEXT", STATUS_ITEM, "the unique identifier that the next message gets, or less", _STATUS)
STATUS_UIDVALIDITY = Word("UIDVALIDITY", STATUS_ITEM, "the number that unique identifiers go with", _STATUS)
STATUS_UNSEEN = Word("UNSEEN", STATUS_ITEM, "how many messages were not read", _STATUS)
STATUS_DELETED = Word("DELETED", STATUS_ITEM, "how many messages are marked for removal", "9051 §6.3.11")
STATUS_SIZE = Word("SIZE", STATUS_ITEM, "the octets of all messages", "9051 §6.3.11")
STATUS_HIGHESTMODSEQ = Word("HIGHESTMODSEQ", STATUS_ITEM, "the number of the last change of a message", "7162 §3.1.7")
STATUS_ITEMS = (
    STATUS_MESSAGES, STATUS_RECENT, STATUS_UIDNEXT, STATUS_UIDVALIDITY, STATUS_UNSEEN, STATUS_DELETED, STATUS_SIZE,
    STATUS_HIGHESTMODSEQ,
)  # fmt: skip

# What can be stored, and the modifiers of fetching, storing and opening

STORE_FLAGS = Word("FLAGS", STORE_ITEM, "these flags and no other; + adds them, - takes them away",
                   "3501 §6.4.6; 9051 §6.4.6", "flags")  # fmt: skip
SILENT = ".SILENT"
"""What follows the item where the new flags are not to be told."""
CHANGED_SINCE = Word("CHANGEDSINCE", MODIFIER, "only messages that changed after this number", "7162 §3.1.4.1",
                     "number")  # fmt: skip
UNCHANGED_SINCE = Word(
    "UNCHANGEDSINCE", MODIFIER, "only messages that did not change after this number", "7162 §3.1.3", "number"
)
PARAMETER_CONDSTORE = Word("CONDSTORE", SELECT_PARAMETER, "tell the number of every change from now on", "7162 §3.1.8")

# What a list of mailboxes can be asked for

LIST_SUBSCRIBED = Word("SUBSCRIBED", LIST_CHOICE, "only mailboxes that are subscribed to", "9051 §6.3.9.1")
LIST_REMOTE = Word("REMOTE", LIST_CHOICE, "mailboxes of other servers too", "9051 §6.3.9.1")
LIST_RECURSIVE = Word("RECURSIVEMATCH", LIST_CHOICE, "names with a match somewhere below them too", "9051 §6.3.9.1")
LIST_SPECIAL_USE = Word("SPECIAL-USE", LIST_CHOICE, "only mailboxes that are for something", "6154 §2")
LIST_CHOICES = (LIST_SUBSCRIBED, LIST_REMOTE, LIST_RECURSIVE, LIST_SPECIAL_USE)
LIST_WITH_SUBSCRIBED = Word("SUBSCRIBED", LIST_RETURN, "whether it is subscribed to", "9051 §6.3.9.2")
LIST_WITH_CHILDREN = Word("CHILDREN", LIST_RETURN, "whether there are mailboxes below it", "9051 §6.3.9.2")
LIST_WITH_STATUS = Word("STATUS", LIST_RETURN, "its status too", "9051 §6.3.9.2", "status items")
LIST_WITH_SPECIAL_USE = Word("SPECIAL-USE", LIST_RETURN, "what it is for", "6154 §2 (told without it too)")
LIST_RETURNS = (LIST_WITH_SUBSCRIBED, LIST_WITH_CHILDREN, LIST_WITH_STATUS, LIST_WITH_SPECIAL_USE)

# Flags that the server knows

_FLAG = "3501 §2.3.2; 9051 §2.3.2"
SEEN = Word("\\Seen", FLAG, "the message was read", _FLAG)
ANSWERED = Word("\\Answered", FLAG, "the message was answered", _FLAG)
FLAGGED = Word("\\Flagged", FLAG, "the message deserves attention", _FLAG)
DELETED = Word("\\Deleted", FLAG, "the message is marked for removal", _FLAG)
DRAFT = Word("\\Draft", FLAG, "the message is not finished", _FLAG)
RECENT = Word("\\Recent", FLAG, "no session before this one was told of the message", "3501 §2.3.2")
FLAGS = (ANSWERED, FLAGGED, DELETED, SEEN, DRAFT, RECENT)
ANY_FLAG = "\\*"
"""Among the flags that can be kept: any new one, too (RFC 3501 §7.1)."""

WORDS = (
    *FETCH_ITEMS, *MACROS, *SECTION_TEXTS, KEY_NUMBERS, KEY_ALL_OF, *SEARCH_KEYS, *RESULTS, *STATUS_ITEMS,
    STORE_FLAGS, CHANGED_SINCE, UNCHANGED_SINCE, PARAMETER_CONDSTORE, *LIST_CHOICES, *LIST_RETURNS, *FLAGS,
)  # fmt: skip
