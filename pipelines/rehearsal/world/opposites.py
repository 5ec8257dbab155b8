"""Facts and traits that one person cannot well have together: words of the fact, words of the trait, why."""

OPPOSITES = (
    (
        r"\b(?:hosts?|parties|stand-up|karaoke|leads the singing|town meeting|night market|in a choir)\b",
        r"\b(?:crowds?|hates company|avoids people|large groups|stays away from people|put off by enthusiasm)\b",
        "Somebody who cannot bear people does not seek them out",
    ),
    (
        r"\b(?:repairs?|restores?|mends|upholsters|quilts)\b",
        r"\b(?:starts over rather than|cuts corners|throws things away)\b",
        "Mending things takes somebody who does not give up on them",
    ),
    (
        r"\b(?:wind turbines|sea cliffs|boxes in|frozen waterfalls|owns a motorbike|racing bike|ghost pepper)\b",
        r"\b(?:worst case|way out before|what is safe|avoids (?:all )?risks?|every doubt before)\b",
        "Somebody so careful does not court danger",
    ),
    (
        r"\b(?:obituaries|subtitles|contracts|librar\w+|crosswords?|letters? to the editor|sermons)\b",
        r"\b(?:spells words|full stops as a waste|cannot spell|hates reading)\b",
        "Somebody who works with words writes them properly",
    ),
    (
        r"\b(?:stand-up comedy|limericks|card tricks|ventriloquism|puppet shows)\b",
        r"\b(?:wordplay tiresome|literally|misses irony|no sense of humou?r|dislikes jokes)\b",
        "Somebody without a sense of humour does not make others laugh",
    ),
    (
        r"\bhas never owned a\b",
        r"\b(?:everything new|latest gadgets?)\b",
        "Somebody who must have everything new would own one",
    ),
    (
        r"\b(?:records the|every expense|figures back to|never missed a deadline|sorted by|labelled)\b",
        r"\b(?:forgets the question|improvises|jumps between|drops the plan|disorgani[sz]ed|was a plan)\b",
        "Keeping records for years takes order",
    ),
    (
        r"\b(?:judge|court|police|customs|tax office|surgeon|ship into|air traffic)\b",
        r"\b(?:hands the final choice|maybe to most|doubts every decision|sides while still)\b",
        "Such work takes decisions every day",
    ),
    (
        r"\b(?:early|at (?:four|five|half past four)|before sunrise|first bus)\b",
        r"\b(?:puts off|is useless before noon|hates mornings)\b",
        "An early riser by choice does not put things off",
    ),
    (
        r"\b(?:marathons?|every (?:morning|day) at|without an alarm)\b",
        r"\b(?:loses interest the moment|gives up quickly|needs a reason before moving|lazy)\b",
        "That takes more perseverance",
    ),
    (
        r"\b(?:party|parties|crowds?|festival|concerts?)\b",
        r"\b(?:introver\w+|prefers solitude|shy|quiet evenings)\b",
        "A shy person would rather stay at home",
    ),
)
