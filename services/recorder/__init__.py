"""Keeps every event: timeline, trace, audit."""
