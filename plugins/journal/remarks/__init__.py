"""What teachers say of a pupil at a lesson: praise and remarks."""
