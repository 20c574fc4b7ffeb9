"""Certificates: a fixed one for the simulated wire, and whatever a server is given.

The fixed one, ``fixed.pem``, is public together with its key, and so worth nothing as a secret: whoever has popsim has
it. It never expires in practice. It was made by this command, which makes another one::

    python -m popsim.tls popsim.example localhost > popsim/tls/fixed.pem
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key.

    Args:
        certificate: the certificate, or a chain with the server's own first, as PEM.
        key: its private key as PEM, not encrypted.
    """

    certificate: str
    key: str

    @classmethod
    def of(cls, pem: str) -> Certificate:
        """Take a PEM text apart that holds both.

        Raises:
            ValueError: one of the two is missing, or the key is encrypted.
        """
        blocks = [f"-----BEGIN {part.strip()}\n" for part in pem.split("-----BEGIN ")[1:]]
        keys = [block for block in blocks if "PRIVATE KEY-----" in block]
        chain = [block for block in blocks if block.startswith("-----BEGIN CERTIFICATE-----")]
        if not keys or not chain:
            raise ValueError("expected a certificate and its private key, as PEM blocks of one text")
        if "ENCRYPTED" in keys[0]:
            raise ValueError("expected a private key that is not encrypted: write it out without its passphrase")
        return cls("".join(chain), keys[0])

    @classmethod
    def read(cls, certificate: str | Path, key: str | Path | None = None) -> Certificate:
        """Read a certificate and its key from one PEM file or from two.

        Raises:
            ValueError: one of the two is missing, or the key is encrypted.
            OSError: a file can't be read.
        """
        paths = [certificate] if key is None else [certificate, key]
        return cls.of("\n".join(Path(path).read_text(encoding="ascii", errors="replace") for path in paths))


FIXED = Certificate.read(Path(__file__).with_name("fixed.pem"))
"""The certificate of the server on the simulated wire, for ``popsim.example`` and ``localhost``."""
HOST = "popsim.example"
"""The name of the server on the simulated wire."""
