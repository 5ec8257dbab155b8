"""The Distilabel steps and LLMs. Importing one imports Distilabel (three seconds): do it where a run begins."""

import warnings

# pydantic 2.14 warns of how Distilabel declares fields, at import and for each subclass; nothing here can mend that
warnings.filterwarnings("ignore", message="The 'default' attribute with value None was provided to the `Field")
