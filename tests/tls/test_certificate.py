"""The fixed certificate, those made on the spot, and those that a server is given."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from popsim.tls import FIXED, HOST, Certificate, fresh_certificate


def names(certificate: Certificate) -> list[str]:
    read = x509.load_pem_x509_certificate(certificate.certificate.encode())
    found = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))]


def test_the_fixed_one_does_not_expire() -> None:
    read = x509.load_pem_x509_certificate(FIXED.certificate.encode())
    assert isinstance(read.public_key(), RSAPublicKey)  # whose signatures all have the same length
    assert read.not_valid_before_utc.year == 2000 and read.not_valid_after_utc.year == 9999
    assert names(FIXED) == [HOST, "localhost"]


def test_the_file_says_that_its_key_is_public() -> None:
    import popsim.tls

    text = Path(popsim.tls.__file__).with_name("fixed.pem").read_text()
    assert "public and worth nothing as a secret" in text.splitlines()[0]


def test_the_command_makes_another_one() -> None:
    command = [sys.executable, "-W", "error", "-m", "popsim.tls", "one.example", "127.0.0.1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "public and worth nothing as a secret" in done.stdout.splitlines()[0]
    assert names(Certificate.of(done.stdout)) == ["one.example", "127.0.0.1"]


def test_one_made_on_the_spot() -> None:
    one, two = fresh_certificate("localhost", "127.0.0.1", "::1"), fresh_certificate("localhost")
    assert names(one) == ["localhost", "127.0.0.1", "::1"]
    assert one.key != two.key
    with pytest.raises(ValueError, match="^a certificate needs at least one name, such as 'localhost'$"):
        fresh_certificate()


def test_a_certificate_is_read_from_one_file_or_two(tmp_path: Path) -> None:
    both, cert, key = tmp_path / "both.pem", tmp_path / "cert.pem", tmp_path / "key.pem"
    both.write_text("# grüße\n" + FIXED.key + FIXED.certificate, encoding="utf-8")
    cert.write_text(FIXED.certificate)
    key.write_text(FIXED.key)
    assert Certificate.read(both) == Certificate.read(cert, key) == FIXED
    with pytest.raises(ValueError, match="^expected a certificate and its private key, as PEM blocks of one text$"):
        Certificate.read(cert)
    key.write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\nx\n-----END ENCRYPTED PRIVATE KEY-----\n")
    with pytest.raises(ValueError, match="^expected a private key that is not encrypted"):
        Certificate.read(cert, key)
