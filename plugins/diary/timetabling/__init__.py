"""Making timetables: what is to be placed and what must be kept, files of other programs, checking a result."""
