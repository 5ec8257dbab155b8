"""What people of the full world do for pleasure, with the detail that tells."""

# ruff: noqa: E501 - an entry stands on one line, however long

HOBBIES = """
Plays {second|third} {cornet|horn|trombone|euphonium} in a brass band that rehearses {above a carpet shop|in a fire station|on {day}s}.
Sings {alto|tenor|bass|soprano} in a choir of {31-64}.
[18-75] Sings in a karaoke league and has won {a rice cooker|a goat|a hotel voucher|a toaster}.
[18-60] Plays {bass|drums|keyboard} in a {wedding|punk|cover|ska} band called {bandname}.
Plays the {oud|kora|zither|bagpipes|banjo|hurdy-gurdy} at {weddings|funerals|village feasts|the night market}.
Has been learning the {cello|saxophone|harp|accordion} since {month} from {videos|a nun|a neighbour's son|a retired clown}.
Plays correspondence chess by {postcard|e-mail} with {a pilot in Uruguay|a nun in Kerala|a trucker in Norway|a prisoner}.
Plays {backgammon|dominoes|mahjong|draughts|go} {for small coins|in the park|against the same rival|until midnight} on {day}s.
Has {three|four|five} unfinished {crime novels|operas|board games|screenplays|family trees} in a drawer.
Writes {haiku|limericks|letters to the editor|reviews of bakeries|crossword clues} under a false name.
Collects {barbed wire|sugar sachets|tram tickets|sand|brick stamps|fountain pens|fossils} from {few|many} countries.
Collects {bus timetables|hotel keys|cigar bands|cow bells|door handles|rulers} and shows them to {anybody|nobody|children}.
Builds {paper models of stations|ships in bottles|matchstick churches|dolls' houses|plastic tanks} {at the kitchen table|by night}.
Builds {kites|drones|canoes|guitars|cuckoo clocks|crystal radios} and gives most of them away.
Restores {pinball machines|mopeds|milk carts|fountain pens|tube radios|wooden skis} in a {cellar|rented garage|cowshed}.
[18-70] Welds sculptures of {herons|saints|insects|fish} from {scrap|old cutlery|bicycle chains}.
Carves {spoons|masks|walking sticks|chess sets|decoy ducks} from {pear wood|driftwood|cherry|olive wood}.
Paints {watercolours of factories|portraits of dogs|icons|miniature soldiers|the same hill|car parks} on {day}s.
Embroiders {swear words|maps|football scores|herbs|moths} on {tea towels|cushions|handkerchiefs}.
Quilts {bedspreads|wall hangings} from {old work shirts|ties|flags|curtains}.
Crochets {tablecloths|octopuses for premature babies|hats for statues|lampshades} {in meetings|on trains|during the news}.
Sews {carnival costumes|puppets|historical uniforms|dog coats} on a {borrowed|treadle|pink} machine.
Does jigsaw puzzles of {2,000|3,000|5,000} pieces {face down|against the clock|with a brother-in-law|on the ironing board}.
[18-80] Photographs {night skies|manhole covers|abandoned cinemas|bus stops|moths|storm clouds} from {a van roof|the balcony|a fire tower}.
Develops {black-and-white film|old glass plates} in the {bathroom|pantry|laundry}.
Draws maps of {towns that do not exist|footpaths|the local bees|the family}.
[18-70] Races {pigeons|go-karts|lawnmowers|model yachts|dachshunds} on {Saturdays|Sundays}.
[18-60] Plays {handball|water polo|netball|kabaddi|futsal} in a {works|church|third-division} team.
[18-60] Keeps goal for {a bakery|the post office|a fishing village|a hospital} team.
[20-75] Umpires {schoolboy cricket|volleyball|table tennis|youth football} in {a hat from {1971-1989}|odd shoes|all weathers}.
[18-70] Plays {walking football|underwater hockey|korfball|beach volleyball|lacrosse} with a {club|mixed team} two towns away.
[25-90] Bowls in a league against {priests|miners|a women's team|old rivals} and has a {personal|club} best of {190-262}.
[18-55] Boxes in a gym {under a flyover|behind a bakery|above a garage} and has won {few} of {nine|eleven} fights.
[18-50] Throws {discus|darts|javelin|hammer} and holds the {school|county|pub|club} record.
[18-55] Lifts weights in a {cellar|garage|barn} and can bench {80|95|110|125} kilos.
[18-65] Climbs {sea cliffs|quarry walls|frozen waterfalls|church towers for charity}.
[hills 18-70] Climbs one {summit|ridge|pass} a month and buries {a coin|a marble|a button} on each.
[18-70] Cycles {long distances at night|up the same pass every {month}|on a tandem with a blind friend|to every lighthouse}.
[18-60] Has run {few|some} marathons, the {fastest|slowest} in {3|4} hours and {11-58} minutes.
[coast 18-60] Surfs {before work|in winter|on a board made from cork|badly but daily}.
[coast] Sails {a dinghy|a plywood sloop|an old lifeboat} with {a brother|two colleagues|a deaf friend}.
[coast 18-65] Dives for {sea urchins|wrecks|lost rings|abalone|plastic}.
Fishes for {carp|pike|eels|catfish|trout} {at night|from the same pontoon|in the rain|and throws them all back}.
[cold 18-80] Skis {cross-country|in wool only|to the shop|on wooden skis} and has a loop of {7-19} kilometres.
[cold] Curls in a {masters|mixed|village} team and throws the {first|second|third} stones.
[cold] Picks {cloudberries|chanterelles|lingonberries|rowan berries} in places that are kept secret.
Hunts for {truffles|mushrooms|fossils|meteorites|wild asparagus} with a {lazy dog|school friend|hand-drawn map}.
Watches {waders|vultures|owls|swifts|parrots} and has a list of {118-430} species.
Rings {birds|church bells|bats} for {science|a parish|a reserve} on {Saturday|Sunday} mornings.
Grows {giant pumpkins|dahlias|carnivorous plants|roses|chillies|leeks for show} and once came {second|third} in the county.
Grafts {apples|pears|roses|citrus} and has a tree with {some} kinds on it.
Brews {ginger beer|stout|mead|rice wine|kombucha} {under the bed|in the garage|in the bathtub} in batches of {20-45} litres.
[25-80] Distils {quince|plum|juniper} brandy {legally|for weddings|in a still from {1922-1961}}.
Bakes {wedding cakes|gingerbread towns|braided loaves|macarons} for {neighbours|prisoners' families|the fire brigade}.
Dances {tango|rumba|bhangra|polka|salsa|dabke|square dances} {on {day}s|in a gym|at the ferry terminal|with a cousin}.
Acts in a {village|works|church|dialect} theatre and is always cast as {the judge|the corpse|the mother-in-law|a tree|the drunk}.
Does {stand-up comedy|card tricks|puppet shows|ventriloquism} in {hospitals|a pizzeria|retirement homes|pubs}.
[18-45] Streams {speedruns|farming games|chess puzzles|retro racing games} to about {many} viewers.
[18-50] Plays {role-playing games|tabletop battles|Scrabble|bridge} every {day} with the same {four|five|six} people.
[18-60] Mods {old game consoles|keyboards|bicycles|synthesizers} and posts the wiring diagrams.
Runs a radio {show for insomniacs|hour of polka|quiz|programme on bees} on a {community|student|hospital} station.
Talks by amateur radio with {Antarctica|the space station|Patagonia|ships|a monk in Japan} from a {shed|loft|cupboard}.
Stargazes with a {home-made|borrowed|brass|dented} telescope and is looking for {comets|a name for one|Neptune|satellites}.
Reads {Russian novels|comics|sagas|travel books from before 1930|cookbooks} {in the bath|aloud to plants|on the tram|twice}.
Learns {Esperanto|Welsh|Morse code|Sanskrit|Italian|sign language} {from a tape|by post|with flash cards on the stove|from soap operas}.
Goes to every {auction|court hearing|town meeting|flea market|funeral tea} within {10-30} kilometres.
Volunteers {on a lifeboat|at a soup kitchen|as a football steward|at a repair cafe|with a mountain rescue team} on {day}s.
Coaches {a girls' volleyball team|junior wrestlers|young swimmers|a chess club|an under-nines side} {on ash|for free|twice a week}.
Leads a {scout troop|walking group for widowers|gospel choir|book club in a prison}.
Traces {family history|local ghosts|old tram lines|shipwrecks} in {parish registers|newspapers from the attic|archives}.
Walks with a metal detector {on beaches|across ploughed fields|along old roads} and has found {a cannonball|two rings|a Roman spoon}.
Flies {paper kites|model gliders|hot-air balloons|stunt kites} {from a dyke|from the roof|at dawn|on the last day of {month}}.
Plays {petanque|croquet|boules|horseshoes|quoits} behind the {church|fire station|pub|mosque}.
Makes {stop-motion films|radio plays|a comic strip} about {a snail|two bus drivers|a retired spy|potatoes}.
Repairs {clocks|toys|umbrellas|dolls} for anyone who {asks|brings cake|tells the story behind it}.
Keeps {silkworms|leafcutter ants|snails|bees} and {sells the surplus|gives talks about them|counts them on {day}s}.
Arranges {ikebana|dried grasses|pressed flowers|shells} {for the station hall|in sardine tins|for nobody}.
Practises {calligraphy|archery|fencing|tai chi|judo} {at sunrise|in a barn|with pensioners|in a car park}.
Trains {agility dogs|falcons|show hens|rats for races} {on {day}s|in a meadow|in the hallway}.
Follows {a third-division club|county cricket|sumo|women's cycling|the ice hockey league} and has missed {two|three} home games since {year}.
Knows every {capital|flag|metro station|football result|bird call} of {Europe|Africa|Asia|the continent} by heart.
Goes {dumpster diving|night swimming|busking|ghost hunting|ice bathing} with {two cousins|a colleague|a retired judge}.
Solves {sudoku|cryptic crosswords|chess problems|logic puzzles} {in ink|on the stairs|for money|before the kettle boils}.
"""
