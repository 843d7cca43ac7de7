"""From hub layers to a folium map, and from a folium map to one self-contained page.

:mod:`~hubmap.maps.recipe` says what a map shows, :mod:`~hubmap.maps.draw` makes a
``folium.Map`` of :mod:`~hubmap.maps.layers` of ours, :mod:`~hubmap.maps.page` writes it as one
file, :mod:`~hubmap.maps.index` links several. Nothing is imported here: folium costs a second.
"""
