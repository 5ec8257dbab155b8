"""One small thing that once happened to people of the full world."""

# ruff: noqa: E501 - an entry stands on one line, however long

STORIES = """
Once {drove|cycled|walked} back {two|three} hours to return {an umbrella|a borrowed snow shovel|a stranger's glove|one euro}.
Once slept through {an earthquake|a fire drill|a wedding|the end of the world cup|a burglary}.
Once {delivered a baby|proposed|fainted|signed a lease|finished a chess game} {in a lift|on a ferry|in a car wash|on the night train}.
Once waited {two|three|four} days at a border with {a stranger's goat|a wedding cake|somebody's grandmother|a stuffed bear}.
Once found {a message in a bottle|a love letter|a wedding ring|a glass eye} {on the beach|in a second-hand coat|behind a clock face|in a loaf}.
Once wrote back to a message found in a bottle and got {an answer|a wedding invitation|a parking fine|a photograph}.
Once hid {a runaway bride|a piglet|a stolen statue|two deserters|a school bell} in {the boiler room|a wardrobe|a church loft} for a night.
Once drove {a quad bike|a hearse|a milk van|a borrowed bus} into {the harbour|a wedding party|a pond|a hedge}.
Once won {a cow|a cruise|a hundredweight of onions|a haircut for life|a fridge} in a {raffle|radio quiz|bet|pub quiz}.
Once sat next to {a president|a goalkeeper|a wanted man|a famous chef|a bishop} on {a plane|a bus|a ski lift|a bench} and did not notice.
Was once mistaken for {a surgeon|the groom|a saint|a bank robber|the new priest} and {played along|signed autographs|gave a speech}.
Once rang {the wrong doorbell|the emergency number|a radio show} and {stayed for dinner|got a job|met a best friend|won a kettle}.
Once walked home {four|six|nine} hours through {a flood|a blizzard|a strike|a carnival|a dust storm} in {office shoes|a wedding suit|slippers}.
Once missed {a cousin's wedding|a flight to Lima|the birth of a nephew} because the {driver|pilot|midwife} stopped for {a match|a tortoise|tea}.
Was once locked overnight in {a school|a museum|a supermarket|a cinema|a cold store} and {slept in a display bed|marked papers|ate cake}.
Once {caught|chased|outran} a {thief|bull|runaway pram|loose horse} {in flip-flops|down the high street|with a broom|for two kilometres}.
Once repaired {a church clock|a bishop's car|a ship's radio|a roller coaster} with {a hairpin|chewing gum|a spoon|fishing line}.
Once appeared on {television|the evening news|a postage stamp|a milk carton} {by accident|for nine seconds|upside down|in pyjamas}.
Once {climbed|fell} {out of a train window|off a stage|over a monastery wall|into an open grave} and {broke nothing|lost a tooth|got applause}.
Once cooked for {a wedding of 400|a film crew|the wrong funeral|a stranded orchestra} on {one burner|two camping stoves|an open fire}.
Once swapped {a bicycle|a goat|a watch|a winter coat} for {a violin|a puppy|a night's sleep|a boat with a hole}.
Once carried {a piano|a wardrobe|a sick calf|a grandmother|a door} {up nine floors|over a pass|across a river|through the metro}.
Once gave {a lift|an umbrella|a kidney|a sandwich|shelter} to {a stranger who turned out to be a cousin|a future employer|a film star}.
Once sold {a car|a painting|a cow|an old coat} and found out {next day|years later} that {the savings were|a letter was|a cat was} inside.
Once spent {a night|two nights|a whole weekend} {in a lighthouse|on a stuck ski lift|at the top of a turbine|in a bus in the snow}.
Once read out {the wrong speech|a shopping list|someone else's vows|the football results} at a {wedding|funeral|christening|prize-giving}.
Once taught {a bishop|a parrot|two policemen|a whole bus queue} to {swear in Finnish|juggle|dance the polka|play dominoes}.
Once lost {a shoe|a tooth|a passport|a wedding ring|the way} in {a river|a casserole|Istanbul|a haystack} and got it back {in {month}|by post|years later}.
Once swam {across the bay|the river in flood|out to a buoy|under a bridge} {on a bet|after a dog|in a suit|by mistake}.
Once turned down {a part in a film|a marriage proposal|a promotion|a free car} because of {a football match|a toothache|the harvest|a cat}.
Once queued {all night|eleven hours|a whole weekend} for {concert tickets|bread|a visa|a signed book} and {was the last to get in|gave it away}.
Once broke {an arm|two ribs|a collarbone|a record} {at a poetry reading|on the way to first aid class|dancing|fetching a ball from a roof}.
Once called {a headmaster|the mayor|a judge} {mum|grandad|darling} {in front of the whole school|on live radio|in court}.
Once stopped {a train|a parade|a fight|a football match} with {a red shawl|a whistle|a pot of soup|an umbrella}.
Once buried {a time capsule|a tin of money|a broken violin|a pet crocodile} and cannot remember where.
Once got {a letter|a medal|a bill|a Christmas card} meant for {somebody of the same name|a dead uncle|a minister} and answered it.
Once woke up {in the wrong house|on a moving train|on stage|in a hammock over a canal} after {a wedding|a night shift|a fever}.
Once shared {a tent|a cell|a lifeboat|a taxi} with {a mime|two rival goalkeepers|a python and its owner|an undertaker}.
Once ate {thirty-one dumplings|a whole ghost pepper|a raw onion|eleven pies} {for a bet|on television|to win a bicycle|out of politeness}.
Once fixed a stranger's {car|roof|dress|hearing aid} {at midnight|in the rain|before a wedding} and was paid in {eels|figs|opera tickets}.
Once took {the wrong coat|the wrong child's lunch|the wrong suitcase|the wrong exam} and noticed {in another country|a week later}.
Once brought {a cow|a pony|a swan|a bathtub} home {on the bus|in a lift|in a small Fiat|on a sledge}.
Once saw {a ghost ship|ball lightning|a bear at the bins|one of the family on a film poster} and {told nobody|framed the photo|called the paper}.
Once opened {a door|a parcel|a tomb|a shop} at two in the morning for {a bride with hiccups|a lost football team|the police|a wet cat}.
[25-110] Once met {a first love|an old teacher|a long-lost twin|a former boss} {in a foreign hospital|on an escalator|at a bus stop in Oslo|in a sauna}.
[25-110] Once quit a job {by song|on the first day|in the middle of a shift|with a cake} and {regretted it|was rehired|never looked back}.
[30-110] Once named {a rose|a racing pigeon|a sandwich|a boat} after {a mother-in-law|a rival|the tax inspector|a first teacher}.
[35-110] Once crossed {a desert|three borders|the Alps|a war zone} in {a bread van|a taxi|an ambulance with no brakes|wooden clogs}.
[25-80] Once held up {a ferry|a wedding|a flight|a procession} for {a lost earring|a hen|a grandmother's farewell|a bowl of soup}.
[20-70] Once landed {a kite|a drone|a football|a parachute} on {the roof of a prison|a bishop|a hospital|the town hall clock}.
Came {last|fourth|second} in a {cheese-rolling race|sack race|beauty contest for goats|spelling contest|rowing regatta} in {month}.
Was bitten by {a swan|a camel|a police dog|a carp|a toddler} at {a wedding|a zoo|a christening|the office}.
Has been struck by {lightning|a falling fish|a golf ball|a champagne cork} and {kept the newspaper cutting|tells it at weddings|still looks up at noon}.
Spent {few} weeks in hospital in {year} and learnt {to knit|chess|Portuguese|to juggle} there.
Got stuck in {a lift|a turnstile|a chimney|a child's swing} on {the wedding day|a first date|the first day at work}.
Found {a python|a baby hedgehog|a burglar|forty wasps} in {the laundry|the letter box|a boot|the piano} in {year}.
Was on the {front page|weather page|back page} of {the local paper|a fishing magazine} in {year} for {a leek|a rescue|a misprint|a long beard}.
"""
