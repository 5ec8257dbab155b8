"""What may stay: verdicts, rules, embedding, diversity. Knows texts and vectors, no columns and no pipelines."""
