"""A policy's words, values and what holds for whom."""

from __future__ import annotations

import pytest

from popsim.mail.policy import DAY, SECOND, USUAL, Policy

WORDS = [
    "",
    "no-plaintext no-pipelining no-response-codes no-sasl no-expire no-implementation",
    "sasl:PLAIN,CRAM-MD5 login-delay:60s login-delay:bob:120s expire:30 expire:bob:0 implementation:x",
    "expire:bob:never",
    "login-delay:bob:5s expire:0",
    "retr-sets-seen",
]


@pytest.mark.parametrize("text", WORDS)
def test_a_policy_is_its_words(text: str) -> None:
    policy = Policy.parse(text)
    assert Policy.parse(str(policy)) == policy == Policy.parse(*policy.words)
    assert sorted(policy.words) == sorted(text.split())
    assert hash(policy) == hash(Policy.parse(str(policy)))


def test_times_and_names_are_read_in_several_forms() -> None:
    assert Policy.parse("login-delay:15min") == Policy(login_delay="15 min") == Policy(login_delay=900 * SECOND)
    assert Policy(login_delay="1 d").login_delay == DAY
    assert Policy(login_delay="60").login_delay == 60 * SECOND
    assert Policy(login_delays={"bob": "2 min"}) == Policy.parse("login-delay:bob:120s")
    assert Policy(sasl=("plain",)).sasl == ("PLAIN",)
    assert Policy.parse("login-delay:1s login-delay:2s").login_delay == 2 * SECOND


def test_what_holds_for_whom() -> None:
    policy = Policy.parse("login-delay:60s login-delay:bob:120s expire:30 expire:bob:5 expire:eve:never")
    assert (policy.delay("alice"), policy.delay("bob")) == (60 * SECOND, 120 * SECOND)
    assert (policy.longest_delay, policy.delays_differ) == (120 * SECOND, True)
    assert (policy.expiry("alice"), policy.expiry("bob"), policy.expiry("eve")) == (30, 5, None)
    assert (policy.soonest_expiry, policy.expiries_differ) == (5, True)
    assert (USUAL.longest_delay, USUAL.soonest_expiry, USUAL.delays_differ) == (0, None, False)
    assert not Policy.parse("login-delay:60s login-delay:bob:60s").delays_differ
    assert Policy.parse("expire:0").soonest_expiry == 0


@pytest.mark.parametrize(
    "text",
    [
        "pipelining", "login-delay", "login-delay:", "login-delay:-1s", "login-delay:1.5s", "login-delay:ten",
        "login-delay:1w", "expire:", "expire:-1", "expire:1d", "expire:999999", "expire:bob:soon", "sasl:", "sasl:a,,b",
        "implementation:", "no-such", "no-login-delay", "apop:no",
    ],
)  # fmt: skip
def test_what_is_no_policy_gets_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="expected|a policy is made of") as error:
        Policy.parse(text)
    assert "\n" not in str(error.value)


def test_what_is_no_value_gets_one_line() -> None:
    for wrong in ({"login_delay": 1}, {"login_delay": -SECOND}, {"expire": True}, {"implementation": "two words"}):
        with pytest.raises(ValueError, match="expected"):
            Policy(**wrong)
