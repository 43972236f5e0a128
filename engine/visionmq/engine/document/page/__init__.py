"""The page around a zone: outline, portrait, signature, printed text."""
