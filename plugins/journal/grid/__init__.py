"""The page of a subject: pupils and lessons as one table, its cells, their changes and history."""
