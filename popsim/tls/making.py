"""Making certificates that sign themselves, with the ``cryptography`` library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popsim.tls.certificate import Certificate

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import GeneralName

_DAYS = 398
"""How long a certificate is valid that is made on the spot: clients refuse much longer ones."""


def fresh_certificate(*names: str) -> Certificate:
    """Make a certificate that signs itself, with a new key, valid from now on for about a year.

    Args:
        names: the names and IP addresses that it is for, such as ``"localhost"`` and ``"127.0.0.1"``.

    Raises:
        ValueError: no name is given, or one is no host name.
    """
    from datetime import UTC, datetime, timedelta

    from cryptography.hazmat.primitives.asymmetric import ec

    now = datetime.now(UTC)
    return _signed(names, ec.generate_private_key(ec.SECP256R1()), now - timedelta(days=1), now + timedelta(days=_DAYS))


def _signed(
    names: tuple[str, ...], key: RSAPrivateKey | EllipticCurvePrivateKey, start: datetime, end: datetime
) -> Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    if not names:
        raise ValueError("a certificate needs at least one name, such as 'localhost'")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    public = key.public_key()
    usage = x509.KeyUsage(True, False, True, False, False, True, False, False, False)
    builder = x509.CertificateBuilder(subject, subject, public, x509.random_serial_number(), start, end)
    for extension, critical in (
        (x509.SubjectAlternativeName([_general(name) for name in names]), False),
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (usage, True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
    ):
        builder = builder.add_extension(extension, critical)
    signed = builder.sign(key, hashes.SHA256())
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    secret = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
    return Certificate(signed.public_bytes(encoding).decode("ascii"), secret.decode("ascii"))


def _general(name: str) -> GeneralName:
    """A name as a certificate has it."""
    from ipaddress import ip_address

    from cryptography import x509

    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def lasting_certificate(*names: str) -> Certificate:
    """A certificate that never expires in practice; what RSA signs with it has the same length each time.

    Args:
        names: as for :func:`fresh_certificate`.
    """
    from datetime import UTC, datetime

    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return _signed(names, key, datetime(2000, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
