"""The demo school: invented people and a whole school year around them, the same every time."""
