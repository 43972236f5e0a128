"""Parameters and results of the `brand.*` operations: which brands pictures show, and what a collection knows."""
