"""Lesson plans (КТП): topics written once for a grade level and followed by journal pages."""
