"""Training of the zone detector: pages that we draw, a small network, its export to ONNX."""
