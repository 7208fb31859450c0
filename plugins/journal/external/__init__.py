"""Marks of a pupil's former school, taken into the journal beside the own ones."""
