"""The scripts that tools start to tell Tocsin of their notifications."""
