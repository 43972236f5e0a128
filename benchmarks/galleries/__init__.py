"""Parts of `benchmarks.gallery`."""
