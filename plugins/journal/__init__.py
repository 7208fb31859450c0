"""The class journal: topics, marks, attendance and homework, lesson by lesson."""
