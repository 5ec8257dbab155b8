"""What people of the full world own, keep, eat, do out of habit, pay and suffer."""

# ruff: noqa: E501 - an entry stands on one line, however long

ANIMALS = """
[!city !care] Keeps {some} hens {behind the house|in an old bus|under the stairs|in a converted wardrobe}.
[!city !care] Keeps {few} {ducks|geese|quails|guinea fowl} that {patrol the road|hate bicycles|sleep in a boat}.
[!city !care] Has {two|three} goats that {eat the laundry|open gates|follow the postman|were a dowry|climb the car}.
[!city !care] Fattens {two|three} pigs a year on {acorns|kitchen scraps|windfall apples}.
[!city !care 18-80] Owns a {blind|lazy|grey|stubborn} {donkey|mule|mare} that is {some|many} years old.
[remote] Has {two|three} dogs that work and one that does not.
[warm !care] Tolerates a gecko {behind the clock|in the shower|above the stove|on the ceiling lamp}.
[warm !care] Keeps a tortoise that {vanishes every {season}|eats hibiscus|is older than the house|ate a passport}.
[warm city !care] Feeds {few} street cats {after dark|behind the mosque|from the balcony|on the stairs}.
[cold !care] Has a {husky|spitz|Newfoundland} that {refuses to swim|steals mittens|howls at sirens}.
[coast !care] Is followed by a {one-legged gull|grey heron|harbour cat} {every morning|on the way home|as far as the door}.
[!care] Has a {one-eyed|ginger|deaf|three-legged|very fat} cat {called {catname}|from a shelter|that sleeps in the sink}.
[!care] Has a {black|tabby|white|half-tailed} cat that {fetches corks|sits on keyboards|comes home on {day}s only}.
[!care] Walks {a greyhound|a dachshund|a poodle cross|two terriers|a bulldog} {before sunrise|along the tracks|at midnight}.
[!care] Adopted a dog that {was found at a motorway services|had failed as a guide dog|nobody could train}.
[!care] Has a dog {called {dogname}|with one blue eye|that is afraid of balloons|that rides in the sidecar}.
[!care 25-90] Inherited {a parrot|a cockatoo|two canaries} from {kin}.
[!care] Breeds {budgerigars|canaries|zebra finches|homing pigeons} on the {roof|balcony|landing|allotment}.
[!care] Keeps an aquarium with {one catfish|many guppies|two axolotls|an old eel|a crab}.
[!care 18-50] Keeps a {corn snake|tarantula|bearded dragon|gecko} in the {bedroom|hall|living room}.
[!care] Has {two|three} guinea pigs {named after {presidents|spices|goalkeepers}|that whistle at the fridge}.
[!care] Has a rabbit that {lives under the sofa|chews only expensive cables|is allowed on the bus|growls}.
[!care] Owns a goldfish {won at a fair|that survived two moves|of great age|in a cookie jar}.
[!care] Puts out {nuts|suet|saucers of milk|dried worms} for {hedgehogs|woodpeckers|squirrels|a badger|crows}.
[!care] Is on good terms with {a crow that brings bottle caps|a pigeon with one foot|a fox in the yard}.
[!care] Would like a dog and is allergic to them.
[!care] Looks after {the dog|the parrot|two cats|the tortoise} of {a neighbour|a colleague at sea|an ex} every {season}.
[!care] Has no pets since {a hamster|a cat|a spaniel} died in {month}.
[!care] Rescued a {hedgehog|swift|bat|barn owl|seal pup} in {month}.
[care] Feeds {sparrows|a squirrel|a robin} on the windowsill.
[care] Gets to hold a therapy {rabbit|poodle|hen} on {day}s.
[care] Misses a {spaniel|tabby|parrot} that lives with {a daughter|a nephew} now.
[!care 18-60 flatmates] Shares a {cat|hamster|stick insect} with the flatmates.
[kids !care] Promised the children a {rabbit|puppy|pony|snail farm} for {month}.
"""


THINGS = """
[20-80 !care] Drives a {1974-2009} {Toyota|Lada|Fiat|Volvo|Peugeot|Ford} with {one green door|no radio|a rope for a handle}.
[18-70 !care] Rides a {folding bicycle|moped|tricycle|racing bike|cargo bike} bought {second-hand|from a priest|at a police auction}.
[18-65 !care] Owns a motorbike that {starts on the third kick|leaks oil|has been to four countries|belongs half to a cousin}.
[!city 24-85 !care] Owns a {tractor|rowing boat|chainsaw|threshing machine|well} together with {kin|two neighbours}.
[30-85 !care] Bought a plot {by the canal|behind the airfield|in the hills|next to a cousin} and grows {leeks|dahlias|beans|melons} on it.
[30-90 !care] Has an allotment with {a shed full of jam|a scarecrow in uniform|nine kinds of potato|a stolen road sign}.
Owns {14-60} {snow globes|teapots|hammers|fans|thimbles|egg cups|lighters|harmonicas}.
Has {300|450|700|1,200|2,000} {vinyl records|comics|postcards|matchboxes|crime novels|beer mats} sorted by {colour|year|smell}.
Wears a {watch|ring|medal|scarf} that belonged to {kin}.
Carries a {pocket knife|lucky coin|folding ruler|tin of pastilles|photo booth strip} everywhere.
Owns {a tuba|a harp|an accordion|a grand piano|a double bass} that nobody in the house can play.
Has one good {suit|coat|dress|pair of boots} for weddings and funerals.
[20-100] Owns a {clock|sewing machine|radio|camera|typewriter} from {1921-1968} that still works.
Sleeps in a bed {built from pallets|bought at a hotel sale|with a dip in the middle|made by an uncle}.
Has a {map|flag|wedding photo|calendar|fish} from {1948-1994} on the kitchen wall.
[!care] Owns a {hammock|telescope|pressure cooker|waffle iron|metal detector|sauna tent} that is lent to half the street.
[25-80 !care] Built a {bread oven|tree house|sauna|greenhouse|brick barbecue|dovecote} {one-handed|in a single winter|from old windows|twice}.
[20-90] Knits {socks|hats|balaclavas|tea cosies} for {the hospital|a whole football team|sailors|every new baby in the street}.
[25-90 !care] Makes {plum jam|hot sauce|elderflower syrup|soap|schnapps|pickles} in quantities for {many} people.
[20-75 !care] Rewires old {lamps|toasters|jukeboxes|telephones} and gives them away.
[18-50] Wears {odd socks|only black|a cap indoors|charity shop suits|a grandmother's cardigans}.
[18-60] Has a tattoo of {a teapot|a goat|an anchor|a bus ticket|the letter Q} on the {calf|shoulder|wrist}.
Has never owned a {car|television|smartphone|credit card|passport|microwave}.
[30-90 !care] Owns a share in a {racehorse|fishing boat|vineyard|cinema|combine harvester}.
[25-70 !care] Keeps {two|three} suitcases packed since {a flood|an earthquake|a false alarm|the war}.
[22-80 !care] Grows {lemons|tobacco|chillies|orchids|bonsai|basil} on a {windowsill|fire escape|balcony|roof}.
[20-70] Has a drawer with {31-140} {foreign coins|corks|dead pens|hotel soaps|keys without locks}.
[28-75 !care] Lives with {some} clocks that all show different times.
"""

MEALS = """
Eats {dish} on {day}s.
Eats {dish} for breakfast.
Makes {dish} from {an aunt's|a grandmother's|a neighbour's|a prison|an army} recipe.
Cooks {dish} for {some} people every {day}.
Orders {dish} at the same {stall|counter|canteen|corner table} every week.
Could eat {dish} every day and often does.
[!care] Learnt to cook {dish} from {a mother-in-law|a radio show|a ship's cook|a flatmate|a video}.
[!care] Serves {dish} to anyone who {knocks|helps with the roof|brings news|looks tired}.
Takes {dish} to work in {a tin|a jar|an old ice cream tub|a cloth}.
Has {dish} on the evening before every {payday|exam|holiday|long trip|doctor's visit}.
Burns {dish} about one time in {three|four|five}.
[!care] Won a {neighbourhood|family|works} contest with {dish}.
Puts {chilli|honey|raisins|too much garlic|vinegar|dill} on {dish}.
[30-110] Has eaten {dish} every {New Year|birthday|Sunday|payday} since childhood.
Shares {dish} with {a colleague|the neighbours|a cousin|the dog} on {day}s.
[!care] Freezes {dish} in portions for {one|two|eleven}.
Queues {ten|twenty|forty} minutes for {dish} on {day}s.
Gave up meat in {year} but makes an exception for {kin}'s {cooking|birthday roast|soup}.
Drinks {six|seven|eight|nine} cups of {black tea|coffee|mint tea|hot water} a day.
Is allergic to {peanuts|shellfish|celery|kiwi|hazelnuts|strawberries}.
Dislikes {coriander|olives|beetroot|cucumber|liver|goat's cheese} in any form.
Salts {melon|coffee|porridge|apples|everything} before tasting.
[!care] Bakes {poppy seed rolls|sourdough|flatbread|banana bread|rye loaves} every {day} night.
Keeps {pickled garlic|halva|dried mango|liquorice|a whole salami} in the {desk|bread bin|bedside table|toolbox}.
[18-45] Lives mostly on {instant noodles|toast|lentils|leftovers from work|eggs|porridge}.
Fasts {two days a week|every {month}|from sunrise to noon|before each new moon}.
"""

HABITS = """
Goes to bed at {nine|half past eight|two in the morning|three in the morning|midnight sharp}.
Gets up at {four|half past four|five|twenty to six} without an alarm.
Naps {for twenty minutes after lunch|on the bus|in the car park|on a bench outside the pharmacy|under the desk}.
Reads the newspaper {from the last page forward|a day late|standing up|aloud|only on {day}s}.
Takes a cold shower {every morning|after work|in the yard|while counting to sixty}.
Swims in the {river|public pool|lake|quarry|hotel pool} {before work|all year round|on {day}s|at the reduced rate}.
[18-80] Walks {four|six|seven|nine} kilometres {before breakfast|after supper|every evening|around the ring road}.
[18-70] Runs up {nine|eleven|fourteen} flights of stairs instead of taking the lift.
Listens to the {shipping forecast|farm report|night mass|football scores|police radio} before sleeping.
Writes {three lines|the weather|every expense|the day's best word|bird names} in a notebook at night.
Irons {seven|five|ten} shirts every {day} night.
Polishes {the shoes of the whole family|a brass lamp|the car|spoons} on {day}s.
Buys {one lottery ticket|a single carnation|two newspapers|half a loaf|sunflower seeds} every {day}.
Plays the same {lottery numbers|chess opening|song|record} every {day}.
Sits on the same {bench|step|bar stool|upturned crate} at {noon|dusk|six} every day.
Phones {kin} at {seven|eight} every {day}.
Goes to {mass|the mosque|the temple|the gurdwara|the synagogue|the baths} on {day}s.
Waters the plants of {some} neighbours.
Sweeps the {pavement|stairs|yard|platform} {before anyone is up|twice a day|with a palm broom}.
Takes the {first|last} bus of the day.
Does the crossword {in pen|at red lights|with a magnifying glass|over the first coffee|in two languages}.
Records the {rainfall|first storm|first swallow|price of eggs|height of the river} and has figures back to {1979-2012}.
Picks up litter on the way {home|to the beach|to work}.
Feeds the parking meter of {strangers|a neighbour|the doctor}.
Chews {cloves|liquorice root|fennel seeds|matchsticks|mint} since giving up smoking.
Smokes {one cigarette a day|a pipe on the balcony|only at weddings|cigars bought singly}.
Bites into an apple {core and all|while reading the post|at exactly ten}.
Leaves the house by the {back door|window|fire escape} when {it rains|the landlord comes|late}.
Watches {weather reports|old Westerns|snooker|cookery shows|sumo|cycling races} with the sound off.
Counts {stairs|magpies|blue cars|lampposts} on the way to {work|the shop|the doctor}.
Keeps the radio on {all night|for the plants|for the dog|in an empty room}.
Cuts {own hair|coupons|recipes from magazines|obituaries out of the paper} on {day}s.
Sends {some} handwritten {letters|postcards} a month.
Checks the {stove|back door|tide|tyre pressure|sky} {twice|three times} before leaving.
[18-60] Scrolls through {house listings|recipes|flight prices|maps} until {one|two} in the morning.
[18-45] Dances {in the kitchen|on {day}s|at the bus stop|with headphones on}.
[25-100] Goes to the barber every {ten|twelve|twenty} days.
[60-110] Reads the death notices before the sports pages.
"""

CIRCUMSTANCES = """
Has type 1 diabetes.
Is colour-blind.
Is left-handed and was made to write with the right.
Is missing the tip of {a thumb|the little finger|one ear} since {a bicycle crash|a frost|a door|an argument with a goose}.
Wears a hearing aid in the {left|right} ear.
[18-60] Has worn braces twice.
[35-80] Had a bypass operation in {year}.
[45-90] Has a new {hip|knee|heart valve}.
[20-60] Has asthma that flares up in {spring|cold air|dusty rooms}.
[20-75] Gets migraines from {red wine|neon light|thunderstorms|perfume}.
[25-70] Has not drunk alcohol since {year}.
[60-110] Cannot read without a magnifying glass.
[65-110] Walks with a stick carved by {a brother|a grandson|a neighbour|a former pupil}.
[18-45] Owes {900|2,300|4,100|7,800} on a student loan.
[22-65] Sends {fifty|eighty|a hundred and twenty} a month to {a mother|two brothers|an aunt|a godchild} {abroad|in the village}.
[22-65] Pays into a savings club with {some} {colleagues|school friends|cousins}.
[22-65] Pays off a {motorcycle|sewing machine|kitchen|van|dentist's bill} in {18-48} instalments.
[22-65] Has saved for {a boat|a plot of land|a wedding|a second-hand tractor|a trip to Mecca} since {year}.
[25-66] Earns less than {a brother|the flatmates|the apprentice|a younger sister} and knows the figure.
[30-80] Won {400|1,100|2,500|6,000} in a raffle in {year}.
[30-90] Rents out {a garage|half a field|a parking space|a room} to {a drummer|a beekeeper|a driving instructor}.
[25-75] Has lost {two|three} wallets in one year.
[18-110] Holds {two|three} passports.
[18-110] Speaks {Tagalog|Polish|Amharic|Quechua|Hungarian|Bengali|Basque} at home.
[25-110] Speaks {three|four} languages, one of them only with {an aunt|cattle|the in-laws}.
[25-80] Has a fear of {lifts|bridges|deep water|dentists|pigeons}.
[18-70] Failed the driving test {twice|three times|four times}.
[20-70] Never learnt to {swim|ride a bicycle|whistle|drive}.
[28-80] Was adopted at the age of {two|three|four}.
[30-90] Grew up in {an orphanage|a circus|a railway house|a lighthouse|a vicarage|a hotel}.
[30-85] Left school at {fourteen|fifteen|sixteen}.
[35-90] Has an unfinished degree in {law|chemistry|theology|forestry|philosophy}.
[40-90] Served {two|three} years in the {navy|mountain troops|border guard|medical corps}.
[35-80] Owns half of a {mill|bakery|flat|vineyard} and has not spoken to the owner of the other half since {year}.
"""

CARE_HABITS = """
Is first at {breakfast|the lift|the newspaper} every morning.
Saves the {sugar sachets|rolls|jam pots} from breakfast for {the birds|visitors|a grandson}.
Folds {paper napkins|old calendars|sweet wrappers} into {cranes|boats|frogs}.
Walks the corridor {four|six|ten} times a day with a {frame|stick|nurse}.
Reads the menu of the week aloud {in the lift|to a deaf neighbour|in a news voice}.
Watches {snooker|cookery shows|sumo|parliament} in the day room with the sound off.
Winds {two|three} clocks at {noon|eight in the evening}.
Sits by the window from {three|four} until the {lamps|swallows|buses} come.
Writes to {a sister in Canada|an old ship's crew|the radio|the mayor} every {month}.
"""
CARE_HOBBIES = """
Plays {whist|dominoes|rummy|draughts} for {buttons|matches|dessert} every afternoon.
Leads the {singing|chair gymnastics|quiz} on {day}s.
Knits {squares|socks|tea cosies} for {premature babies|sailors|the whole staff}.
Paints {the view|nurses|fruit from memory|ships} in watercolour.
Writes the {house newspaper|memoirs|verses for birthdays} {by hand|on a typewriter from {1951-1969}}.
Listens to opera {at full volume|with a score|through one earphone}.
Keeps {violets|tomatoes|a lemon tree} on a windowsill and {talks to them|sells the surplus}.
Fills in {crosswords|football pools|puzzle books} {in ink|faster than the nurses}.
Plays the {harmonica|piano|zither} after supper, mostly {waltzes|marches|film tunes}.
"""
