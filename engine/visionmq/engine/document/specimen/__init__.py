"""Specimens: zones written from fields, documents drawn with their truth."""
