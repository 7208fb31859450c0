"""Lessons of the journal and the pages they stand on; how the timetable fills them."""
