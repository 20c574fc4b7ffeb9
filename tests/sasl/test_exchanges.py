"""Both ends of every mechanism: right and wrong secrets, liars, garbage."""

import base64
import hashlib
import hmac
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim import sasl
from popsim.sasl import Challenge, ClientExchange, Failed, SaslError, Succeeded
from tests.sasl.talk import USERS, client, server, talk

MECHANISMS = pytest.mark.parametrize("name", sasl.NAMES)
# Written by hand: the order is part of what a mail reader does.
assert sasl.NAMES == ("SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN")


@MECHANISMS
@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("initial", [True, False])
def test_who_knows_the_secret_is_let_in(name: str, user: str, initial: bool) -> None:
    asking = client(name, user, USERS[user])
    verdict, _ = talk(asking, server(name), initial=initial)
    assert verdict == Succeeded(user)
    assert asking.satisfied


@MECHANISMS
@pytest.mark.parametrize(("user", "secret"), [("alice", "Secret"), ("nobody", "secret"), ("tim", "secret")])
def test_who_does_not_is_told_the_same_whatever_was_wrong(name: str, user: str, secret: str) -> None:
    verdict, _ = talk(client(name, user, secret), server(name))
    assert verdict == Failed("name or secret is wrong")


@pytest.mark.parametrize(
    ("nonce", "challenge"),
    [("<1.2@host>", "<1.2@host>"), ("1.1.2@host", "<1.1.2@host>"), ("1.2", "<1.2@popsim.example>")],
)
def test_the_challenge_of_cram_has_the_form_of_a_message_id(nonce: str, challenge: str) -> None:
    # RFC 2195 §2: an '@' between two parts, in angle brackets.
    assert sasl.server("CRAM-MD5", USERS.get, nonce=nonce).step(None) == Challenge(challenge.encode())


@MECHANISMS
def test_an_empty_secret_lets_nobody_in(name: str) -> None:
    for given_secret in ("anything", "nobody", "nobody <1.1@popsim.example>"):
        guarded = sasl.server(name, {"alice": ""}.get, nonce="<1.1@popsim.example>")
        verdict, _ = talk(client(name, "alice", given_secret), guarded)
        assert isinstance(verdict, Failed)


@MECHANISMS
def test_two_clients_prove_it_otherwise_with_another_nonce(name: str) -> None:
    one, two = (talk(client(name), server(name, nonce))[1] for nonce in ("<1@x.y>", "<2@x.y>"))
    assert (one == two) is sasl.reveals(name)
    assert any(b"secret" in line for line in one) is sasl.reveals(name)


def test_a_name_in_another_form_is_the_same_name() -> None:
    ligature = client("PLAIN", "\ufb01nn", "secret")  # RFC 4013 §3: compatibility forms become the plain ones
    verdict, _ = talk(ligature, sasl.server("PLAIN", {"finn": "secret"}.get, nonce="x"))
    assert verdict == Succeeded("finn")


@pytest.mark.parametrize("name", ["CRAM-MD5"])
def test_an_initial_response_where_the_server_speaks_first(name: str) -> None:
    assert not server(name).client_first
    assert isinstance(server(name).step(b"alice"), Failed)
    assert client(name).initial() is None


@MECHANISMS
def test_after_the_end_nothing_is_taken(name: str) -> None:
    done = server(name)
    assert isinstance(talk(client(name), done)[0], Succeeded)
    assert isinstance(done.step(b""), Failed)
    assert isinstance(done.step(None), Failed)


def test_a_server_that_does_not_know_the_secret_is_found_out() -> None:
    asking = client("SCRAM-SHA-256")

    def lie(number: int, challenge: bytes) -> bytes:
        return challenge if number == 0 else b"v=" + sasl.encode(bytes(32))

    with pytest.raises(SaslError, match="signature"):
        talk(asking, server("SCRAM-SHA-256"), challenged=lie)
    assert not asking.satisfied


def test_a_success_before_the_servers_proof_means_nothing() -> None:
    asking = client("SCRAM-SHA-256")
    verdict = server("SCRAM-SHA-256").step(asking.initial())
    assert isinstance(verdict, Challenge)
    asking.step(verdict.octets)
    assert not asking.satisfied


@pytest.mark.parametrize(
    "challenge",
    [
        b"r=other,s=6Z1F6ppZszMK54wuYp6R5A==,i=4096",  # not the client's nonce
        b"r=rOprNGfwEbeRWgbNEkqO,s=6Z1F6ppZszMK54wuYp6R5A==,i=4096",  # nothing of the server's own
        b"r=rOprNGfwEbeRWgbNEkqOx,s=6Z1F6ppZszMK54wuYp6R5A==,i=4095",  # fewer rounds than RFC 7677 §4 wants
        b"r=rOprNGfwEbeRWgbNEkqOx,s=6Z1F6ppZszMK54wuYp6R5A==,i=9999999",  # more than anybody needs
        b"m=x,r=rOprNGfwEbeRWgbNEkqOx,s=6Z1F6ppZszMK54wuYp6R5A==,i=4096",
        b"e=unknown-user",
        b"v=AAAA",
        b"\xff",
    ],
)
def test_a_challenge_of_scram_that_no_server_gives(challenge: bytes) -> None:
    asking = client("SCRAM-SHA-256")
    asking.initial()
    with pytest.raises(SaslError):
        asking.step(challenge)
    with pytest.raises(SaslError):  # and it is over
        asking.step(b"")


@pytest.mark.parametrize(
    ("name", "challenges"), [("PLAIN", [b"x"]), ("CRAM-MD5", [b""]), ("CRAM-MD5", [b"<a@b>"] * 2), ("LOGIN", [b""] * 3)]
)
def test_challenges_of_a_server_that_does_not_follow_the_mechanism(name: str, challenges: list[bytes]) -> None:
    asking = client(name)
    with pytest.raises(SaslError, match="expected"):
        for challenge in challenges:
            asking.step(challenge)


@pytest.mark.parametrize(
    ("name", "user", "secret"),
    [("PLAIN", "a\0b", "x"), ("PLAIN", "", "x"), ("PLAIN", "a", ""), ("SCRAM-SHA-256", "", "x")],
)
def test_a_name_that_cannot_be_said(name: str, user: str, secret: str) -> None:
    with pytest.raises(SaslError):
        client(name, user, secret).initial()


def test_names_and_nonces_that_are_none() -> None:
    with pytest.raises(SaslError, match="SCRAM-SHA-256, CRAM-MD5, PLAIN, LOGIN"):
        sasl.server("GSSAPI", USERS.get, nonce="x")
    for nonce in ("", "a b", "a,b", "ä", "a\r\n"):
        with pytest.raises(SaslError, match="nonce"):
            sasl.client("PLAIN", "a", "b", nonce=nonce)


def test_the_strongest_of_those_offered() -> None:
    assert sasl.strongest(["login", "Plain", "CRAM-MD5", "GSSAPI"]) == "CRAM-MD5"
    assert sasl.strongest(["GSSAPI"]) is None


@MECHANISMS
@settings(max_examples=60, deadline=None)
@given(responses=st.lists(st.binary(max_size=80), max_size=4), begun=st.booleans())
def test_garbage_fails_and_raises_nothing(name: str, responses: list[bytes], begun: bool) -> None:
    guard = server(name)
    verdict = guard.step(None) if begun else Challenge()
    for response in responses:
        verdict = guard.step(response)
        assert isinstance(verdict, Challenge | Failed)


_ATTRIBUTE = st.builds(
    lambda letter, value: letter + b"=" + value,
    st.sampled_from([b"n", b"r", b"s", b"i", b"c", b"p", b"v", b"e", b"m", b"a", b"x"]),
    st.sampled_from([b"", b"user", b"4096", b"0", b"biws", b"AAAA", b"=", b"=2C", b"rOprNGfwEbeRWgbNEkqOx"]),
)


@settings(max_examples=150, deadline=None)
@given(messages=st.lists(st.lists(_ATTRIBUTE, max_size=4).map(b",".join), max_size=3))
def test_garbage_in_the_form_of_scram(messages: list[bytes]) -> None:
    guard = server("SCRAM-SHA-256")
    for message in messages:
        assert not isinstance(guard.step(b"n,," + message), Succeeded)
    asking = client("SCRAM-SHA-256")
    for message in messages:
        with pytest.raises(SaslError):
            asking.step(message or b"x")


@MECHANISMS
@settings(max_examples=40, deadline=None)
@given(challenge=st.binary(min_size=1, max_size=80))
def test_a_client_answers_or_says_what_is_wrong(name: str, challenge: bytes) -> None:
    asking: ClientExchange = client(name)
    try:
        answer = asking.step(challenge)
    except SaslError:
        return
    assert isinstance(answer, bytes)
    assert name in ("CRAM-MD5", "LOGIN")


@MECHANISMS
@settings(max_examples=30, deadline=None)
@given(flips=st.tuples(st.integers(0, 3), st.integers(0, 200), st.integers(1, 255)))
def test_one_octet_changed_on_the_way_lets_nobody_in_as_somebody_else(name: str, flips: tuple[int, int, int]) -> None:
    which, place, mask = flips
    asking, guard = client(name), server(name)
    verdict = guard.step(None)
    for number in range(6):
        if not isinstance(verdict, Challenge):
            break
        try:
            response = asking.step(verdict.octets)
        except SaslError:  # the server answered what the client had not said
            return
        if number == which and response:
            place %= len(response)
            response = response[:place] + bytes([response[place] ^ mask]) + response[place + 1 :]
        verdict = guard.step(response)
    assert verdict == Succeeded("alice") or isinstance(verdict, Failed)


@given(st.binary(max_size=200))
def test_base64_there_and_back(octets: bytes) -> None:
    assert sasl.decode(sasl.encode(octets)) == octets


@given(st.binary(max_size=24))
def test_every_line_has_one_value_or_none(line: bytes) -> None:
    try:
        octets = sasl.decode(line)
    except SaslError:
        return
    assert sasl.encode(octets) == line


def test_the_package_is_imported_without_the_cryptography() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['ssl', 'socket', 'scramp', 'asn1crypto']))\n"
        "from popsim import sasl\n"
        "guard = sasl.server('PLAIN', {'alice': 'secret'}.get, nonce='x')\n"
        "print(guard.step(b'\\0alice\\0secret'))\n"
        "print(sasl.server('SCRAM-SHA-256', {'alice': 'secret'}.get, nonce='x').step(b'n,,n=alice,r=x'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[0] == "Succeeded(user='alice')", done.stderr
    assert "SCRAM-SHA-256 needs the packages scramp and ssl" in done.stdout


@pytest.mark.parametrize(("acting", "passes"), [("alice", True), ("", True), ("tim", False), ("ali=2Cce", False)])
def test_scram_of_a_client_that_names_itself_twice(acting: str, passes: bool) -> None:
    """RFC 5802 §5.1: the name to act as stands before all else, and in c= of the proof. Cyrus SASL sends it."""
    header = f"n,{f'a={acting}' if acting else ''},"
    bare = "n=alice,r=nonce"
    guard = server("SCRAM-SHA-256")
    challenge = guard.step(f"{header}{bare}".encode())
    if not passes:
        assert isinstance(challenge, Failed) and "nobody may act as somebody else" in challenge.reason
        return
    assert isinstance(challenge, Challenge)
    first = challenge.octets.decode()
    said = dict(part.split("=", 1) for part in first.split(","))
    salted = hashlib.pbkdf2_hmac("sha256", b"secret", base64.b64decode(said["s"]), int(said["i"]))
    key = hmac.digest(salted, b"Client Key", "sha256")
    unproved = f"c={base64.b64encode(header.encode()).decode()},r={said['r']}"
    signature = hmac.digest(hashlib.sha256(key).digest(), f"{bare},{first},{unproved}".encode(), "sha256")
    proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature, strict=True))).decode()
    assert isinstance(guard.step(f"{unproved},p={proof}".encode()), Challenge)
    assert isinstance(guard.step(b""), Succeeded)
    other = server("SCRAM-SHA-256")
    other.step(f"{header}{bare}".encode())
    assert isinstance(other.step(f"{unproved.replace('c=', 'c=AA')},p={proof}".encode()), Failed)
