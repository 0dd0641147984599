"""Celery: the app, what beat asks for and when, and three-line tasks that call services."""
