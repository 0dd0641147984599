"""The kiosk API's blueprint, shared by its modules."""

from flask import Blueprint

api = Blueprint("kiosk", __name__)
