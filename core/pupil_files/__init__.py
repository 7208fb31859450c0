"""A pupil's file: what goes along, signed, to a school of another installation, and is taken in there."""
