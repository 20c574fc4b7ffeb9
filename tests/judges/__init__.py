"""Programs that nobody here wrote, as judges of popsim: they read its mail, and it reads theirs."""
