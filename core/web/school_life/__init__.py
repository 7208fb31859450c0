"""Life of a school: setting up, subjects, years and the passage between them, pupils who come and go."""
