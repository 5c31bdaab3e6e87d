"""The rules, as pure functions over frozen models: no I/O, no clock, no globals."""
