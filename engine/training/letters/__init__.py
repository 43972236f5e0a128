"""How letters follow one another in names: counts what `engine/document/mrz/letters.py` holds."""
