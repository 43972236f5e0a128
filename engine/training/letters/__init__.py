"""How letters follow one another in names: counts what `engine/document/letters.py` holds."""
