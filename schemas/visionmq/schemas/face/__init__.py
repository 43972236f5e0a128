"""Parameters and results of the `face.*` operations: find faces, compare them, say whose they are, keep and forget them."""
