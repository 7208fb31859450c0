"""What differs from the timetable on single days: teachers who are away, who stands in, what is moved or cancelled."""
