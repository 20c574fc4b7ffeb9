"""Sessions of any origin: captures read and written, and octets dissected by the protocol's table."""
