"""Two ends of an exchange that talk to each other, and what they say."""

from collections.abc import Callable

from popsim import sasl
from popsim.sasl import Challenge, ClientExchange, Failed, ServerExchange, Succeeded

USERS = {"alice": "secret", "tim": "tanstaaftanstaaf", "böb": "pässwort", "two words": "and a space"}


def server(name: str, nonce: str = "<1.1@popsim.example>") -> ServerExchange:
    return sasl.server(name, USERS.get, nonce=nonce)


def client(name: str, user: str = "alice", secret: str = "secret") -> ClientExchange:
    return sasl.client(name, user, secret, nonce="rOprNGfwEbeRWgbNEkqO")


def talk(
    client: ClientExchange,
    server: ServerExchange,
    *,
    initial: bool = True,
    challenged: Callable[[int, bytes], bytes] = lambda _, octets: octets,
) -> tuple[Succeeded | Failed, list[bytes]]:
    """The verdict, and everything that was said; ``challenged`` may change what the server says on its way."""
    first = client.initial() if initial else None
    said = [] if first is None else [first]
    verdict = server.step(first)
    for number in range(8):
        if not isinstance(verdict, Challenge):
            return verdict, said
        challenge = challenged(number, verdict.octets)
        response = client.step(challenge)
        said += [challenge, response]
        verdict = server.step(response)
    raise AssertionError(f"the exchange does not end: {said}")
