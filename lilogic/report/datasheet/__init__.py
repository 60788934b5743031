"""The data sheet of a network: what it says, and its page."""
