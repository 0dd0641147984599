"""The web: Flask, split by who is asking."""
