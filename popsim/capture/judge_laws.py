"""The rules that every protocol of lines has, each with its place in each RFC."""

from __future__ import annotations

from popsim.capture.law import Law

_LINES = "1939 §3; 1460 §3; 1725 §3"
_ENDS = "5321 §2.3.8; 821 §4.1.1; 937 p.15"
LINE_END = Law("line end", "a line ends in CR and LF, not in LF alone", f"{_LINES}; 3501 §2.2; 9051 §2.2; {_ENDS}")
STUFFED = Law("dots", "a line of an answer that begins with a dot has one more put before it", _LINES)
ONE_LINE = Law(
    "framing", "this answer is one line, and nothing follows it", f"{_LINES}; 3501 §2.2.2; 9051 §2.2.2; 5321 §4.2.1"
)
UNENDED = Law("framing", "an answer of several lines ends in a line that is a lone dot", _LINES)
ONE_ANSWER = Law(
    "answers",
    "one answer to each command, and none that nobody asked for",
    f"{_LINES}; 3501 §2.2.2; 9051 §2.2.2; 5321 §4.2; 821 §4.2; 937 p.6",
)
AFTER_END = Law(
    "answers",
    "nothing is said after the answer to the last command",
    "1939 §6; 1460 §6; 1725 §6; 3501 §3.4; 9051 §3.4; 5321 §4.1.1.10; 821 §4.1.1; 937 p.23",
)
UPPER = Law("status", "the status is in upper case", "1939 §3")
STATUS = Law(
    "status",
    "an answer begins with its status",
    f"{_LINES}; 3501 §7.1; 9051 §7.1; 5321 §4.2; 821 §4.2; 937 p.6",
)
HANDSHAKE = Law(
    "handshake",
    "nothing is said in clear between the request for TLS and the handshake",
    "2595 §4; 3501 §6.2.1; 9051 §6.2.1; 3207 §4",
)
