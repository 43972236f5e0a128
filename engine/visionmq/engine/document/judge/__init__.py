"""Verdicts: forensic checks, and the quality of a picture with advice."""
