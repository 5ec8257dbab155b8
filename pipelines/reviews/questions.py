"""The words of both reviews: what is asked, and what may be answered. They stand in the data, in the config `reviews`.

A persona shows three objects (`profile`, `personality` and the `persona`, the pairing of the two), each with a verdict
of its own; a pair shows two replies to one message.
"""

from typing import Literal

Sample = Literal["cover", "random", "targeted"]

VERDICT = "verdict"  # of a profile, a personality or a pairing
VERDICTS = ("keep", "edit", "reject")
PAIRING_VERDICTS = ("keep", "reject")  # two texts that do not go together are no better for an edit of one

REASONS = "reasons"  # why something was not kept
REASON = (
    "contradiction",
    "stereotype",
    "real-person",
    "unsafe",
    "too-vague",
    "near-duplicate",
    "bad-language",
)

EDIT = "edit"  # the text as it ought to be, one statement a line
COMMENT = "comment"

PREFERENCE = "preference"  # which reply this person would prefer
PREFERENCES = ("tailored", "generic", "no-difference")
IN_CHARACTER = "in-character"  # whether the user talks as this person would
IN_CHARACTERS = ("yes", "no")
UNDISCLOSED = "undisclosed"  # which reply uses what the user has not shown
UNDISCLOSEDS = ("neither", "tailored", "generic", "both")
