"""Marks of terms, of the year, of exams and final ones: proposed, set, closed."""
