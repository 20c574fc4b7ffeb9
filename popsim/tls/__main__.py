"""Prints another certificate for the simulated wire; see ``certificate.py``."""

import sys

from popsim.tls.making import lasting_certificate

made = lasting_certificate(*sys.argv[1:])
print("popsim's fixed certificate and key. Both are public and worth nothing as a secret: see certificate.py.")
print(made.certificate + made.key, end="")
