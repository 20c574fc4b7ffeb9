"""Simulated sessions that are written to captures."""

from popsim import Lab, Timeline

_TWO = "user=alice:secret user=bob:hidden mail=alice:inbox mail=bob:inbox"
SCENARIOS = {
    "plain": "pop3 mail=alice:inbox 'delay=40 ms' 'rate=1 Mbit/s' -- 'USER alice' 'PASS secret' STAT "
    "'RETR 3' 'DELE 1' QUIT",
    "small segments": "pop3 mail=alice:inbox 'rate=64 kbit/s' mss=9 -- 'USER alice' 'PASS secret' LIST 'RETR 1' QUIT",
    "long message": "pop3 mail=alice:inbox 'rate=1 Mbit/s' -- 'USER alice' 'PASS secret' 'RETR 6' 'RETR 8' QUIT",
    "burst": "pop3 mail=alice:inbox -- 'USER alice' 'PASS secret' 'RETR 6' QUIT",
    "pipelined": "pop3 mail=alice:inbox -- 'USER alice' 'PASS secret' STAT 'pipelined> LIST' 'pipelined> RETR 2' "
    "'pipelined> DELE 2' QUIT",
    "pauses": "pop3 mail=alice:inbox -- 'USER alice' '+2s> PASS secret' '+1s> STAT' '+1s> BOGUS' '+30s> QUIT'",
    "cut": "pop3 mail=alice:inbox 'fault=cut server after 700' -- 'USER alice' 'PASS secret' 'RETR 1' 'RETR 2'",
    "cut by the client": "pop3 mail=alice:inbox 'fault=cut before QUIT' -- 'USER alice' 'PASS secret' 'DELE 2' QUIT",
    "still open": "pop3 mail=alice:inbox -- 'USER alice' 'PASS secret' STAT",
    "several connections": f"pop3 {_TWO} -- 'USER alice' connect> '1> USER bob' '1> PASS hidden' 'PASS secret' STAT "
    "'1> RETR 3' QUIT '1> QUIT'",
    "stalled": "pop3 mail=alice:inbox 'fault=stall server after 120 for 5 s' -- 'USER alice' 'PASS secret' STAT QUIT",
    "jitter": "pop3 mail=alice:inbox 'jitter=70 ms' seed=5 mss=300 -- 'USER alice' 'PASS secret' 'RETR 6' QUIT",
    "corrupt": "pop3 mail=alice:inbox 'fault=corrupt server at 200' 'fault=corrupt client at 30' -- 'USER alice' "
    "'PASS secret' STAT STAT 'RETR 1' QUIT",
    "timed out": "pop3 mail=alice:inbox -- 'USER alice' 'PASS secret' '+601s> STAT'",
}

# In these segments pass twice, or in another order.
LOSSY = {
    f"loss {seed}": f"pop3 mail=alice:inbox loss=15% 'jitter=9 ms' seed={seed} mss=500 -- 'USER alice' 'PASS secret' "
    "'RETR 1' 'pipelined> RETR 2' 'RETR 6' QUIT"
    for seed in range(1, 5)
} | {
    f"a lost {what}": f"pop3 mail=alice:inbox 'fault={fault}' -- 'USER alice' 'PASS secret' 'RETR 6' QUIT"
    for what, fault in {
        "SYN": "lose client segment 1",
        "SYN ACK": "lose server segment 1",
        "ACK": "lose client segment 2",
        "last answer": "lose server segment 40",
        "goodbye": "lose server segment 41",
        "FIN": "lose server segment 42",
    }.items()
}
ENCRYPTED = {
    "TLS": "pop3 tls mail=alice:inbox -- 'USER alice' 'PASS secret' 'RETR 1' QUIT",
    "STLS": "pop3 extension=2449 extension=2595 mail=alice:inbox -- CAPA STLS 'USER alice' 'PASS secret' 'RETR 6' QUIT",
    "STLS and loss": "pop3 extension=2449 extension=2595 mail=alice:inbox loss=15% seed=3 -- STLS 'USER alice' "
    "'PASS secret' 'RETR 6' QUIT",
}
EVERYTHING = SCENARIOS | LOSSY | ENCRYPTED


def timeline(name: str) -> Timeline:
    return Lab.of(EVERYTHING[name]).timeline
