"""IMAP: its table, and what its two ends do for each command."""
