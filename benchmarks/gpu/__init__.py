"""What a GPU does, in pieces of minutes, and what its compiled code takes; see `__main__`."""
