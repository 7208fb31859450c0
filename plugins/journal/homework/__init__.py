"""Homework: the day's norm, files and links, tasks for some pupils, works that pupils hand in."""
