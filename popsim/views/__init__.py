"""What a learner sees: pictures and tables drawn from a Protocol or a Timeline, each with a text that says the same."""
