"""Renders what each medium shows of a group."""
