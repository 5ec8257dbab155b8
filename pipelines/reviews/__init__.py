"""Stage 3: people check personas and reply pairs in Argilla, and what they decide goes into the data."""
