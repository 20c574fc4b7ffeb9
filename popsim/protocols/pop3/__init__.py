"""POP3: its table, and what its two ends do for each command."""
