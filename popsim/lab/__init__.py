"""What a notebook holds: a lab with one session in it, its exchanges and its console."""
