"""The public API's configuration objects: what a client may write, how it is checked, what it reads back."""
