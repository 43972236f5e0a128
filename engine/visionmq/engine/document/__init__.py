"""Identity documents: machine-readable zones (ICAO Doc 9303)."""
