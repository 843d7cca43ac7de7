"""Places written as text: an offline geocoder that never guesses in silence."""

from hubmap.geodata.places.gazetteer import Gazetteer, Spot
from hubmap.geodata.places.geocoder import Geocoder, Place

__all__ = ["Gazetteer", "Geocoder", "Place", "Spot"]
