"""POP2: the table, what its server does, and what its mail readers do."""
