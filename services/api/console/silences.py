"""How long a group can be silenced by one press: seconds (-1: for ever), and the words of the button."""

SILENCES = (
    (1800, "30 minutes"),
    (3600, "1 hour"),
    (14_400, "4 hours"),
    (28_800, "8 hours"),
    (86_400, "24 hours"),
    (-1, "for ever"),
)
