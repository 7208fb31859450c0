"""The curriculum (учебный план): hours of subjects by classes, its norms, versions and approval, loads of teachers."""
