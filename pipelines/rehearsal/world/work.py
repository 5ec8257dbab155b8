"""What fills the days of people of the full world: work, study, care, or what was done before.

`sentence // detail`: the detail is a second statement that goes with the first alone.
"""

# ruff: noqa: E501 - an entry stands on one line, however long

WORK = """
[22-66 city] Drives {a night bus|a tram|a school bus|an airport shuttle}. // Knows every {pothole|red light|regular} on line {4-98}.
[city] Cleans {operating rooms|a law firm|trains|a cinema} {at night|before dawn}. // Carries {31-88} keys on one ring.
[coast] Guts {herring|mackerel|tuna|squid} on a quay. // Sharpens {three|four} knives before every shift.
[coast 20-64] Mends nets for {some} trawlers. // Ties a knot that {an uncle|a dead captain|nobody else} taught.
[28-66 coast] Pilots ships into the harbour. // Climbs rope ladders in any weather.
[coast] Grows {oysters|mussels|seaweed} on {long ropes|racks|rafts}. // Reads the tide table at breakfast.
[coast] Runs a {ferry kiosk|bait shop|boat hire}. // Takes payment in {eggs|crabs|lemons|diesel} now and then.
[coast] Repairs outboard motors in a shed by the slipway. // Has a {dented|burnt|stiff} thumb from a propeller.
[river] Works as a lock keeper. // Writes down every {barge|canoe|dead fish} in a ledger.
[river warm] Carries passengers across the river in a {wooden|metal|painted} boat. // Bails with a paint bucket.
[lake] Rents out {pedal boats|rowing boats|canoes} from {May to September|the jetty}. // Fishes out {few} hats a week.
[village] Delivers post to {four|five|six} villages. // Has been bitten by {few} dogs on the round.
[village] Milks {18-64} {cows|goats|buffaloes}. // Gets up at {4|5}:{15|30|40}.
[26-66 village] Runs the only shop for miles. // Lets {some} families buy on credit.
[24-66 village] Teaches {19-34} children of all ages in one room. // Rings the school bell by hand.
[village 20-60] Picks {apples|tea|peppers|grapes|hops|cherries} by the crate. // Gets paid by {weight|the row|the day}.
[village warm] Grows {sesame|okra|onions|chillies|groundnuts} on {two|three} rented plots. // Waters them after dark.
[village] Keeps {24-160} beehives along a {railway|canal|motorway|hedge}. // Has stopped counting the stings.
[village] Shoes horses in {some} valleys. // Carries the anvil in a {hatchback|handcart|hearse bought cheaply}.
[30-66 village] Digs graves for {three|four} parishes. // Plants {thyme|marigolds|crocuses} on the oldest ones.
[remote] Shears {110-190} sheep on a good day. // Has a bad back from the shearing.
[remote] Looks after {900-4800} sheep. // Counts them aloud in {an old dialect|dozens|a sing-song}.
[remote] Breeds {horses|cattle|alpacas|ostriches}. // Names each one after {a river|a cloud|a cheese|an old film star}.
[remote] Fixes {windmills|fences|water pumps} for neighbours who live hours away. // Is paid in {hay|beef|favours}.
[remote] Guides {hunters|bird watchers|geologists} across the back country. // Carries a satellite phone.
[hills] Leads mules up to {a monastery|a mountain hut|a quarry}. // Talks to the lead mule about politics.
[26-66 hills] Runs a mountain hut with {many} beds. // Bakes {plum|rhubarb|poppy seed} cake for walkers.
[hills cold] Grooms ski runs at night. // Sees {foxes|hares|an owl} in the headlights.
[hills] Guides walkers to {a waterfall|a crater lake|a cave|a ruined fort}. // Has worn out {some} pairs of boots.
[cold] Drives a snow plough in winter. // Lays {tiles|asphalt|turf} when there is no snow.
[cold] Repairs {boilers|saunas|tiled stoves}. // Is called out most often on {New Year's Eve|Christmas Day|Sundays}.
[warm] Sells {cold juice|ice|coconuts|sugar cane} from a cart. // Has a parasol from a {beer|bank|phone} company.
[warm] Repairs air conditioners on roofs. // Works from five to eleven to escape the heat.
[africa city] Rides a motorcycle taxi. // Keeps a spare helmet for passengers with big hair.
[africa] Buys {shea nuts|cashews|honey|baobab fruit} from farmers. // Sells on to {an exporter|a soap maker|a factory}.
[africa] Braids hair under {an awning|a mango tree|a tin roof}. // Can finish {two|three} heads a day.
[africa city] Sells phone credit from a {yellow|red|blue} kiosk. // Charges phones for {many} neighbours.
[africa] Sews school uniforms. // Owns {two|three} treadle machines.
[africa] Repairs radios in a market stall. // Keeps dead ones for parts in {rice sacks|biscuit tins|a bathtub}.
[asia city] Drives an {electric rickshaw|old taxi|ambulance}. // Hangs {jasmine|lemons|a plastic owl} from the mirror.
[asia] Weaves {silk|cotton|rattan|bamboo} at home. // Finishes one {shawl|basket|mat|sari} in {some} days.
[asia] Steams {dumplings|rice cakes|buns} for a breakfast stall. // Starts the fire at three.
[asia city] Tutors {maths|English|physics|calligraphy} in the evenings. // Has {many} pupils.
[asia] Grows {rice|lotus|tea|ginger} on terraces. // Floods the top field first every year.
[asia city] Inspects {phone screens|circuit boards|zips|toys} in a factory. // May reject {three|four} in a thousand.
[latin] Roasts coffee in a {garage|courtyard|converted bakery}. // Can tell the altitude of a bean by its smell.
[latin city] Drives a minibus with a name painted on it. // Repaints the bumper every {month}.
[latin] Bakes {empanadas|pan dulce|cheese bread} for {some} kiosks. // Delivers by {bicycle|tricycle|moped}.
[latin] Sells {orchids|lottery tickets|herbs|hammocks} at the market. // Has had the same stall since {year}.
[latin] Paints signs for shops and lorries. // Cannot stand stencils of any kind.
[24-66 mideast] Restores {carpets|oud necks|mosaics|copper pots}. // Keeps {many} shades of {wool|wax|wire|thread} in jars.
[mideast city] Sells spices by the {gram|sack|ladle}. // Grinds {cumin|sumac|saffron} to order.
[mideast] Grows {dates|pistachios|pomegranates|olives} on family land. // Argues with {a cousin|an uncle} over water.
[26-66 mideast city] Runs a tea house with {some} tables. // Knows who takes {two|three|four} sugars.
[north city] Answers the night line of an {insurance company|airline|energy supplier}. // Works in socks.
[north] Delivers parcels for {two|three} companies. // Has a list of {many} dogs to avoid.
[north] Frames houses for a small builder. // Keeps every bent nail in a jar.
[24-66 north] Drives a school bus on {gravel roads|the reservation|route 9}. // Waits for late children up to {two|three} minutes.
[north] Cooks in the canteen of a {prison|steelworks|high school}. // Feeds {210-640} people a day.
[24-66 oceania] Drives road trains between {two ports|mines|cattle stations}. // Counts {emus|roadkill|camels} to stay awake.
[oceania] Repairs {surfboards|fishing reels|boat engines} in a shed. // Smells of {resin|salt|diesel} even on Sundays.
[oceania] Prunes {kiwifruit|vines|apricot trees} with a crew of {some}. // Sings harmonies along the rows.
[europe city] Checks tickets on regional trains. // Has heard {some} excuses that were true.
[europe] Makes {cheese|sausage|cider|mustard} in a vaulted cellar. // Won a {silver|bronze} medal for it in {year}.
[europe city] Conducts guided tours of {the sewers|the old town|a cathedral roof|a brewery}. // Walks backwards most of it.
[26-66 europe] Restores {church organs|violins|stained glass|fountain pens}. // Has a waiting list of {two|three} years.
[europe city] Works in a {cheese shop|flower shop|key-cutting booth|dry cleaner's}. // Guesses customers by their {coats|shoes}.
[24-66] Works as a {midwife|paramedic|night nurse|ward sister}. // Has delivered {two|three} babies in {lifts|taxis|car parks}.
[22-66] Works as a dental technician. // Carves {teeth|chess pieces|tiny owls} from leftover wax at lunch.
[24-66] Fits hearing aids. // Keeps a drawer of {batteries|tuning forks|thank-you cards}.
[24-66] Works as a physiotherapist for {a football club|miners|dancers|old people}. // Has strong thumbs and cold hands.
Works in a pharmacy. // Can read handwriting that nobody else can.
[26-66] Practises as a country vet. // Has been kicked by {few} {horses|donkeys|llamas|goats}.
Grooms dogs in a {van|garage|shopping centre}. // Was once hired to wash a {pig|llama|lynx}.
Sells {shoes|wedding dresses|mattresses|lamps} on commission. // Has been employee of the month {few} times.
Sits at the till of a {supermarket|garden centre|petrol station}. // Remembers faces by what they buy.
Stacks shelves from {ten at night|four in the morning}. // Listens to {audiobooks|sermons|chess podcasts} meanwhile.
Drives a forklift in a warehouse for {tyres|frozen fish|furniture|fireworks}. // Can lift an egg with it.
Welds {ship hulls|bicycle frames|playground slides|gates}. // Signs every seam with a tiny {star|fish|initial}.
Works on the line of a {biscuit|glass|brake|pencil} factory. // Does {two|three} weeks of nights a month.
Tests {brakes|lifts|parachutes|smoke alarms}. // Keeps {the worst failure|a snapped cable|a burnt fuse} on the desk.
Repairs {lifts|escalators|vending machines|traffic lights}. // Has been stuck in {some} of them.
Installs solar panels. // Gets {sunburnt|rained on|chased by gulls} all {summer|spring}.
Climbs wind turbines for a living. // Eats lunch {70|80|90|110} metres above the ground.
[26-66] Runs a plumbing business with {two|three|four} employees. // Has a drawer of {rings|coins|toys} found in drains.
Lays bricks. // Builds {chimneys|arches|ovens} better than anyone on the site.
Plasters ceilings. // Wears out a pair of shoes every {two|three} months.
Fits kitchens. // Has {no doors on the cupboards|no kitchen worth the name} at home.
Works as a roofer. // Found {a love letter|a rusty sword|a wasp nest as big as a drum} under a roof in {year}.
Sweeps chimneys. // Gets touched for luck by {brides|students|lottery players}.
Paints {ships|bridges|lampposts|road markings}. // Starts again at one end when the other is done.
Works in a quarry. // Feels the {noon|four o'clock} blast through the boots.
[25-66] Drives a {cement mixer|timber lorry|milk tanker|gravel truck}. // Has {240,000|410,000|600,000} kilometres on the clock.
[24-66] Operates a tower crane. // Takes up {a thermos|two books|a crossword} for the whole shift.
[22-66] Drives a freight train at night. // Has hit {two deer|a sofa|nothing but snow} so far.
[25-66] Works as a signaller on a branch line. // Waves to {the same child|a blind dog|one farmer} at {7|8}:{10|25|50}.
[22-60] Serves as a firefighter. // Sleeps with the boots beside the bed.
[24-60] Works as a prison officer. // Teaches inmates {chess|bookbinding|bread baking} on {day}s.
[24-60] Patrols a {wildlife reserve|marsh|border forest}. // Counts {cranes|snares|nests|burrows} each {month}.
[24-66] Works as a customs officer. // Has opened a suitcase full of {turtles|cheese|wigs|bees}.
[22-66] Translates {contracts|manuals|court files|subtitles}. // Is paid by the line.
[24-66] Interprets for deaf people. // Dreams in {sign|two languages} after long days.
[22-66] Writes {obituaries|weather reports|horoscopes|crosswords} for a newspaper. // Has never missed a deadline.
[22-66] Edits {wedding videos|textbooks|maps|subtitles} at home. // Owns {two|three} screens and one good chair.
[22-66] Programs {washing machines|parking meters|hearing aids|lifts}. // Tests each version on {an aunt|the neighbours}.
[22-66] Looks after the computers of {some} schools. // Fixes most things by turning them off.
[22-66] Works in IT support. // Answers about {34-70} tickets a day.
[25-66] Keeps the books of {some} small companies. // Finds {missing cents|double bookings|forged receipts} by eye.
[24-66] Sells insurance to {farmers|fishermen|dentists|taxi drivers}. // Drives {30,000|42,000|55,000} kilometres a year.
[25-66] Works as a loss adjuster. // Has seen {two|three|four} cases of arson by candle.
[24-66] Works in the tax office. // Handles the letters {K to M|S to Sch|A to C}.
[28-66] Sits on the bench of a {family|traffic|labour} court. // Reads files on the {ferry|balcony|exercise bike}.
[26-66] Defends {tenants|truck drivers|teenagers|asylum seekers} as a lawyer. // Takes some cases for {nothing|vegetables}.
[25-66] Teaches {chemistry|history|woodwork|French|maths} at a secondary school. // Marks in {green|purple|brown} ink.
[22-66] Teaches swimming. // Has pulled {few} people out of the {pool|sea|canal}.
[22-66] Looks after {some} toddlers in a nursery. // Finds {glitter|raisins|small socks} in every pocket.
[25-66] Drives a library van. // Stops at {some} {farms|schools|lay-bys} a week.
[24-66] Catalogues {maps|letters|moths|meteorites} in an archive. // Wears {white gloves|two cardigans} at work.
[24-66] Digs as an archaeologist ahead of {motorways|pipelines|car parks}. // Found a {Roman sandal|bone flute|clay rattle}.
[26-66] Measures {rainfall|wells|soil|river levels} for a public institute. // Publishes tables that {some} people read.
[26-66] Works as a radiographer. // Has X-rayed {a violin|a mummy|a frozen turkey} for fun.
[28-66] Is a surgeon at a {district|children's|military} hospital. // Ties flies to keep the fingers quick.
[24-66] Does night shifts at a call centre for {poisonings|stolen cards|lost luggage}. // Keeps {a cactus|a stress ball} by the phone.
[20-66] Cuts hair in a shop with {two|three} chairs. // Hears every divorce {weeks|months} before it happens.
[20-66] Does nails in a shopping arcade. // Paints {tiny lemons|football crests|whole landscapes} on request.
[22-66] Tattoos {sailors|nurses|grandmothers|cyclists}. // Refuses to do {names|dolphins|faces}.
[22-66] Arranges flowers for {funerals|hotels|weddings}. // Is allergic to {lilies|hyacinths}.
[20-66] Waits tables in a {station|casino|museum|golf club} restaurant. // Can carry {five|six|seven} plates.
[22-66] Cooks in a {ramen bar|fish restaurant|hospital|hotel}. // Has burn marks on both forearms.
[22-66] Bakes bread from {one|two} in the morning. // Goes to bed when {school starts|the shop opens}.
[22-66] Butchers {lamb|game|halal beef|pork} in a family shop. // Owns a set of knives from {1951-1979}.
[24-66] Runs a food truck that sells {waffles|tacos|dumplings|fish rolls}. // Parks by the {courthouse|stadium|hospital}.
[24-66] Tends bar in a {jazz club|railway hotel|bowling alley}. // Pours without measuring.
[24-66] Runs a launderette. // Returns {31-60} odd socks a year.
[24-66] Repairs {watches|sewing machines|cameras|accordions} in a shop the size of a cupboard. // Works under {two|three} lamps.
[24-66] Tunes pianos. // Carries peppermints for clients with loud {parrots|children|clocks}.
[22-66] Plays {viola|bassoon|timpani|horn} in a {theatre|military|regional} orchestra. // Teaches {some} pupils.
[22-60] Dances in {musicals|a folk ensemble|cruise ship shows}. // Has {two|three} metal pins in one ankle.
[22-66] Builds sets for a theatre. // Can paint marble on plywood in {ten|twenty} minutes.
[22-66] Hangs lights for concerts. // Has not heard a quiet room since {year}.
[22-66] Reads the {traffic news|farm prices|night news} on local radio. // Records {jingles|audiobooks} in a wardrobe.
[24-66] Photographs {school classes|weddings|houses for sale|food}. // Says the same {joke|nonsense word} {200|300} times a week.
[24-66] Makes {saddles|brooms|candles|bagpipes} by hand. // Sells most of them {abroad|by post|before Christmas}.
[24-66] Throws pots in a {former garage|barn|courtyard}. // Smashes every {tenth|fifth} one.
[24-66] Binds books. // Smells of {bone glue|wheat paste|leather}.
[24-66] Upholsters {bus seats|sofas|coffins|barber chairs}. // Finds {coins|letters|false teeth} in old stuffing.
[24-66] Recycles {phones|fishing nets|mattresses|bicycles} in a cooperative. // Sorts {two|three} tonnes a week.
[20-66] Empties bins before sunrise. // Has furnished a whole room from the round.
[20-66] Reads water meters. // Walks {14-22} kilometres a day.
[20-66] Guards a {museum|car park|building site|bank} at night. // Walks the same round {six|seven|eight} times.
[20-66] Takes care of the lawns of a {cemetery|golf course|stadium}. // Wages war on {moles|clover|crows}.
[20-66] Prunes the city's trees. // Has saved {two|three|four} cats on the side.
[20-66] Works in a plant nursery. // Grows {cuttings|seedlings} from every holiday.
[30-66] Preaches in a {small chapel|prison|harbour mission}. // Writes sermons on the back of {receipts|tickets}.
[26-66] Arranges funerals. // Keeps {umbrellas|handkerchiefs|spare ties} for mourners.
[26-66] Runs a driving school with {two|three|four} cars. // Has had {few} learners in the same hedge.
[26-66] Sells used {cars|tractors|caravans|pianos}. // Tells buyers about every scratch.
[26-66] Manages a {bowling alley|campsite|swimming pool|youth hostel}. // Has {two|three} cupboards full of lost property.
[26-66] Owns a shop for {buttons|lamps|model trains|fishing tackle|fabric}. // Opens when the {bus|ferry|school} comes in.
[26-66] Manages the night desk of a {two-star|harbour|seaside} hotel. // Keeps a list of what guests forget.
[22-66] Cleans swimming pools for {hotels|rich families|a spa}. // Owns no swimsuit.
[22-66] Drives an ambulance. // Keeps {toffees|a rosary|a harmonica} in the door.
[22-66] Cares for {some} old people in their homes. // Has a key ring like a jailer.
[22-66] Works as a warehouse picker. // Walks {17-26} kilometres a shift.
[24-66] Assembles {pianos|combine harvesters|dentist chairs|pinball machines}. // Fits the same {nine|eleven|fourteen} screws.
[24-66] Breeds {seed potatoes|guide dogs|roses|show rabbits}. // Keeps family trees of each line.
[24-66] Drives a {street sweeper|hearse|mobile crane|cash van}. // Sings in the cab.
"""

STUDY = """
Studies {soil science|dentistry|Slavic languages|shipbuilding|statistics|veterinary medicine} in the {first|second|third} year.
Studies {law|civil engineering|musicology|optometry|nursing|agronomy} in the {ordinal} semester.
Is writing a thesis on {lichens|bus timetables|medieval bells|potato blight|insults in Latin|sand}.
Is training to be a {midwife|baker|stonemason|pilot|pastry cook|glazier|locksmith|vet's assistant}.
Is in the {first|second|last} year of an apprenticeship as a {roofer|cook|lift mechanic|dental technician|tailor}.
[18-20] Is repeating the last year of school.
[18-20] Finished school in {June|July|December}.
Goes to evening classes in {bookkeeping|welding|sign language|sound engineering}.
Attends a {drama|police|maritime|film|music|circus} school.
[18-24] Does voluntary service in a {hospice|kindergarten|bird reserve|soup kitchen}.
"""

STUDENT_JOBS = """
Works weekends at a {bottle return machine|cinema snack bar|car wash|petrol station|pet shop}.
Delivers {pizza|newspapers|flowers|groceries} by {bicycle|scooter|tram}.
Tutors a neighbour's {son|daughter|twins} in {fractions|German|chemistry}.
Earns a little by {walking dogs|tuning guitars|proofreading|folding pizza boxes|modelling hats}.
Has a scholarship from {a bank|the city|a sugar company|the church}.
Lives on {250|300|420|510} a month.
Failed the {statistics|anatomy|driving|Latin} exam {twice|three times}.
"""

IDLE = """
[kids 22-45] Has been on parental leave since {month}. // Worked before that as {a tester of headlights|an estate agent|a sound engineer}.
[21-62] Has been out of work since {a bakery|the sugar plant|a call centre|the shipyard} closed. // Writes {some} applications a week.
[25-66] Looks after a {mother|father|brother|husband} with {dementia|multiple sclerosis|a spinal injury}. // Gets {one|two} free afternoons a week.
[28-66] Lives on a disability pension after a {fall from scaffolding|stroke|car crash}. // Did {some} months of physiotherapy.
[kids 25-58] Stays at home with the children. // Keeps a rota on the {fridge|door|kitchen wall}.
[30-60] Is taking a year off after {a burnout|selling a company|an inheritance|a divorce}. // Sleeps {nine|ten} hours a night.
[24-60] Is recovering from {a back operation|a broken hip|long Covid|a kidney transplant}. // Walks {400|700|900} steps more each week.
[19-60] Is waiting for a work permit. // Learns the language from {cartoons|football commentary|cookbooks}.
[18-62] Does odd jobs for {neighbours|the parish|three landlords}. // Takes no job that needs a {ladder|tie|computer}.
[40-66] Lost {a bakery|a trucking firm|a printing shop} to bankruptcy in {year}. // Pays back {90|120|180} a month.
[55-66] Took early retirement from {the railway|a bank|the steelworks|the post}. // Still wakes at {four|five}.
[22-60] Keeps house for {a brother|an uncle|two priests|a large family}. // Irons {nineteen|twenty-six|thirty-one} shirts a week.
[20-64] Has not worked since {a forklift accident|an eye operation|the flood|a lung illness}. // Mends {clocks|toys|bicycles} for small money.
"""

RETIRED = """
Retired {few} years ago from the {post office|railway|customs|fire brigade|waterworks}. // Kept the {cap|whistle|keys|boots}.
Ran a {hardware|fabric|fish|record|stationery} shop until {2004-2019}. // Still opens letters with the old price knife.
Worked {29-44} years in a {sardine cannery|steel mill|shoe factory|sugar refinery|silk mill}. // Draws a pension of {510|640|880|1,150}.
Taught {geography|music|physics|needlework|Greek} until retirement. // Is still greeted in the street by {class 7|old pupils}.
Drove {buses|trains|lorries|taxis|a milk van} for {29-41} years. // Never had an accident worth the paper.
Nursed {children|burn patients|premature babies} for {26-39} years. // Can still tell a fever by hand.
Sailed as {a ship's cook|a radio officer|a stoker|an able seaman} for {21-38} years. // Was {few} times around the Horn.
Farmed {wheat|tobacco|olives|sheep|sugar beet} until {a hip|a knee|the heart} gave out. // Leases the fields to {a cousin|a neighbour}.
Was a {bank clerk|notary's clerk|court reporter|switchboard operator}. // Types with ten fingers at full speed.
Played {left back|centre forward|goalkeeper} in the second division. // Has {two|three} knees' worth of scars.
Built {dams|bridges|power lines|lighthouses} in {few} countries. // Keeps a hard hat from each.
Cooked for {a ministry|a boarding school|an army base|a convent} until retirement. // Cannot make soup for fewer than {twenty|thirty}.
Delivered babies in {eleven|fourteen|nineteen} villages. // Is a godparent {few} times over.
Cut {suits|wigs|stage costumes|uniforms} for {27-41} years. // Keeps a tape measure in every coat.
Mined {coal|tin|salt|copper|potash} for {20-31} years. // Coughs in {damp|cold} weather.
Set type by hand until the {newspaper|printing house} closed. // Reads upside down.
Looked after {elephants|reptiles|the seals|night animals} at a zoo. // Was missed most by {a parrot|an old bear|a camel}.
Danced in a {state ensemble|revue|circus} until {31-43}. // Stretches at the {sink|stove} every morning.
Swept {streets|chimneys|a railway station} for {27-41} years. // Found {two|three} wedding rings in that time.
Repaired {televisions|typewriters|tractors|lifts}. // Gets called by {former customers|half the street} even now.
Was mayor for {one|two|three} terms. // Has a {bench|roundabout|bus stop} with the family name on it.
Sold {ice cream|newspapers|fish|tickets} at the same corner for {21-39} years. // Knows {two|three} generations by name.
Raised {five|six|seven} children and never had a paid job. // Was paid for the first time at {61-68}.
Managed a {cinema|dance hall|department store} until it closed. // Owns {a velvet seat|a neon sign|the last poster} from that time.
Piloted {crop dusters|helicopters|gliders|mail planes}. // Logged {6,200|9,400|11,800} hours.
Kept a lighthouse until it was automated in {1984-1999}. // Owns the last {lamp glass|logbook|fog bell}.
Sat as a judge for {17-26} years. // Reads {crime novels|nothing but poetry} now.
Forged {knives|anchors|gates|horseshoes} for {31-44} years. // Is deaf in the {left|right} ear.
Painted {icons|cinema posters|fairground rides|porcelain}. // Still does one a {month|year}.
Worked as a translator for {the navy|a radio station|the courts}. // Speaks {four|five|six} languages, one of them badly.
"""
