"""Behaviour of pupils in a term and in the year: put by the class teacher, on a scale of its own, not a subject."""
