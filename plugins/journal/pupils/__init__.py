"""One pupil in all subjects."""
