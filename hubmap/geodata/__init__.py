"""``geodata/``: recipes and tables of what is known, read into Entities and Regions."""
