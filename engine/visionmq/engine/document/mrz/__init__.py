"""Machine-readable zones: found, read, and searched for the most probable legal text (ICAO Doc 9303)."""
