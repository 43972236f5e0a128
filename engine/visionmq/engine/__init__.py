"""Pictures in, results out; engines know no socket."""
