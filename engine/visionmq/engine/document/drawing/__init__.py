"""Evidence in pictures: annotations and crops."""
