"""The Distilabel steps and LLMs. Importing one imports Distilabel (three seconds): do it where a run begins."""
