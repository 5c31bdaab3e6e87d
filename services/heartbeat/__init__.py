"""Watches for silence: raises an alert when an integration's heartbeat does not come, and resolves it."""
