"""The recogniser of zone lines: drawn lines, the net, its training."""
