"""The stages that make the data. README.md has the tree."""

import warnings

# pydantic 2.14 warns of how Distilabel declares fields, at import and for each subclass; nothing here can mend that
warnings.filterwarnings("ignore", message="The 'default' attribute with value None was provided to the `Field")
