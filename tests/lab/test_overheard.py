"""What somebody on the wire reads of a lab's session."""

from popsim import Lab, pop3, samples


def test_the_lines_that_crossed_in_clear() -> None:
    lab = Lab(pop3.extended(2449, 2595), mail=samples.minimal())
    lab.run("CAPA", "STLS", "USER alice", "PASS secret", "QUIT")
    assert lab.overheard().lines() == [
        "+OK POP3 server ready <1.1@popsim.example>",
        "CAPA",
        "+OK what this server can do",
        "STLS",
        "+OK begin the handshake",
    ]


def test_each_line_is_heard_once_with_its_password_and_safe_to_print() -> None:
    lab = Lab(pop3, mail=samples.minimal())
    lab.run("USER alice", "PASS secret")
    lab.send(b"NO\x1b\xff")
    heard = lab.overheard().lines()
    assert heard[1:4] == ["USER alice", "+OK alice it is; now the password", "PASS secret"]
    assert heard[5] == r"NO\x1b\xff" and len(heard) == 7
