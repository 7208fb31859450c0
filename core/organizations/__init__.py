"""The tree of organizations, academic years and terms, subjects, school classes, groupings, enrolment."""
