"""R6, pure: the ladder that holds until headquarters changes it."""

# Working days around the due date on which the owner is reminded.
DEFAULT_OWNER_OFFSETS = (-7, -3, -1, 0, 1)
