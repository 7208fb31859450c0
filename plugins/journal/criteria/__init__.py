"""Works marked by criteria: what a work is judged by, points of each pupil, the mark that the total proposes."""
