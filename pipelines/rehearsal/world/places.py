"""Where people of the full world live: name, what kind of place it is, and dishes that are eaten there.

One place a line: `Name, Country [tags] dish; dish; dish`. Tags: a size (city, town, village, remote), a region
(europe, asia, africa, latin, north, oceania, mideast), a climate (warm, mild, cold) and coast, river, lake, hills.
"""

PLACES = """
Tamale, Ghana [city africa warm] groundnut soup with rice balls; waakye wrapped in a leaf; fried yam with pepper sauce
Kumasi, Ghana [city africa warm] fufu with light soup; kenkey with fried fish; palm oil beans with plantain
Jinja, Uganda [town africa warm river lake] matoke with peanut sauce; a rolex from the roadside; tilapia with ugali
Kisumu, Kenya [city africa warm lake] ugali with sukuma wiki; fried omena; chapati with beans
a village near Meru, Kenya [village africa mild hills] githeri from a clay pot; mukimo; mandazi with sweet milky tea
Mekelle, Ethiopia [city africa mild hills] shiro with injera; roasted barley; tihlo with spicy sauce
Saint-Louis, Senegal [city africa warm coast river] thieboudienne; mafe with rice; yassa chicken
Abeokuta, Nigeria [city africa warm river] ofada rice with ayamase; steamed bean pudding; amala with ewedu
Enugu, Nigeria [city africa warm hills] okpa from a street seller; ofe nsala; abacha with smoked fish
Lubango, Angola [city africa mild hills] funge with calulu; grilled goat; muamba de galinha
Beira, Mozambique [city africa warm coast] prawns with piri-piri; matapa; cassava bread
Antsirabe, Madagascar [town africa mild hills] romazava with rice; mofo gasy; peanut brittle from the market
Gqeberha, South Africa [city africa mild coast] bunny chow; umngqusho; snoek on the coals
a farm near Upington, South Africa [remote africa warm river] potjiekos; roosterkoek with jam; dried peaches
Windhoek, Namibia [city africa warm] kapana from the open market; oshifima with spinach; game sausage
Tetouan, Morocco [city africa mild hills] harira; msemen with honey; sardines stuffed with herbs
Sfax, Tunisia [city africa warm coast] brik with egg; fish couscous; bsissa at dawn
Aswan, Egypt [city africa warm river] ful with cumin oil; molokhia; dried okra stew
Mindelo, Cape Verde [town africa warm coast] cachupa with a fried egg; grilled wahoo; goat cheese with papaya jam
Irbid, Jordan [city mideast warm] mansaf; maqluba; falafel with pickled turnip
Sulaymaniyah, Iraq [city mideast mild hills] dolma; kuba in sour soup; yoghurt with wild garlic
Yazd, Iran [city mideast warm] ghormeh sabzi; barley soup; qottab pastries
Rasht, Iran [city mideast mild] mirza ghasemi; walnut and pomegranate stew; smoked fish with rice
Nizwa, Oman [town mideast warm] shuwa; dates with sesame paste; majboos
Trabzon, Turkey [city mideast mild coast hills] kuymak; anchovies fried in cornmeal; black cabbage soup
a village near Van, Turkey [village mideast cold hills lake] herb cheese; keledos; flatbread from a clay oven
Tripoli, Lebanon [city mideast mild coast] kibbeh; sweet cheese rolls; fatteh with chickpeas
Haifa, Israel [city mideast mild coast] shakshuka; sabich; stuffed vine leaves
Kutaisi, Georgia [city mideast mild river] khachapuri; lobio in a clay pot; churchkhela
Gyumri, Armenia [city mideast cold] khashlama; lavash with herbs; panrkhash
Sheki, Azerbaijan [town mideast mild hills] piti in a clay pot; sheki halva; dovga
Bukhara, Uzbekistan [city asia warm] plov with quince; samsa; melon with flat bread
Karakol, Kyrgyzstan [town asia cold hills lake] ashlan-fu; manti; laghman noodles
Kostanay, Kazakhstan [city asia cold] beshbarmak; baursaks; smoked horse sausage
Darkhan, Mongolia [city asia cold] khuushuur; millet with milk tea; tsuivan
a camp near Kharkhorin, Mongolia [remote asia cold] dried curd; mutton soup; clotted cream with flatbread
Pokhara, Nepal [city asia mild lake hills] dal bhat; buckwheat dhindo; sel roti
Thimphu, Bhutan [town asia mild hills] ema datshi; red rice with dried beef; buckwheat noodles
Guwahati, India [city asia warm river] fish in sour tomato gravy; pitha; black sesame pork
Mysuru, India [city asia warm] ragi mudde; masala dosa; mysore pak
a village near Bhuj, India [village asia warm] millet rotla with jaggery; khichdi with buttermilk; lasaniya potatoes
Kozhikode, India [city asia warm coast] mussels in batter; biryani; banana chips
Amritsar, India [city asia warm] chole kulche; makki roti with mustard greens; fish in gram flour
Sylhet, Bangladesh [city asia warm river] shatkora beef; hilsa in mustard; pitha with molasses
Hyderabad, Pakistan [city asia warm river] sai bhaji; palla fish; bombay biryani
Gilgit, Pakistan [town asia cold hills] chapshuro; apricot soup; walnut cake
Galle, Sri Lanka [town asia warm coast] hoppers with sambol; jackfruit curry; kottu
Mandalay, Myanmar [city asia warm river] mohinga; tea leaf salad; mont di noodles
Chiang Rai, Thailand [city asia warm hills] khao soi; sticky rice with chilli paste; sai ua sausage
Luang Prabang, Laos [town asia warm river] or lam stew; river weed with sesame; sticky rice from a basket
Battambang, Cambodia [city asia warm river] fish amok; bamboo sticky rice; nom banh chok
Hue, Vietnam [city asia warm river] bun bo; steamed rice cakes; lotus seed soup
Can Tho, Vietnam [city asia warm river] hot pot with water lilies; grilled snakehead fish; banh xeo
Makassar, Indonesia [city asia warm coast] coto with rice cakes; grilled fish with sambal; pisang epe
Bandung, Indonesia [city asia mild hills] batagor; oncom with leaves; siomay with peanut sauce
Ipoh, Malaysia [city asia warm hills] bean sprout chicken; kaya toast with white coffee; curry noodles
Iloilo, the Philippines [city asia warm coast] batchoy; grilled chicken with annatto oil; pancit molo
Tainan, Taiwan [city asia warm coast] milkfish congee; danzai noodles; coffin bread
Lanzhou, China [city asia cold river] pulled beef noodles; sweet fermented oats; grilled lamb
Guilin, China [city asia mild river hills] rice noodles with pickled beans; taro with pork; osmanthus cake
a village near Dali, China [village asia mild lake hills] fried goat cheese; flowering rice cakes; sour fish pot
Harbin, China [city asia cold river] sweet and sour pork; rye bread with red sausage; stewed goose
Mokpo, South Korea [city asia mild coast] fermented skate; octopus porridge; kelp soup
Gangneung, South Korea [town asia mild coast] soft tofu stew; potato pancakes; squid sundae
Otaru, Japan [town asia cold coast] herring with buckwheat noodles; sea bream rice; butter corn ramen
Kochi, Japan [city asia mild coast] seared bonito; yuzu pickles; rolled omelette
a hamlet near Iya, Japan [village asia mild hills] buckwheat noodles; grilled char; konjac with miso
Perth, Australia [city oceania warm coast] fish and chips by the water; lamb pies; mango with lime
a sheep station near Longreach, Australia [remote oceania warm] damper with golden syrup; mutton chops; tinned peaches
Hobart, Australia [city oceania mild coast] scallop pies; apple crumble; smoked trout
Nelson, New Zealand [town oceania mild coast] green-lipped mussels; hokey pokey ice cream; lamb roast
a farm near Gisborne, New Zealand [remote oceania mild coast] hangi pork; fried bread; paua fritters
Suva, Fiji [city oceania warm coast] kokoda; cassava with coconut cream; roti parcels
Apia, Samoa [town oceania warm coast] palusami; sapasui; breadfruit from the umu
Iqaluit, Canada [town north cold coast] arctic char; bannock; caribou stew
Moncton, Canada [city north cold river] lobster rolls; rappie pie; fish chowder
Saskatoon, Canada [city north cold river] perogies with sour cream; saskatoon berry pie; bison chilli
Trois-Rivieres, Canada [city north cold river] pea soup; tourtiere; sugar pie
Duluth, Minnesota [city north cold lake] wild rice soup; smoked whitefish; hotdish with tater tots
Lafayette, Louisiana [city north warm river] crawfish etouffee; gumbo; boudin from the gas station
Gallup, New Mexico [town north mild] mutton stew with fry bread; green chile burgers; blue corn mush
Toledo, Ohio [city north cold lake river] paprikash; fried perch; buckeye candies
Macon, Georgia [city north warm river] peach cobbler; fried catfish; collard greens
a ranch near Miles City, Montana [remote north cold] elk roast; sourdough pancakes; pinto beans
Bakersfield, California [city north warm] pickled tongue; tamales; almond butter toast
Lowell, Massachusetts [city north cold river] clam chowder; beef lok lak; baked beans
Oaxaca, Mexico [city latin warm hills] tlayudas; black mole; hot chocolate with egg bread
Merida, Mexico [city latin warm] cochinita pibil; lime soup; papadzules
Xela, Guatemala [city latin mild hills] pepian; paches on Thursdays; plantain with beans
Esteli, Nicaragua [town latin warm hills] nacatamales; gallo pinto; quesillo
Limon, Costa Rica [town latin warm coast] rice and beans in coconut; pati; rondon soup
Santiago, Cuba [city latin warm coast] congri; fried pork; guava with white cheese
Jacmel, Haiti [town latin warm coast] pumpkin soup; griot with pikliz; cornmeal with fish
Ponce, Puerto Rico [city latin warm coast] mofongo; pasteles; rice with pigeon peas
Manizales, Colombia [city latin mild hills] bandeja paisa; arepas with butter; wafers with caramel
Cuenca, Ecuador [city latin mild hills river] mote pillo; locro; roast pork with corn
Iquitos, Peru [city latin warm river] juane; grilled paiche; smoked pork with plantain
a village near Puno, Peru [village latin cold hills lake] quinoa soup; chuno with cheese; trout
Cochabamba, Bolivia [city latin mild hills] silpancho; saltenas; peanut soup
Valparaiso, Chile [city latin mild coast hills] chorrillana; empanadas with shellfish; sopaipillas
a farm near Coyhaique, Chile [remote latin cold hills] lamb on the spit; fried bread; rhubarb jam
Rosario, Argentina [city latin mild river] grilled river fish; milanesa; dulce de leche on toast
Salto, Uruguay [city latin mild river] chivito; torta frita when it rains; stuffed beef rolls
Encarnacion, Paraguay [town latin warm river] sopa paraguaya; chipa; mandioca with beef
Belem, Brazil [city latin warm river] tacaca; acai with fried fish; maniçoba
Ouro Preto, Brazil [town latin mild hills] feijao tropeiro; cheese bread; pork with okra
Bragança, Portugal [town europe mild hills] smoked alheira; chestnuts; octopus with potatoes
Setubal, Portugal [city europe mild coast] fried cuttlefish; grilled sardines; orange tarts
Lugo, Spain [city europe mild river] caldo with turnip greens; boiled octopus; San Simon cheese
Teruel, Spain [town europe mild hills] garlic soup; cured ham on bread; lamb with potatoes
Perpignan, France [city europe warm] anchovies with peppers; boles de picolat; cherry clafoutis
a village in the Creuse, France [village europe mild] potato pie; chestnut soup; blood sausage with apples
Le Havre, France [city europe mild coast] mussels; buckwheat galettes; camembert with cider
Taranto, Italy [city europe warm coast] orecchiette with turnip tops; mussels with rice; focaccia
Belluno, Italy [town europe cold hills] casunziei; polenta with cheese; bean soup
Nuoro, Italy [town europe mild hills] pane frattau; culurgiones; suckling pig
Ghent, Belgium [city europe mild river] waterzooi; chips with stew; mastel buns
Zwolle, the Netherlands [city europe mild river] mustard soup; herring with onions; split pea soup
Aarhus, Denmark [city europe cold coast] rye bread with herring; meatballs; cardamom buns
Bodo, Norway [town europe cold coast] stockfish stew; brown cheese on waffles; fish soup
Umea, Sweden [city europe cold river] palt; reindeer stew; fermented herring in August
Kuopio, Finland [city europe cold lake] kalakukko; karelian pasties; blueberry pie
Akureyri, Iceland [town europe cold coast] plokkfiskur; skyr with berries; smoked lamb on flatbread
Galway, Ireland [city europe mild coast] oysters with brown bread; bacon with cabbage; seafood chowder
a croft on Lewis, Scotland [remote europe cold coast] black pudding; salt herring; oatcakes with crowdie
Dundee, Scotland [city europe cold coast] stovies; bridies; marmalade on toast
Wrexham, Wales [town europe mild] lamb cawl; bara brith; faggots with peas
Stoke-on-Trent, England [city europe mild] oatcakes with bacon; steak pie; lobby from the pan
Grimsby, England [town europe mild coast] haddock from the smokehouse; plum bread; chip butties
Luton, England [city europe mild] jollof at a cousin's table; bacon rolls; lamb karahi
Leipzig, Germany [city europe mild] potato soup; quark with linseed oil; leipziger allerlei
a village near Husum, Germany [village europe mild coast] crab rolls; kale with smoked sausage; rote gruetze
Passau, Germany [town europe mild river] roast pork with dumplings; pretzels with obatzda; plum cake
Graz, Austria [city europe mild river] pumpkin seed soup; backhendl; apricot dumplings
Chur, Switzerland [town europe cold hills] capuns; barley soup; nut tart
Ostrava, Czechia [city europe cold] svickova; potato pancakes; poppy seed buns
Kosice, Slovakia [city europe cold] halusky with sheep cheese; cabbage soup; lokse
Pecs, Hungary [city europe mild hills] fisherman's soup; lecso; sour cherry strudel
Bialystok, Poland [city europe cold] kartacze; beetroot soup; potato babka
Tartu, Estonia [city europe cold river] kama with kefir; sprats on black bread; barley porridge
Liepaja, Latvia [city europe cold coast] grey peas with bacon; smoked cod; caraway cheese
Siauliai, Lithuania [city europe cold] cepelinai; cold beetroot soup; curd doughnuts
Vinnytsia, Ukraine [city europe cold river] borscht with pampushky; varenyky; buckwheat with mushrooms
Balti, Moldova [city europe cold] mamaliga with sour cream; placinta; zeama
Sibiu, Romania [city europe cold hills] sarmale; bean soup in bread; plum dumplings
a village near Smolyan, Bulgaria [village europe cold hills] bob from a clay pot; patatnik; yoghurt with honey
Nis, Serbia [city europe mild river] burek with yoghurt; grilled peppers; chopped steak with kajmak
Mostar, Bosnia [city europe warm river hills] japrak; cevapi; fig jam
Zadar, Croatia [city europe warm coast] black risotto; cuttlefish stew; maraska cherries
Maribor, Slovenia [city europe mild hills] buckwheat with cracklings; sour soup; gibanica
Shkoder, Albania [city europe mild lake] carp with prunes; byrek; tave kosi
Ohrid, North Macedonia [town europe mild lake] beans in a clay pot; ajvar on bread; gevrek with boza
Volos, Greece [city europe warm coast] spetsofai; grilled octopus; bougatsa
a village on Ikaria, Greece [village europe warm coast] soufiko; goat with oregano; chickpeas with rosemary
Larnaca, Cyprus [city europe warm coast] halloumi with watermelon; louvi with greens; sheftalia
Gozo, Malta [town europe warm coast] ftira with tuna; rabbit stew; widow's soup
Kazan, Russia [city europe cold river] echpochmak; chak-chak; noodle soup
Petrozavodsk, Russia [city europe cold lake] fish pie; lingonberry kissel; rye pasties
"""
