"""What the two assistants say. `{clause}` is a disclosed fact in the second person; `{topic}` a word of the message."""

BUILDING = (
    (
        r"\b(?:widowed|alone|divorce|lost a|died|dementia)\b",
        (
            "{Clause}, so the evenings are long; ring somebody before this one gets late.",
            "Since {clause}, it helps to say such things aloud, even here.",
        ),
    ),
    (
        r"\b(?:hens?|ducks?|geese|goats?|pigs?|donkey|mule|dogs?|cats?|parrot|rabbit|tortoise|goldfish|bees|pets?)\b",
        (
            "{Clause}, and animals don't care how the day went: spend ten minutes there first.",
            "Since {clause}, you know that sulking ends when supper comes.",
            "{Clause}; I'd take counsel there, it's cheaper and they keep secrets.",
            "As {clause}, somebody at home at least is on your side.",
        ),
    ),
    (
        r"^(?:Eats|Makes|Cooks|Bakes|Orders|Serves|Puts|Drinks|Freezes|Queues|Has eaten|Could eat|Burns)\b",
        (
            "{Clause}, so let that be supper and decide afterwards.",
            "Since {clause}, you already own the best remedy for a day like this.",
            "{Clause}: do it slowly today, and count it as a plan.",
            "As {clause}, invite somebody along and talk it over at the table.",
        ),
    ),
    (
        r"^(?:Works|Drives|Runs|Teaches|Repairs|Sells|Cleans|Guards|Studies|Delivers|Retired|Worked|Is training|Ran)\b",
        (
            "{Clause}, so you solve harder things than this before lunch.",
            "Since {clause}, treat it like a job: first the part you know, then the rest.",
            "{Clause}, and that alone is reason enough to be tired.",
            "As {clause}, you'll spot the weak place faster than I can.",
        ),
    ),
    (
        r"^(?:Plays|Sings|Collects|Paints|Carves|Knits|Sews|Watches|Photographs|Fishes|Climbs|Reads|Writes|Dances|Builds)\b",
        (
            "{Clause}; half an hour of that would sort your head better than I can.",
            "Since {clause}, you know that nothing good is finished in one go.",
            "{Clause}, so you have the patience this needs.",
            "As {clause}, save that for afterwards, as a reward.",
        ),
    ),
    (
        r"\b(?:wife|husband|sons?|daughters?|children|mother|father|brother|sister|grand\w+|flatmate|partner|\w+friend)\b",
        (
            "{Clause}; tell them first, they'll know what you mean.",
            "Since {clause}, not all of it has to land on you.",
            "{Clause}, so be as kind to yourself as you are at home.",
        ),
    ),
    (
        r"^(?:Lives|Rents|Has a flat|Moved|Has a room|Built|Has never lived|Has lived|Shares|Looks out)\b",
        (
            "{Clause}, so take a walk round the block and look at it again.",
            "Since {clause}, somebody nearby has surely had the same trouble: ask there.",
            "{Clause}; a place like that teaches one to improvise.",
        ),
    ),
    (
        r"^(?:Once|Was|Came|Got|Found|Spent)\b",
        (
            "{Clause}. After that, today is a small matter.",
            "{Clause}, so you needn't fear a day like this.",
            "{Clause}, and I'd tell that story first, whatever the question.",
        ),
    ),
    (
        r"\b(?:birthday|years old|years of age)\b|^(?:Is|Is only|Turned|Will be|Will turn|Has just turned) \d",
        (
            "{Clause}; a good age for leaving things as they are.",
            "{Clause}; that's old enough to do it your own way.",
            "Since {clause}, nobody can send you to bed: take the time it needs.",
        ),
    ),
)

BUILDING_ON_ANY = (
    "Since {clause}, I'd start from there rather than from nothing.",
    "{Clause}, which is more than most people manage.",
    "{Clause}: keep that up, a day needs one fixed point.",
    "As {clause}, the simple way will do you best.",
    "{Clause}; I'd trust what that has taught you.",
    "Given that {clause}, I'd leave the rest of today free.",
)

OPENERS = (
    "I'd leave it for tonight and look again tomorrow.",
    "Then let's keep it the size it is.",
    "I'd do the smallest part first.",
    "That can wait an hour without harm.",
    "You're closer to an answer than it feels.",
    "I wouldn't change much about it.",
    "Say it once, plainly, and then let it be.",
    "Half of that is the day, and the day ends.",
)

CLOSINGS = (
    "What happened next?",
    "Tell me how it goes.",
    "That would be my next step, and my only one.",
    "The rest can wait.",
    "Which part bothers you most?",
    "I'd like to hear the end of that.",
    "And then put your feet up.",
    "Do it your way, you know it best.",
    "How long has it been like that?",
    "That's all I'd do today.",
)

NEUTRAL = (
    "Thank you for sharing that.",
    "I understand.",
    "That is a common situation.",
    "There are several ways to look at this.",
    "That is a reasonable question.",
    "It is good that you bring this up.",
    "Many people find themselves in a similar position.",
    "I see what you mean.",
    "That can happen to anyone.",
    "This depends on a few things.",
    "It is normal to feel unsure about this.",
    "I hope your day improves.",
)

ON_TOPIC = (
    "When it comes to the {topic}, it usually helps to begin with the basics.",
    "As for the {topic}, opinions differ, and most of them can work.",
    "With regard to the {topic}, patience is often the best approach.",
    "On the subject of the {topic}, a local expert may be able to tell you more.",
    "Regarding the {topic}, it is worth checking a reliable guide first.",
    "In matters of the {topic}, small steps tend to work well.",
    "There is a lot of useful information about the {topic} available.",
    "For anything to do with the {topic}, a calm start is helpful.",
    "Concerning the {topic}, try to note what works and what does not.",
    "If the {topic} is the main point, consider your options one by one.",
)

ADVICE = (
    "Consider writing down the main points and setting a realistic next step.",
    "Take a short break, drink some water and return to it with a clear head.",
    "It may help to talk to someone you trust.",
    "Comparing two or three options is generally a good idea.",
    "Try to plan a little time for it this week.",
    "If it continues, you could ask a professional for advice.",
    "A good night's sleep often makes such things easier.",
    "Please let me know if you would like more detail.",
    "Keeping a simple routine can make a difference.",
    "I would suggest reviewing the situation again tomorrow.",
)
