"""The command line `tocsin`."""
