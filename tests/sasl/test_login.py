"""Who may log in to a server, whatever its protocol."""

from __future__ import annotations

import pytest

from popsim.mail.policy import Policy
from popsim.mail.store import Store, User
from popsim.sasl import SaslError, Succeeded, client
from popsim.sasl.exchange import WRONG
from popsim.sasl.login import Logins

USERS = (User("alice", "secret"), User("mrose", "tanstaaf", "APOP"), User("carol", "host", "RPOP"), User("josé", "olé"))


def logins(*words: str) -> Logins:
    return Logins(Store(USERS, {}), Policy.parse(*words), "1.x@popsim.example")


def by(mechanism: str, user: str, secret: str) -> object:
    exchange = logins().exchange(mechanism)
    asking = client(mechanism, user, secret, nonce="n")
    first = exchange.step(asking.initial())
    return first if mechanism == "PLAIN" else exchange.step(asking.step(first.octets))  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("user", "secret", "clear", "hidden"),
    [
        ("alice", "secret", True, True),
        ("alice", "Secret", False, False),
        ("mrose", "tanstaaf", False, True),  # a secret that never crosses in clear keeps it so
        ("carol", "host", False, False),  # what stands there is no secret at all (RFC 1081 p.12)
        ("nobody", "secret", False, False),
    ],
)
def test_who_may_log_in_how(user: str, secret: str, clear: bool, hidden: bool) -> None:
    assert by("PLAIN", user, secret) == (Succeeded(user) if clear else WRONG)
    assert by("CRAM-MD5", user, secret) == (Succeeded(user) if hidden else WRONG)
    assert (logins().by_password(user, secret) is not None) is clear


def test_two_spellings_of_one_name_and_secret_are_one() -> None:
    account = logins().by_password("jose\u0301", "ole\u0301")
    assert account is not None and account.user.name == "josé"
    assert logins().account("a\u0007é") is None
    with pytest.raises(SaslError):
        logins().find("a\u0007é")


def test_what_is_offered() -> None:
    assert logins().mechanisms(in_clear=False) == ["SCRAM-SHA-256", "CRAM-MD5"]
    assert logins("sasl:PLAIN,XYZZY").mechanisms(in_clear=True) == ["PLAIN"]
    assert logins("no-sasl").mechanisms(in_clear=True) == []
