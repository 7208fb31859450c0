"""Reports of the journal: by class, by subject, what is not filled in."""
