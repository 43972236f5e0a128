"""Parameters and results of the `document.*` operations: what documents say, and what can be recognised."""
