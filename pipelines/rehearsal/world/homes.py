"""How old people of the full world are, how and with whom they live."""

# ruff: noqa: E501 - an entry stands on one line, however long

AGES = """
Is {age} years old.
Is {age} years old.
Turned {age} in {month}.
Will be {next_age} in {month}.
Has just turned {age}.
Celebrated {an_age_th} birthday in {month}.
Is {age} this year.
[18-29] Is only {age}.
[18-24] Is {age} and the youngest of {few} children.
[60-120] Is {age} years of age.
[75-120] Has reached the age of {age}.
[30-60] Was born {age} years ago during a {strike|flood|power cut|heatwave|blizzard|football final|carnival}.
[30-120] Will turn {next_age} on the last day of {month}.
Is {age}, to the day as old as {a cousin|a neighbour|a school friend|a sister-in-law}.
[50-120] Blew out {age} candles in {month}.
[40-120] Is {age} and the {eldest|youngest|quietest|tallest} of {few} siblings.
"""

HOMES = """
[!remote !care] Lives in {place}.
[city !care] Rents a {one-room|two-room|three-room} flat in {place}.
[city !care] Lives on the {third|fifth|sixth|ninth|eleventh} floor of a tower block in {place}.
[city !care] Has a flat above a {bakery|shoe shop|pharmacy|betting shop|laundry|hardware store} in {place}.
[city !care] Lives near the {bus station|main market|old prison|football ground|flour mill|ring road} in {place}.
[city kids] Lives on a housing estate at the edge of {place}.
[city 18-35 flatmates] Shares a draughty flat in {place}.
[city 18-30 flatmates] Sleeps in the smallest room of a shared house in {place}.
[city student] Has a room in a student residence in {place}.
[town !care] Lives in a narrow house behind the {church|market|school|post office|bus stop} in {place}.
[town !care] Rents the ground floor of a {yellow|stone|wooden|corner} house in {place}.
[town !care] Lives a few streets from the {fire station|hospital|bus station|square|sawmill} of {place}.
[city kids] Owns a terraced house with a {leaking|green|patched} roof in {place}.
[village] Lives at the {upper|lower|quiet|far} end of {place}.
[village] Lives in the last house before the {fields|woods|bridge|quarry} in {place}.
[village 30-120] Lives in the house of the grandparents in {place}.
[remote] Lives on {place}.
[remote] Has spent {few} winters on {place}.
[remote] Sleeps in the oldest building on {place}.
[coast !remote !care] Lives within earshot of the sea in {place}.
[river city !care] Lives so close to the river in {place} that the cellar floods.
[lake !remote !care] Lives two minutes from the lake in {place}.
[hills !remote !care] Lives up {89-240} steps in the steepest part of {place}.
[warm !remote !care] Lives in a {pink|white|blue|green|yellow} house with a flat roof in {place}.
[cold !remote !care] Lives in a wooden house with a tiled stove in {place}.
[25-120 !village !remote !care] Moved to {place} {few} years ago for {work|love|a job that fell through|a sick parent}.
[25-120 !village !remote !care] Has lived in {place} since {year}.
[30-120 !remote !care] Has never lived anywhere but in {place}.
[35-120 !remote !care] Came back to {place} after {some} years abroad.
[35-120 !remote !care] Built the house in {place} together with {a brother-in-law|two cousins|a retired mason|an uncle}.
[28-120 city !care] Pays off a small apartment in {place}.
[28-120 city !care] Lives in a converted {school|dairy|tram depot|printing works|chapel|sock factory} in {place}.
[18-40 city parents] Still has a childhood bedroom in {place}.
[20-60 city alone] Lives in a basement flat in {place}.
[22-70 river !remote alone] Lives on a {houseboat|moored barge|retired ferry} in {place}.
[22-65 alone !care !remote] Lives in a caravan on the outskirts of {place}.
[25-70 !remote !care] Looks out on a {car park|cemetery|railway yard|mango tree|school playground|brick wall} in {place}.
[care] Has a room in a care home in {place}.
[care] Moved into an old people's home in {place} {few} months ago.
[care] Shares a corridor with {many} other residents of a care home in {place}.
[care] Lives in sheltered housing in {place}.
"""

HOUSEHOLDS = """
[alone !care] Lives alone.
[alone 24-70] Has lived alone since a {divorce|separation|long engagement ended|flatmate moved out}.
[alone 22-60 !care] Has nobody to share the {bathroom|stove|sofa|rent} with.
[alone 30-90 !care] Sees {a sister|a brother|a nephew|a grown daughter|an old colleague} every second {Sunday|weekend}.
[alone 35-75] Was married for {some} years.
[alone 25-60] Is in a relationship with a {cook|ship's engineer|locksmith|nurse|surveyor} two hours away.
[alone] Talks on the phone with {a brother|a sister|a mother|a school friend} every evening.
[alone 40-90 !care] Lets the spare room to {a student|a trainee nurse|a bus driver|two exchange students}.
[alone 50-95] Was never married.
[alone 18-35] Sleeps on a mattress borrowed from {a friend|an uncle|the landlady}.
[flatmates] Shares the kitchen with {few} others.
[flatmates] Lives with {a trainee chef|two drummers|a night nurse|three law students|a magician} and {a cousin|a stranger}.
[flatmates] Has a flatmate who {sleepwalks|brews cider|repairs accordions|cooks only lentils|studies snails|never pays on time}.
[flatmates] Splits the rent with {a childhood friend|two colleagues|an ex|a half-brother}.
[flatmates] Has lived with the same {few} people since {year}.
[parents 18-40] Lives with both parents.
[parents 18-45] Lives with a {widowed|divorced|deaf|retired} {mother|father}.
[parents 18-35] Shares a bedroom with {a younger|a twin|an older} {brother|sister}.
[parents 18-40] Lives with {a grandmother|a grandfather|an aunt} and {few} cousins.
[parents 18-30] Is the only one of {few} siblings still at home.
[partner 18-28] Moved in with a {girlfriend|boyfriend} in {month}.
[partner 18-28] Shares one room with a {girlfriend|boyfriend} who {bakes at night|repairs phones|studies law|drums}.
[partner 22-45] Lives with a {girlfriend|boyfriend} of {few} years.
[partner 25-60] Is married to a {nurse|bus driver|plumber|teacher|tax clerk|carpenter|midwife|baker|dentist|roofer}.
[partner 30-80] Has a {wife|husband} who {sings in a choir|works nights|snores|collects stamps|teaches chemistry|gardens}.
[partner 60-95] Has been married for {31-44} years.
[partner 25-70] Lives with a second {wife|husband}.
[partner 25-60] Married {a pen friend|a former rival|a neighbour|a driving instructor|the best man's cousin} in {year}.
[partner 45-90] Has been with the same {woman|man} since {school|military service|a village dance|a bus strike}.
[partner 24-50] Is engaged to a {vet|welder|florist|pilot|librarian|paramedic}.
[partner 26-60] Shares the house with a {wife|husband} and {a mother-in-law|a father-in-law|two nieces|a lodger}.
[kids 22-50] Has a {son|daughter} of {two|three|four|five|six|seven}.
[kids 25-52] Has {two|three|four} children under {ten|twelve|fourteen}.
[kids 23-48] Raises a {son|daughter} alone.
[kids 24-45] Has twin {girls|boys} who {share one bicycle|dress alike|play in different teams|bite}.
[kids 20-40] Has a baby who {sleeps only in the car|was born in March|has two teeth|cries at violins}.
[kids 35-58] Has a teenage {son|daughter} who {plays the drums|wants to be a pilot|no longer eats meat|paints murals}.
[kids 30-58] Sees a {son|daughter} of {eight|nine|ten|eleven} every second weekend.
[kids 28-58] Is a foster parent to {two brothers|a girl of six|three siblings|a boy of nine}.
[kids 32-58] Has {three|four|five|six} daughters.
[kids 30-58] Brought {two|three} children into a second marriage.
[kids 26-55] Lives with a partner and {two|three|four} {sons|daughters|children}.
[grandkids 45-95] Has {few} grandchildren.
[grandkids 50-80] Looks after a grand{son|daughter} on {day}s.
[grandkids 48-88] Lives with a {son|daughter} and {two|three} grandchildren.
[grandkids 50-95] Has a grand{son|daughter} who {dives|studies law|bakes wedding cakes|drives a tram|boxes}.
[grandkids 60-99] Became a great-grandparent in {month}.
[grandkids 52-85] Picks up {two|three} grandchildren from school at noon.
[widowed 50-105] Has been widowed for {some} years.
[widowed 55-105 !care] Still lays the table for two on {day}s.
[widowed 60-105] Lost a {wife|husband} after {31-44} years together.
[widowed 55-95 !care] Lives with a {sister|brother} who is also widowed.
[widowed 60-95] Plays cards with {a brother-in-law|two other widows|a former rival|the doctor} every {day}.
[care] Shares a table with {a retired judge|two sisters|a former acrobat|a deaf organist|an old rival}.
[care] Gets a visit from {a niece|a son|a granddaughter|a former pupil} on {day}s.
[care] Has a roommate who {hums|cheats at cards|was once a jockey|speaks only Latin to the nurses|hides the remote}.
"""
