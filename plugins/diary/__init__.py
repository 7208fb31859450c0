"""The diary: the plan of the school day (bells, timetable, substitutions, calendar) and the page where pupils
and their families see it together with homework, marks and absences.
"""
