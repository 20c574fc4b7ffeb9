"""The two ends of a session without any input or output: octets in, octets out, by the table."""
