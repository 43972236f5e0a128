"""Faces: found, aligned, judged, encoded and compared.

`vision` is the part that looks at pixels; it knows no store, no subject and no decision.
"""
