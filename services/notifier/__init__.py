"""Hands pages to people and calls to URLs, once, and only while they are wanted."""
