"""Barcodes of documents and what they hold (AAMVA, ICAO 9303-13, 2D-Doc, ...)."""
