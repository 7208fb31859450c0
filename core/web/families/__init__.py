"""Families: guardians of a pupil, one's own children, their papers."""
