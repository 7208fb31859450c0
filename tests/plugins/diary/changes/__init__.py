"""Tests of what differs from the timetable on single days."""
