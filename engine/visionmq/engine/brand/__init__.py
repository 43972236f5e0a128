"""Brands: find logos, tell which brand, or say unknown."""
