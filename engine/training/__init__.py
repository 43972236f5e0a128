"""Training of the models that ship with the document engine; no part of the wheel."""
