"""The items of a zone as an answer: values, acceptance, other forms."""
