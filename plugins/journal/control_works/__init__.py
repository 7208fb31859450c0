"""Control works of a school: their calendar, and the limits that the norm sets."""
