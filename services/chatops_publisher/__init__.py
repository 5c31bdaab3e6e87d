"""Keeps one message per alert group and chat channel, edited to the newest version."""
