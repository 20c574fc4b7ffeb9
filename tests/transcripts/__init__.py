"""Sessions written as text (``FORMAT.txt``), of any protocol, and what holds them with the server's engine."""
