"""The peer: the same page of the same tables with Django 5.2, its ORM and its templates, under gunicorn."""
