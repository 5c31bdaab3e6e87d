"""Picks the route of an alert, its grouping key and its signals."""
