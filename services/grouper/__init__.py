"""Owns alerts and alert groups."""
