"""The examples that the RFCs print, octet for octet."""

import base64

import pytest

from popsim import sasl
from popsim.sasl import Challenge, Failed, SaslError, Succeeded
from popsim.sasl.scram import ScramServer
from tests.sasl.talk import talk


def test_cram_md5_of_rfc_2195_section_2() -> None:
    nonce = "<1896.697170952@postoffice.reston.mci.net>"
    server = sasl.server("CRAM-MD5", {"tim": "tanstaaftanstaaf"}.get, nonce=nonce)
    client = sasl.client("CRAM-MD5", "tim", "tanstaaftanstaaf", nonce="x")
    verdict, said = talk(client, server)
    assert [sasl.encode(line) for line in said] == [
        b"PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+",
        b"dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw",
    ]
    assert verdict == Succeeded("tim")


@pytest.mark.parametrize("initial", [True, False])
def test_plain_of_rfc_4616_section_4(initial: bool) -> None:
    server = sasl.server("PLAIN", {"tim": "tanstaaftanstaaf"}.get, nonce="x")
    client = sasl.client("PLAIN", "tim", "tanstaaftanstaaf", nonce="x")
    verdict, said = talk(client, server, initial=initial)
    assert said == [b""] * (not initial) + [b"\0tim\0tanstaaftanstaaf"]
    assert len(said[-1]) == 21
    assert verdict == Succeeded("tim")


def test_nobody_acts_as_somebody_else_as_in_the_second_example() -> None:
    users = {"Kurt": "xipj3plmq", "Ursel": "other"}
    assert isinstance(sasl.server("PLAIN", users.get, nonce="x").step(b"Ursel\0Kurt\0xipj3plmq"), Failed)
    assert sasl.server("PLAIN", users.get, nonce="x").step(b"Kurt\0Kurt\0xipj3plmq") == Succeeded("Kurt")


def test_plain_of_rfc_5034_section_6() -> None:
    message = sasl.decode(b"dGVzdAB0ZXN0AHRlc3Q=")
    assert message == b"test\0test\0test"
    assert sasl.server("PLAIN", {"test": "test"}.get, nonce="x").step(message) == Succeeded("test")


SCRAM = [
    b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
    b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
]


@pytest.mark.parametrize("initial", [True, False])
def test_scram_of_rfc_7677_section_3(initial: bool) -> None:
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    server = ScramServer({"user": "pencil"}.get, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", lambda user: salt)
    client = sasl.client("SCRAM-SHA-256", "user", "pencil", nonce="rOprNGfwEbeRWgbNEkqO")
    verdict, said = talk(client, server, initial=initial)
    # There is no data with a success (RFC 5034 §4): the last message is a challenge that gets an empty response.
    assert said == [b""] * (not initial) + [*SCRAM, b""]
    assert verdict == Succeeded("user")
    assert client.satisfied


def test_login_as_clients_and_servers_know_it() -> None:
    server = sasl.server("LOGIN", {"alice": "secret"}.get, nonce="x")
    verdict, said = talk(sasl.client("LOGIN", "alice", "secret", nonce="x"), server)
    assert [sasl.encode(line) for line in said] == [b"VXNlcm5hbWU6", b"YWxpY2U=", b"UGFzc3dvcmQ6", b"c2VjcmV0"]
    assert verdict == Succeeded("alice")


def test_login_takes_the_name_as_an_initial_response_too() -> None:
    server = sasl.server("LOGIN", {"alice": "secret"}.get, nonce="x")
    assert server.step(b"alice") == Challenge(b"Password:")
    assert server.step(b"secret") == Succeeded("alice")


@pytest.mark.parametrize(
    ("line", "octets"),
    [(b"", b""), (b"Zg==", b"f"), (b"Zm8=", b"fo"), (b"Zm9v", b"foo"), (b"Zm9vYmFy", b"foobar")],  # RFC 4648 §10
)
def test_base64_of_rfc_4648(line: bytes, octets: bytes) -> None:
    assert sasl.decode(line) == octets
    assert sasl.encode(octets) == line


@pytest.mark.parametrize(
    "line",
    [
        b"=AAA",  # RFC 5034 §4 names these two
        b"AAA=BBB",
        b"=",
        b"*",
        b"Zg=",
        b"Zg",
        b"Zm9v\n",
        b" Zm9v",
        b"Zm9v Zm9v",
        b"Zm9-",
        b"Zg==Zg==",
        b"Zg===",
        b"Zh==",  # bits left over
        b"\xff\xfe",
        "Zm9v\u00e9".encode(),
        b"Zm\x009v",
    ],
)
def test_what_is_no_base64_is_refused(line: bytes) -> None:
    with pytest.raises(SaslError, match="expected base64"):
        sasl.decode(line)
