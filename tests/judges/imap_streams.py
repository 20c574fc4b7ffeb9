"""Every IMAP command with every class of arguments, good and bad.

A class is named by what it is and stands for one text; ``<n>``, ``<new>`` and ``<spare>`` in it are drawn anew each
time: a message number that there is, a name of five letters that no mailbox has, and one that a mailbox has.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A command of a class.

    Args:
        keyword: the command; "" for a line that begins with none.
        arguments: the class of its arguments.
        parts: what is sent at once, and what each time that the server asks for more; ``|`` stands there in a class.
        bare: whether it is sent without a tag.
    """

    keyword: str
    arguments: str
    parts: tuple[bytes, ...]
    bare: bool = False


_NONE = {"nothing": "", "a space and nothing": " "}
_ALONE = {
    "nothing": "",
    "in lower case": "",
    "a space and nothing": " ",
    "an argument": " x",
    "a literal": " {1}\r\n|x",
}

_NAME = {
    "Other": " Other", "in lower case": " Other", "in double quotes": ' "Other"', "a literal": " {5}\r\n|Other",
    "a literal at once": " {5+}\r\nOther", "inbox in mixed case": " inBOX", "no such mailbox": " Nowhere",
    "two spaces before it": "  Other", "a space at the end": " Other ", "one argument too many": " Other x",
    "an empty string": ' ""', "an empty literal": " {0}\r\n|", "quotes that do not end": ' "Other',
    "a backslash that escapes nothing": ' "Ot\\her"', "an octet beyond ASCII": " \xd6", "in parentheses": " (Other)",
    "a wildcard": " Oth%", "no modified UTF-7": " T&AO", "an ampersand alone": " a&b", "a bracket": " a]b",
    "a bad literal": " {x}", "a literal without an end": " {5", "a delimiter at the end": " Nowhere/",
    "delimiters in a row": " a//b", "a delimiter at the start": " /a",
}  # fmt: skip
_NAMED = {**_NONE, **_NAME}
_MADE = {
    **_NONE, **{k: v.replace("Other", "<new>") for k, v in _NAME.items() if "inferior" not in k},
    "one that is there": " Other", "an inferior one": " <new>/below/deeper", "modified UTF-7": " <new>&AOQ-",
}  # fmt: skip
_SETS = {
    "a number": "<n>", "a range": "1:2", "a range backwards": "2:1", "numbers": "1,2,1", "the last": "*", "all": "1:*",
    "all backwards": "*:1", "0": "0", "a range from 0": "0:1", "a number beyond": "99", "a range beyond": "1:99",
    "a range from beyond": "98:99", "the last and beyond": "99:*", "2^32-1": "4294967295", "2^32": "4294967296",
    "30 digits": "9" * 30, "no number": "x", "a comma at the end": "1,", "a comma first": ",1",
    "a colon at the end": "1:", "two colons": "1:2:3", "a sign": "-1", "a leading zero": "01", "a point": "1.5",
    "in parentheses": "(1)", "in double quotes": '"1"', "the saved ones": "$",
}  # fmt: skip


def _set(after: str, **more: str) -> dict[str, str]:
    """The classes of a set of numbers with something after it."""
    sets = {f"{name}": f" {text}{after}" for name, text in _SETS.items()}
    return {
        **sets,
        "in lower case": f" <n>{after}",
        "two spaces before it": f"  <n>{after}",
        "a literal": " {1}\r\n|1" + after,
        **more,
    }


_ITEMS = (
    "FLAGS", "UID", "INTERNALDATE", "RFC822.SIZE", "RFC822", "RFC822.HEADER", "RFC822.TEXT", "ENVELOPE", "BODY",
    "BODYSTRUCTURE", "BODY[]", "BODY.PEEK[]", "BODY[TEXT]", "BODY[HEADER]", "BODY[1]", "BODY.PEEK[1.MIME]",
    "BODY.PEEK[2]", "BODY.PEEK[9]", "BODY[HEADER.FIELDS (Subject)]", "BODY.PEEK[HEADER.FIELDS.NOT (Subject)]",
    'BODY.PEEK[HEADER.FIELDS ("Subject" TO)]', "BODY[]<0.5>", "BODY.PEEK[]<3.2>", "BODY.PEEK[]<5.0>",
    "BODY.PEEK[]<9999.5>", "BODY.PEEK[]<0.4294967295>", "BODY.PEEK[]<0.4294967296>", "BODY.PEEK[]<0>",
    "BODY.PEEK[]<x.1>", "BODY.PEEK[]<-1.1>", "ALL", "FAST", "FULL", "(FLAGS UID)", "(ALL)", "()", "FLAGS UID",
    "( FLAGS)", "(FLAGS )", "(FLAGS  UID)", "flags", "Rfc822.Size", "(FLAGS FLAGS)", "XYZZY", "BODY[0]", "BODY[MIME]",
    "BODY[XYZZY]", "BODY[", "BODY]", "BODY[1", "BODY[1.]", "BODY[.1]", "BODY[1.TEXT]", "BODY[TEXT.1]", "BODY[01]",
    "BODY[HEADER.FIELDS]", "BODY[HEADER.FIELDS ()]", "BODY[HEADER.FIELDS Subject]", "BODY [TEXT]", "BODY[ TEXT]",
    "BODY[]x", "BODYX[]", '"FLAGS"', "(FLAGS", "FLAGS)", "((FLAGS))", "FLAGS x", "RFC822.PEEK", "ENVELOPE[]", "MODSEQ",
    "FLAGS (CHANGEDSINCE 1)", "FLAGS (CHANGEDSINCE 99999999)", "FLAGS (CHANGEDSINCE x)", "FLAGS (CHANGEDSINCE)",
    "FLAGS ()", "FLAGS (XYZZY 1)", "FLAGS (CHANGEDSINCE 1", "(FLAGS BODY.PEEK[1] UID)", "{5}\r\n|FLAGS",
    "(FLAGS {3}\r\n|UID)", "BODY.PEEK[HEADER.FIELDS ({7}\r\n|Subject)]", "FLAGS ", "(UID)",
)  # fmt: skip
_CHANGES = (
    "FLAGS (\\Seen)", "+FLAGS (\\Flagged)", "-FLAGS (\\Seen)", "+FLAGS \\Draft", "FLAGS \\Seen \\Answered", "FLAGS ()",
    "+FLAGS ()", "-FLAGS ()", "FLAGS", "+FLAGS", "FLAGS.SILENT (\\Draft)", "+FLAGS.SILENT (\\Flagged)",
    "-FLAGS.SILENT \\Flagged", "+flags (\\seen)", "+FLAGS (\\Seen \\Seen)", "+FLAGS (\\Recent)", "-FLAGS (\\Recent)",
    "+FLAGS (\\XYZZY)", "+FLAGS ($Forwarded)", "-FLAGS ($forwarded)", "+FLAGS ($Forwarded junk $X)", "+FLAGS (a]b)",
    "+FLAGS (a*b)", "+FLAGS (\\*)", "+FLAGS (\\)", '+FLAGS ("\\Seen")', "+FLAGS (\\Seen", "+FLAGS \\Seen)",
    "+FLAGS ( \\Seen)", "+FLAGS (\\Seen )", "+FLAGS  (\\Seen)", "+ FLAGS (\\Seen)", "*FLAGS (\\Seen)",
    "+FLAGS.LOUD (\\Seen)", "+FLAGS.SILENT.SILENT (\\Seen)", "FLAGZ (\\Seen)", "(+FLAGS (\\Seen))",
    "+FLAGS ((\\Seen))", "+FLAGS {5}\r\n|\\Seen", "+FLAGS (\xd6)", "+FLAGS (\\Deleted)", "-FLAGS (\\Deleted)",
    "(UNCHANGEDSINCE 99999999) +FLAGS (\\Flagged)", "(UNCHANGEDSINCE 1) +FLAGS (\\Flagged)",
    "(UNCHANGEDSINCE x) +FLAGS (\\Flagged)", "(XYZZY) +FLAGS (\\Flagged)", "() +FLAGS (\\Flagged)",
)  # fmt: skip
_KEYS = (
    "ALL", "all", "SEEN", "UNSEEN", "NEW", "OLD", "RECENT", "DELETED UNDELETED", "1", "1:2", "*", "99", "1:99", "0",
    "x", "1,", "UID 1:*", "UID 0", "UID", "NOT SEEN", "NOT", "OR SEEN 1", "OR SEEN", "OR", "(SEEN)", "(ALL SEEN)",
    "()", "( SEEN)", "(SEEN )", "(SEEN", "SEEN)", "SEEN  ALL", "SEEN ", "((1) (2))", "SUBJECT one", 'SUBJECT "one"',
    'SUBJECT ""', "SUBJECT", "SUBJECT (one)", "SUBJECT {3}\r\n|two", "SUBJECT {3+}\r\ntwo",
    "FROM {3}\r\n|two TO {5}\r\n|alice", "FROM x.example TEXT second", "BODY dots", "HEADER Subject one",
    'HEADER Subject ""', "HEADER Subject", "HEADER To alice", "SINCE 1-Feb-2001", "BEFORE 29-Feb-2004",
    "ON 3-Mar-1999", 'ON "3-Mar-1999"', "SINCE 30-Feb-2001", "SINCE 32-Jan-2001", "SINCE 1-Xxx-2001",
    "SINCE 2001-01-01", "SINCE 001-Feb-2001", "SINCE 1-feb-2001", "SINCE", "SENTON 1-Jan-2001", "SENTSINCE x",
    "LARGER 100", "SMALLER 100", "LARGER x", "LARGER -1", "LARGER 4294967295", "LARGER 4294967296", "LARGER",
    "KEYWORD $Forwarded", "UNKEYWORD $Forwarded", "KEYWORD \\Seen", "KEYWORD", "XYZZY", "SEEN XYZZY",
    "CHARSET UTF-8 SUBJECT one", "CHARSET US-ASCII ALL", "CHARSET X-UNKNOWN ALL", "CHARSET UTF-8", "CHARSET",
    "CHARSET {5}\r\n|UTF-8 ALL", 'CHARSET "UTF-8" ALL', "SEEN CHARSET UTF-8", "RETURN () ALL", "RETURN (MIN MAX) ALL",
    "RETURN (COUNT) 1:2", "RETURN (ALL) SEEN", "RETURN (MIN) KEYWORD none", "RETURN (ALL COUNT) KEYWORD none",
    "RETURN (XYZZY) ALL", "RETURN (MIN MIN) ALL", "RETURN ALL", "RETURN (MIN)", "RETURN",
    "RETURN (MIN) CHARSET UTF-8 ALL", "return (count) all", "MODSEQ 1", "MODSEQ x", "MODSEQ 99999999", "BODY \xd6",
    'BODY "\xd6"', "BODY {1}\r\n|\xd6", "CHARSET UTF-8 BODY {1}\r\n|\xd6", "$", "NOT NOT 1", "DRAFT 1:2 (NOT 1)", "-1",
)  # fmt: skip
_HELLO = b"Subject: new\r\n\r\nhello\r\n".decode()
_SIZE = len(_HELLO)
_APPEND = {
    **_NONE, "a message": f" Other {{{_SIZE}}}\r\n|{_HELLO}", "in lower case": f" Other {{{_SIZE}}}\r\n|{_HELLO}",
    "at once": f" Other {{{_SIZE}+}}\r\n{_HELLO}", "to the inbox": f" inbox {{{_SIZE}}}\r\n|{_HELLO}",
    "to the inbox with flags": f" INBOX (\\Seen \\Flagged) {{{_SIZE}+}}\r\n{_HELLO}",
    "flags": f" Other (\\Seen $Forwarded) {{{_SIZE}}}\r\n|{_HELLO}",
    "no flags in parentheses": f" Other () {{{_SIZE}}}\r\n|{_HELLO}",
    "a date": f' Other "01-Feb-2001 12:00:00 +0000" {{{_SIZE}}}\r\n|{_HELLO}',
    "flags and a date": f' Other (\\Draft) " 1-Feb-2001 12:00:00 +0000" {{{_SIZE}}}\r\n|{_HELLO}',
    "a date and flags": f' Other "01-Feb-2001 12:00:00 +0000" (\\Draft) {{{_SIZE}+}}\r\n{_HELLO}',
    "a bad date": f' Other "1 Feb 2001" {{{_SIZE}}}\r\n|{_HELLO}',
    "a day that is none": f' Other "31-Feb-2001 12:00:00 +0000" {{{_SIZE}}}\r\n|{_HELLO}',
    "a date without quotes": f" Other 01-Feb-2001 {{{_SIZE}+}}\r\n{_HELLO}",
    "a bad flag": f" Other (\\XYZZY) {{{_SIZE}}}\r\n|{_HELLO}",
    "Recent": f" Other (\\Recent) {{{_SIZE}}}\r\n|{_HELLO}",
    "a flag without parentheses": f" Other \\Seen {{{_SIZE}+}}\r\n{_HELLO}",
    "no such mailbox": f" Nowhere {{{_SIZE}}}\r\n|{_HELLO}",
    "no such mailbox, at once": f" Nowhere {{{_SIZE}+}}\r\n{_HELLO}", "a message in double quotes": ' Other "hello"',
    "a message as a word": " Other hello", "no message": " Other", "no message, and a space": " Other ",
    "an empty message": " Other {0}\r\n|", "a name as a literal": f" {{5}}\r\n|Other {{{_SIZE}}}\r\n|{_HELLO}",
    "something after the message": f" Other {{{_SIZE}}}\r\n|{_HELLO} x",
    "a space after the message": f" Other {{{_SIZE}}}\r\n|{_HELLO} ",
    "two spaces": f" Other  {{{_SIZE}}}\r\n|{_HELLO}", "a NUL in the message": " Other {3}\r\n|a\0b",
    "no header": " Other {2}\r\n|x\r", "a bad literal": " Other {x}", "a negative literal": " Other {-1}",
    "octets beyond ASCII": " Other {5}\r\n|\xff\xfe\r\n\r", "a name that is none": f" a//b {{{_SIZE}+}}\r\n{_HELLO}",
}  # fmt: skip
_STATUS = {
    **_NONE, **{k: f"{v} (MESSAGES UNSEEN)" for k, v in _NAME.items() if "end" not in k and "too many" not in k},
    "everything": " Other (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)", "one item": " INBOX (MESSAGES)",
    "in lower case": " inbox (messages)", "no items": " Other", "no items in parentheses": " Other ()",
    "an item without parentheses": " Other MESSAGES", "an unknown item": " Other (XYZZY)",
    "an unknown item among others": " Other (MESSAGES XYZZY)", "two spaces between items": " Other (MESSAGES  UNSEEN)",
    "an item twice": " Other (MESSAGES MESSAGES)", "parentheses that do not end": " Other (MESSAGES",
    "one argument too many": " Other (MESSAGES) x", "HIGHESTMODSEQ": " Other (HIGHESTMODSEQ)",
    "a space after the parenthesis": " Other ( MESSAGES)", "an item in quotes": ' Other ("MESSAGES")',
}  # fmt: skip
_LISTS = {
    **_NONE, "all": ' "" *', "in lower case": ' "" *', "one level": ' "" %', "a name": ' "" Other',
    "the delimiter": ' "" ""', "inbox in lower case": ' "" inbox', "a pattern in quotes": ' "" "Oth*"',
    "a pattern as a literal": ' "" {4}\r\n|Oth%', "a reference": " Tree/ *",
    "a reference without a delimiter": " Tree *", "a reference and a level": " Tree/ %", "below": ' "" Tree/%',
    "anything below": ' "" */leaf', "nothing that fits": ' "" Nowhere', "no pattern": ' ""',
    "no pattern, and a space": ' "" ', "one argument too many": ' "" * x', "two spaces": ' ""  *',
    "a pattern in parentheses": ' "" (*)', "quotes that do not end": ' "" "*', "a bracket": ' "" a]*',
    "an octet beyond ASCII": ' "" \xd6*', "no modified UTF-7": ' "" &&*', "NIL": " NIL *",
    "a reference for no pattern": ' Tree/ ""',
}  # fmt: skip
_LOGIN = {
    **_NONE, "a name alone": " USER", "a wrong password": " USER wrong", "a wrong password in quotes": ' USER "wrong"',
    "nobody": " nobody wrong", "literals": " {6}\r\n|nobody {5}\r\n|wrong",
    "literals at once": " {6+}\r\nnobody {5+}\r\nwrong", "one argument too many": " nobody wrong x",
    "two spaces": " nobody  wrong", "an empty name": ' "" wrong', "an empty password": ' nobody ""',
    "in parentheses": " (nobody) wrong", "quotes that do not end": ' nobody "wrong',
    "a space at the end": " nobody wrong ", "in lower case": " nobody wrong",
    "an octet beyond ASCII": " nob\xf6dy wrong",
}  # fmt: skip
_AUTHENTICATE = {
    **_NONE, "an unknown mechanism": " XYZZY", "PLAIN, cancelled": " PLAIN\r\n|*",
    "PLAIN, in lower case, cancelled": " plain\r\n|*", "PLAIN, bad base64": " PLAIN\r\n|!!!",
    "PLAIN, a wrong password": " PLAIN\r\n|AG5vYm9keQB3cm9uZw==", "PLAIN, nonsense": " PLAIN\r\n|YWJj",
    "PLAIN, at once, a wrong password": " PLAIN AG5vYm9keQB3cm9uZw==", "PLAIN, at once, bad base64": " PLAIN !!!",
    "PLAIN, at once, empty": " PLAIN =", "PLAIN, an empty line": " PLAIN\r\n|",
    "one argument too many": " PLAIN AG5vYm9keQB3cm9uZw== x", "a mechanism in quotes": ' "PLAIN"',
    "a space after it": " PLAIN ",
}  # fmt: skip

_ID = {
    **_NONE, "NIL": " NIL", "in lower case": " nil", "a list": ' ("name" "x")', "an empty list": " ()",
    "a NIL value": ' ("name" NIL)', "an odd list": ' ("name")', "words": " (name x)",
    "one argument too many": " NIL x", "no list": " x", "a literal": ' ("name" {1}\r\n|x)',
    "a list that does not end": ' ("name" "x"',
}  # fmt: skip
_ENABLE = {
    **_NONE, "CONDSTORE": " CONDSTORE", "in lower case": " condstore", "unknown": " XYZZY", "two": " XYZZY CONDSTORE",
    "in parentheses": " (CONDSTORE)", "in quotes": ' "CONDSTORE"', "a space at the end": " CONDSTORE ",
    "two spaces": "  CONDSTORE",
}  # fmt: skip
_SELECT = {
    **_NAMED, "CONDSTORE": " Other (CONDSTORE)", "an unknown parameter": " Other (XYZZY)", "no parameter": " Other ()",
}  # fmt: skip
_EXAMINE = {
    **_NAMED, "CONDSTORE": " Other (CONDSTORE)", "an unknown parameter": " Other (XYZZY)",
}  # fmt: skip
_DELETE = {
    **{k: v.replace("Other", "<spare>") for k, v in _NAMED.items() if "literal" not in k}, "with inferiors": " Tree",
    "an inferior": " Tree/leaf",
}  # fmt: skip
_RENAME = {
    **_NONE, "one name": " <spare>", "in lower case": " <spare> <new>", "to a new name": " <spare> <new>",
    "to one that is there": " <spare> Other", "no such mailbox": " Nowhere <new>", "to itself": " <spare> <spare>",
    "to below": " <spare> <new>/x", "in quotes": ' "<spare>" "<new>"', "one argument too many": " <spare> <new> x",
    "two spaces": " <spare>  <new>", "to no name": ' <spare> ""', "to a bad name": " <spare> a//b",
    "to INBOX": " <spare> inbox", "to no modified UTF-7": " <spare> T&AO", "a space at the end": " <spare> <new> ",
    "to below itself": " <spare> <spare>/x",
}  # fmt: skip
_FETCH_CLASSES = {
    **_NONE, **_set(" FLAGS"), "no items": " 1", "no items, and a space": " 1 ", "two spaces between": " 1  FLAGS",
    **{item: f" <n> {item}" for item in _ITEMS},
}  # fmt: skip
_UID_FETCH = {
    **_NONE, **_set(" FLAGS"), "no items": " 1", **{item: f" 1:* {item}" for item in _ITEMS},
}  # fmt: skip
_STORE_CLASSES = {
    **_NONE, **_set(" +FLAGS (\\Flagged)"), "no change": " 1", "no change, and a space": " 1 ",
    **{change: f" <n> {change}" for change in _CHANGES},
}  # fmt: skip
_UID_STORE = {
    **_NONE, **_set(" +FLAGS (\\Flagged)"), "no change": " 1", **{change: f" 1:* {change}" for change in _CHANGES},
}  # fmt: skip
_IDLE = {
    "DONE": "\r\n|DONE", "done": "\r\n|done", "another line": "\r\n|NOOP", "an empty line": "\r\n|",
    "in lower case": "\r\n|DONE", "an argument": " x\r\n|DONE", "a space and nothing": " \r\n|DONE",
}  # fmt: skip
_COPIED = {
    **_NONE, **_set(" Other"), "no mailbox": " 1", "no mailbox, and a space": " 1 ",
    **{f"to: {k}": f" <n>{v}" for k, v in _NAME.items()}, "to the same": " <n> INBOX",
}  # fmt: skip

CATALOGUE: dict[str, dict[str, str]] = {
    "CAPABILITY": _ALONE, "NOOP": _ALONE, "LOGOUT": {"an argument": " x", "a space and nothing": " "},
    "NAMESPACE": _ALONE, "STARTTLS": {"an argument": " x"}, "LOGIN": _LOGIN, "AUTHENTICATE": _AUTHENTICATE, "ID": _ID,
    "ENABLE": _ENABLE, "SELECT": _SELECT, "EXAMINE": _EXAMINE, "CREATE": _MADE, "DELETE": _DELETE, "RENAME": _RENAME,
    "SUBSCRIBE": _NAMED, "UNSUBSCRIBE": _NAMED, "LIST": _LISTS, "LSUB": _LISTS, "STATUS": _STATUS, "APPEND": _APPEND,
    "CHECK": _ALONE, "CLOSE": _ALONE, "UNSELECT": _ALONE, "EXPUNGE": _ALONE,
    "SEARCH": {**_NONE, **{key: f" {key}" for key in _KEYS}, "two spaces before it": "  ALL"},
    "UID SEARCH": {**_NONE, **{key: f" {key}" for key in _KEYS}}, "FETCH": _FETCH_CLASSES, "UID FETCH": _UID_FETCH,
    "STORE": _STORE_CLASSES, "UID STORE": _UID_STORE, "COPY": _COPIED, "MOVE": _COPIED, "UID COPY": _COPIED,
    "UID MOVE": _COPIED, "UID EXPUNGE": {**_NONE, **_set("")},
    "UID": {**_NONE, "NOOP": " NOOP", "two spaces": "  FETCH 1 FLAGS", "EXPUNGED": " EXPUNGED 1", "CHECK": " CHECK"},
    "IDLE": _IDLE,
}  # fmt: skip
_TAGGED = {
    "an unknown command": "XYZZY", "an unknown command with arguments": "XYZZY a (b) \"c\"", "a tag alone": "",
    "a tag and a space": " ", "two spaces before the command": " NOOP",
    "an unknown command with a literal": "XYZZY {3}\r\n|abc",
    "an unknown command with a literal at once": "XYZZY {3+}\r\nabc", "a command that runs on": "NOOPNOOP",
    "an octet beyond ASCII": "N\xd6\xd6P", "a NUL": "NO\0OP", "a CR within": "NO\rOP",
    "a line of 7,000 octets": "XYZZY " + "x" * 6994, "parentheses": "(NOOP)", "a quote": '"NOOP"', "DONE": "DONE",
}  # fmt: skip
_BARE = {
    "an empty line": "", "a space": " ", "a command without a tag": "NOOP", "an asterisk for a tag": "* NOOP",
    "a plus for a tag": "+ NOOP", "a plus within a tag": "a+b NOOP", "a quote for a tag": '"a" NOOP',
    "a parenthesis in a tag": "a( NOOP", "a percent in a tag": "a% NOOP",
    "an octet beyond ASCII in a tag": "\xd6 NOOP", "a NUL in a tag": "a\0 NOOP", "a bracket in a tag": "a] NOOP",
    "a backslash in a tag": "a\\ NOOP", "a brace in a tag": "a{ NOOP",
}  # fmt: skip
LINES = {**_TAGGED, **_BARE}


def classes(keyword: str) -> dict[str, str]:
    """The classes of a command; of "" those of lines."""
    return CATALOGUE[keyword] if keyword else LINES


def command(keyword: str, arguments: str, names: dict[str, str]) -> Command:
    """A command of a class.

    Args:
        keyword, arguments: which.
        names: what stands for the words in capitals that are drawn anew each time.
    """
    text = classes(keyword)[arguments]
    for word, name in names.items():
        text = text.replace(word, name)
    spelled = keyword.lower() if arguments in ("in lower case", "done") else keyword
    *first, last = (spelled + text).encode("latin-1").split(b"|")
    return Command(keyword, arguments, (*first, last + b"\r\n"), bare=not keyword and arguments in _BARE)
