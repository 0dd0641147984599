"""Signing in and out, for the desk and for the partner."""

from postcards.web.sign_in import second_factor
from postcards.web.sign_in.views import blueprint

blueprints = (blueprint,)

__all__ = ["blueprints", "second_factor"]
