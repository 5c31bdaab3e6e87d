"""Owns who hears of a group, and when."""
