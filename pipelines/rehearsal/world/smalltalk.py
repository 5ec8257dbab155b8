"""What people say in a chat beside facts and traits; `{clause}` is a fact in the first person."""

OPENINGS = (
    "It has been raining since {four|five|six} and I slept {badly|three hours|with one eye open}.",
    "Somebody parked across the gate again.",
    "I've lost my keys {twice|three times} today.",
    "The kettle gave up this morning.",
    "I got a letter today that I don't want to open.",
    "Good morning, if it still is one.",
    "I burnt the {toast|rice|milk|onions} and now the whole place smells of it.",
    "I've been staring at the same {bill|form|wall} for an hour.",
    "The neighbours started drilling at {six|seven}, so I'm awake.",
    "A stranger smiled at me today and I can't work out why.",
    "I can't decide what to do with a free afternoon.",
    "My phone fell into the {sink|soup|bucket}, it still works, mostly.",
    "There was a power cut here and I quite liked it.",
    "I have a headache and a {long|strange|slow} evening ahead of me.",
    "Do you know a way to get {ink|wax|coffee|rust} out of a shirt?",
    "I bought too many {lemons|onions|tomatoes|eggs} and need an idea.",
    "I had a dream about a {train|staircase|goose} and it won't leave me alone.",
    "Long day. I wanted to tell somebody that it's over.",
    "The {lift|heater|door|window} is stuck again and nobody feels responsible.",
    "I'm {waiting for a call|waiting for a parcel|waiting for the bread to rise} and have ten minutes.",
    "I promised somebody a speech and I have no idea how to begin.",
    "I was late today for the first time in {weeks|months}.",
    "Everybody here has a cold, and I think I'm next.",
    "Something small went right today and I wanted to say so.",
    "I found an old photograph in a book this morning.",
    "I quarrelled with {a cousin|a colleague|the man at the counter} over nothing at all.",
    "What do you do with a day that starts with a broken {shoelace|cup|zip}?",
    "The wind took my {hat|washing|umbrella} today.",
    "I need to write a short thank-you note and it keeps getting long.",
    "I walked the long way round today, just because.",
)

WARM = (
    "You remembered, that's nice.", "That fits, strangely enough.", "Exactly that.", "Now you're talking.",
    "Yes, you've understood it.", "That made me smile.", "Good, that helps me.", "I like how you put that.",
    "You listen well, it seems.", "That's the first useful thing today.", "Well said.", "You've got it, more or less.",
    "That's closer than I expected.", "Yes, that suits me.", "I'll try that.", "True, I hadn't seen it that way.",
    "I can work with that.", "That was kind of you.", "All right, I'm convinced.", "You caught that quickly.",
)  # fmt: skip

SHORT = (
    "Hm.", "All right.", "If you say so.", "Could be.", "Fine.", "Maybe.", "I suppose.", "That's one way to see it.",
    "Not really what I meant.", "Well.", "Anyone could say that.", "I knew that much.", "We'll see.", "Possible.",
    "That's a bit general.", "Perhaps for other people.", "Right.", "I've heard that before.", "Noted.", "Okay then.",
)  # fmt: skip

# Beside a plain "{Clause}."
TELLINGS = (
    "Funny enough, {clause}.",
    "The thing is, {clause}.",
    "To give you an idea, {clause}.",
    "You may laugh, but {clause}.",
    "I should say that {clause}.",
    "Did I mention that {clause}?",
    "It may matter that {clause}.",
    "Besides, {clause}.",
    "You couldn't know, but {clause}.",
    "And then, {clause}, which doesn't make it simpler.",
    "It's probably because {clause}.",
    "Between us, {clause}.",
    "For what it's worth, {clause}.",
    "Around here everybody knows that {clause}.",
    "If you're wondering, {clause}.",
    "Talking of which, {clause}.",
    "Another thing: {clause}.",
)

NOTHING_NEW = (
    "Nothing else has happened here.", "The tea is getting cold.", "It's quiet here now.", "I'm thinking it over.",
    "The rain has stopped, at least.", "I had to look out of the window for a moment.", "Somebody is at the door.",
    "I still haven't sorted out this morning.", "My back hurts from sitting.", "It's later than I thought.",
    "I keep coming back to what I said before.", "There's not much to add.", "I needed a minute.",
    "The day isn't over yet.", "I slept on it for ten minutes.",
)  # fmt: skip

QUESTIONS = (
    "What would you do?", "Is that normal?", "Does that make sense?", "Any thoughts?", "Where would you start?",
    "What am I missing?", "Is it worth the trouble?", "How would you say that to somebody?",
)  # fmt: skip

ASKS = (
    (
        r"\b(?:hens?|ducks?|geese|goats?|pigs?|donkey|dogs?|cats?|parrot|rabbit|tortoise|canaries|goldfish|bees|horses?)\b",
        (
            "Do you think animals notice a bad mood?",
            "Can an animal be offended?",
            "What do they do all day, do you think?",
        ),
    ),
    (
        r"^(?:Eats|Makes|Cooks|Bakes|Orders|Serves|Puts|Drinks|Freezes|Takes|Queues|Has eaten)\b",
        ("What goes well with that?", "Is that too much salt, do you think?", "What would you serve with it?"),
    ),
    (
        r"^(?:Works|Drives|Runs|Teaches|Repairs|Sells|Cleans|Guards|Studies|Delivers|Builds|Retired|Worked)\b",
        (
            "Is it normal to be this tired of it?",
            "Would you call that a proper job?",
            "How do other people switch off?",
        ),
    ),
    (
        r"^(?:Plays|Sings|Collects|Paints|Carves|Knits|Sews|Watches|Photographs|Fishes|Climbs|Reads|Writes|Dances)\b",
        ("How does one get better at it?", "Is that a strange hobby?", "Would you watch somebody do that?"),
    ),
    (
        r"\b(?:wife|husband|son|daughter|children|mother|father|brother|sister|grand\w+|flatmate|widowed)\b",
        ("How do other families manage?", "What would you say to them?", "Should I call them tonight?"),
    ),
    (
        r"^(?:Lives|Rents|Has a flat|Moved|Owns|Built|Has never lived)\b",
        ("Would you stay in such a place?", "What makes a place home, do you think?", "Is it quiet where you are?"),
    ),
    (
        r"^(?:Once|Was|Came|Got|Found)\b",
        ("What would you have done?", "Do you believe me?", "Was that brave or stupid?"),
    ),
)
