"""Logging in to a server, whatever its protocol: which mechanisms are offered, and who has proved to be whom."""

from __future__ import annotations

import hmac

from popsim.mail.policy import Policy
from popsim.mail.store import Account, Store
from popsim.sasl.exchange import SaslError, ServerExchange, prepared
from popsim.sasl.mechanisms import NAMES, reveals, server


class Logins:
    """The logins of one session against the accounts of a store.

    Args:
        store: who has mail.
        policy: what the site has decided.
        chance: what challenges are made of, different for each session: printable ASCII without space and comma.
    """

    __slots__ = ("_store", "_policy", "_chance", "_exchanges")

    def __init__(self, store: Store, policy: Policy, chance: str) -> None:
        self._store = store
        self._policy = policy
        self._chance = chance
        self._exchanges = 0

    def mechanisms(self, in_clear: bool) -> list[str]:
        """The SASL mechanisms that are offered now, the strongest first.

        Args:
            in_clear: whether a password may cross as it is.
        """
        wanted = NAMES if self._policy.sasl is None else self._policy.sasl
        return [name for name in wanted if name in NAMES and (in_clear or not reveals(name))]

    def exchange(self, mechanism: str) -> ServerExchange:
        """A new exchange by one of the mechanisms that are offered, in upper case."""
        self._exchanges += 1
        in_clear = reveals(mechanism)

        def secret_of(user: str) -> str | None:
            return self._secret(user, in_clear)

        return server(mechanism, secret_of, nonce=f"{self._exchanges}.{self._chance}")

    def account(self, name: str) -> Account | None:
        """The account of a name; nobody has a name that can't be one."""
        try:
            return self.find(name)
        except SaslError:
            return None

    def find(self, name: str) -> Account | None:
        """The account of a name; two spellings of one name are one (RFC 4013; RFC 6856 §2.2).

        Raises:
            SaslError: nobody can be called so; the text says what is wrong with the name.
        """
        account = self._store.account(name)
        if account is not None or name.isascii():
            return account
        wanted = prepared(name)
        return next((a for known, a in self._store.accounts.items() if comparable(known) == wanted), None)

    def by_password(self, name: str, password: str) -> Account | None:
        """The account of who has given name and password as they are, or None where one of them is wrong."""
        account = self.account(name)
        return account if is_password(account, password) else None

    def _secret(self, user: str, in_clear: bool) -> str | None:
        """The secret of a user who may log in so. One whose secret never crosses in clear keeps it so (1939 §13)."""
        account = self.account(user)
        if account is None or not account.user.has_secret or (in_clear and account.user.login):
            return None
        return account.user.secret


def is_password(account: Account | None, password: str) -> bool:
    """Whether a password is that of an account whose user logs in by one; nobody has any."""
    known = account.user.secret if account is not None and not account.user.login else None
    return same(password, password + "." if known is None else known)  # as long for nobody as for somebody


def comparable(name: str) -> str:
    """A name or secret of the store as it is compared; one that can't be prepared stays as it is."""
    try:
        return name if name.isascii() else prepared(name)
    except SaslError:
        return name


def same(given: str, secret: str) -> bool:
    """Whether a secret is the right one, without telling by the time taken how much of it was right.

    Two spellings of one text are one (RFC 4013; RFC 6856 §2.2).
    """
    if not (given.isascii() and secret.isascii()):
        try:
            given, secret = prepared(given), comparable(secret)
        except SaslError:
            return False
    return hmac.compare_digest(given.encode(), secret.encode())
