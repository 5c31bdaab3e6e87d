"""The one way to the broker."""
