"""``layers/``: recipes of hubs and the tables that are computed from them."""
