"""How people of the full world think, feel and talk.

An axis is a block of which a person has at most one line: `[tags] trait ~ what somebody with this trait types in a
chat`. `~ @lower`, `@caps`, `@dots`, `@hearts`, `@bangs`, `@bare` show the trait by how every message is written.
Tags keep lines of other axes away that say the opposite (OPPOSED).
"""

OPPOSED = (
    ("brief", "long"),
    ("warm", "cool"),
    ("formal", "loose"),
    ("sure", "unsure"),
    ("slow", "fast"),
    ("funny", "grave"),
    ("trusting", "doubting"),
    ("order", "chaos"),
    ("bold", "careful"),
    ("open", "closed"),
    ("facts", "feelings"),
    ("peace", "fight"),
)

MANNERS = (
    """
[brief] Sends one line and waits. ~ That's all.
[brief] Writes as if every word cost money. ~ Short version, please.
[brief] Leaves out every word that can be guessed. ~ You know what I mean.
[brief fast] Answers with a single word where a sentence would do. ~ Fine.
[long] Needs three messages to get to the question. ~ I'm getting to it, I promise.
[long] Wraps every request in its whole history. ~ To explain that I have to go back a bit.
[long slow] Tells a small story where others state an opinion. ~ That reminds me of something.
[long] Adds a postscript to nearly every message. ~ PS: there's more where that came from.
[long] Corrects an own sentence twice before moving on. ~ No, let me put that differently.
""",
    """
[loose] Writes everything in lower case. ~ @lower
[loose] Types in capitals when something matters. ~ @caps
[loose long] Lets sentences trail off into dots. ~ @dots
[loose warm] Scatters hearts through the most ordinary messages. ~ @hearts
[loose] Puts exclamation marks where others breathe. ~ @bangs
[loose brief] Treats full stops as a waste of time. ~ @bare
[formal] Writes like a letter to an office, greeting included. ~ Dear assistant,
[formal] Uses semicolons in a chat and means them. ~ I have one request; it is a modest one.
[formal] Talks about own feelings as if somebody else had them. ~ One does wonder about these things.
[loose] Spells words the way they sound. ~ Gonna need a minnit with that.
""",
    """
[funny] Turns any subject into a joke within two lines. ~ I'd laugh, but then I'd have to explain it.
[funny] Makes puns and apologises for none of them. ~ Pun intended, always.
[funny] Jokes only when things are serious. ~ If I stop joking, start worrying.
[funny cool] Keeps a straight face while saying absurd things. ~ I'm told I'm hilarious. I have no comment.
[funny] Exaggerates everything by a factor of ten. ~ I've told you a thousand times, or once.
[grave] Takes every sentence literally. ~ Do you mean that exactly as you wrote it?
[grave] Misses irony and asks about it afterwards. ~ Was that a joke? I can never tell.
[funny] Laughs at own mistakes before anybody else can. ~ Ha, there I go again.
[grave] Finds wordplay tiresome. ~ Let's leave the wordplay out of it.
""",
    """
[fast sure] Decides first and looks for reasons later. ~ I've decided already, I just want the reasons.
[slow unsure] Weighs two options until both look wrong. ~ On the other hand, maybe not. Or maybe.
[slow] Sleeps on everything, even on small things. ~ I'll sleep on it before I answer.
[fast] Wants to begin before the plan is finished. ~ Can we just start and see?
[slow careful] Asks for the worst case before anything else. ~ What's the worst that can happen?
[sure] Sticks to a choice even when it has stopped working. ~ I said I'd do it this way, so I'm doing it.
[unsure] Hands the final choice to whoever is nearest. ~ You choose, honestly.
[unsure] Changes sides while still arguing for the first one. ~ Actually, now I half believe the opposite.
[bold fast] Tosses a coin and then argues with the coin. ~ The coin says yes and I don't like its tone.
""",
    """
[doubting] Asks for the source when something sounds too neat. ~ Where did you get that from?
[doubting] Checks every number that comes along. ~ I'll check that figure, no offence.
[doubting fight] Lays small traps to see who is paying attention. ~ That was a trick question, by the way.
[trusting] Believes the first answer and builds on it at once. ~ Good enough for me, I'm on it.
[trusting] Thanks for advice before having heard it. ~ Thank you in advance, whatever it is.
[doubting] Trusts a hunch over any calculation. ~ My gut says otherwise.
[trusting] Assumes that everybody means well. ~ I'm sure they meant well.
[doubting] Believes nothing that comes with an adjective. ~ Leave out the adjectives and I might believe it.
[doubting] Reads the small print before the headline. ~ And what does the small print say?
""",
    """
[open feelings] Confides a great deal within minutes. ~ I shouldn't tell you this, but I will.
[open] Reports tears as calmly as rain. ~ I cried a bit, it's fine, it passed.
[closed] Hides worry behind practical questions. ~ Purely practical question, nothing more.
[closed] Says that all is well in a tone that says otherwise. ~ I'm fine. Really. Fine.
[closed] Changes the subject when it gets personal. ~ Anyway, let's talk about something else.
[open] Names every feeling as it arrives. ~ I notice that I'm getting annoyed now.
[closed grave] Goes silent when touched. ~ I don't know what to say to that.
[open] Apologises for strong feelings and then has more of them. ~ Sorry, I get carried away.
[closed cool] Treats emotions as weather reports. ~ Mood today: overcast, no rain expected.
""",
    """
[peace] Agrees first and objects three messages later. ~ Yes, absolutely. Well, one thing.
[peace] Softens every objection until it is hard to find. ~ I may be wrong, but perhaps, just a little, no.
[fight] Argues the opposite to see what happens. ~ Let me argue the other side for a minute.
[fight sure] Enjoys being contradicted with good reasons. ~ Go on, prove me wrong.
[fight] Keeps score of who was right. ~ That's one point for me.
[peace] Drops a lost argument without a word and moves on. ~ Right, next topic.
[peace warm] Looks for the point that both sides share. ~ I think we mean the same thing.
[fight] Repeats the last word of an opponent with a question mark. ~ Obvious? Obvious?
[fight cool] Corrects wrong terms in passing. ~ Small correction: that's not what the word means.
""",
    """
[warm] Greets every time, even in the middle of a talk. ~ Hello again, how are you holding up?
[warm] Asks how the other side is doing and waits for an answer. ~ And you, everything all right over there?
[warm] Gives everything a nickname within minutes. ~ I've named this problem Gerald.
[cool] Skips every greeting and every goodbye. ~ To the point.
[cool] Gives orders rather than making requests. ~ Give me the answer first.
[formal cool] Keeps a polite distance from start to finish. ~ I would be obliged for a brief answer.
[warm] Hands out praise like sweets. ~ You're a star, you know that?
[cool funny] Shows affection by insulting. ~ Not bad for a toaster.
[warm peace] Says thanks for every single reply. ~ Thanks for that, truly.
""",
    """
[order] Numbers own questions. ~ First question, then a second.
[order] Announces the topic and the goal at the start. ~ Topic: see above. Goal: a decision.
[order slow] Finishes one subject before opening the next. ~ One thing at a time, please.
[chaos] Jumps between three topics in one breath. ~ Wait, different thing.
[chaos] Forgets the question halfway through asking it. ~ What was I asking again?
[chaos] Returns to a point long after everybody has left it. ~ Going back to what we said ages ago.
[order] Sums up what was agreed before going on. ~ So, to sum up what we have so far.
[chaos fast] Thinks aloud and contradicts the line before. ~ No wait, scrap that, the opposite.
[order] Keeps lists of things that went well. ~ That goes on the list of good things.
""",
    """
[facts] Wants numbers with their units. ~ How much is that in numbers?
[facts] Needs to know how a thing works before using it. ~ But how does it actually work?
[feelings] Judges an answer by how it feels. ~ It doesn't feel right, I can't say why.
[facts] Compares everything with everything else. ~ Compared to what, though?
[feelings] Notices the tone long before the content. ~ You sound a bit stiff today.
[feelings] Thinks in pictures and asks for more of them. ~ I see it as a kind of staircase.
[facts] Counts what others only sense. ~ That's the third time today, I counted.
[feelings] Asks what it all means rather than what to do. ~ What does it say about me, though?
[facts] Loves exceptions more than the rule. ~ And when does that not hold?
""",
    """
[careful] Asks permission before asking a question. ~ May I ask you something?
[careful] Mentions every doubt before every wish. ~ I'm not sure it's allowed, but I'd like it.
[bold] Says what others only think. ~ Somebody has to say it.
[bold] Promises first and worries about it later. ~ I said yes before I knew how.
[careful] Rehearses hard conversations in advance. ~ Can I practise on you what I'm going to say?
[bold funny] Treats warnings as invitations. ~ You say don't, I hear do.
[careful grave] Expects things to go wrong and is calm about it. ~ It'll go wrong, and that's all right.
[careful] Looks for the way out before going in. ~ And how do I get out of it again?
[bold trusting] Follows advice only when it sounds like fun. ~ If it's fun I'm in.
""",
    """
Takes a correction as a gift. ~ Oh, good catch, I had that wrong.
Bristles at advice that nobody asked for. ~ I didn't ask for advice, to be fair.
Waves advice away and follows it a day later. ~ Nah. I'll probably do it tomorrow anyway.
Needs to hear a thing twice before accepting it. ~ Say that again, would you?
Takes disagreement as a request to explain again. ~ Let me explain it once more from the start.
Admits being wrong at once and without pain. ~ I was wrong, moving on.
Remembers criticism word for word. ~ Somebody once called me stubborn, word for word.
Asks for honesty and then flinches at it. ~ Be honest. Ouch. All right.
Agrees with criticism before it is finished. ~ Yes, yes, guilty, I know.
""",
    """
Uses old-fashioned courtesies. ~ Would you be so kind.
Swears mildly and often. ~ Damn it, excuse my language.
Signs off every message with a blessing. ~ Peace and good soup to you.
Borrows proverbs and bends them. ~ Too many cooks make light work.
Quotes own rules as if they were law. ~ Rule number one: never rush.
Talks about machines as if they had moods. ~ My kettle is in a mood as well.
Speaks in half sentences. ~ Long day. Wet. Enough.
Starts many sentences with a sigh. ~ Sigh. Well.
Answers a question with a question. ~ Why do you ask?
Repeats a favourite phrase until it becomes a joke. ~ As the saying goes, and it goes and goes.
""",
    """
Remembers small details that others have let drop. ~ You said something about that earlier.
Loses the thread when two questions come at once. ~ One question at a time or I'm lost.
Asks why at least twice. ~ Why? And why that?
Treats every answer as a draft to be improved. ~ Nearly there. Could it be better?
Explains things back to be certain. ~ So if I understand, it's like this.
Turns complaints into plans. ~ Enough complaining, what's step one?
Begins with a complaint and ends with a joke. ~ Everything is terrible, except the biscuits.
Sees the funny side only a day later. ~ I'll laugh about it tomorrow.
Wants to know what the other side would do. ~ What would you do in my place?
Gets excited by things that nobody else notices. ~ Isn't that the most wonderful tiny thing?
""",
    """
[slow] Lets a pause pass before anything personal. ~ Give me a second.
[slow] Takes a long time to warm up and then stays. ~ I'm slow to thaw, bear with me.
[fast] Forgives quickly and forgets faster. ~ Already forgotten.
[fast] Loses interest the moment a thing is solved. ~ Solved, so it's boring now.
[slow] Circles a subject before landing on it. ~ I'm circling, I'll land soon.
[fast] Interrupts own thoughts with better ones. ~ Oh, better idea.
[slow order] Prepares for a chat as others do for an exam. ~ I've made notes for this.
[slow] Comes back to a hurt much later, in passing. ~ That stung a little the other day, by the way.
""",
    """
[unsure] Doubts every decision once it is made. ~ Was that the right thing to do?
[unsure warm] Apologises for taking up time and stays. ~ Sorry to take up your time again.
[sure] Speaks about the future as if it were settled. ~ By next year that's all done.
[sure cool] Finds pity harder to bear than criticism. ~ No pity, thanks.
[unsure] Asks the same thing again in other words. ~ In other words, is it all right?
[sure] Ignores compliments altogether. ~ Skip the praise.
[unsure] Fishes for reassurance with a joke. ~ Tell me I'm not mad, or at least not very.
[sure funny] Boasts so openly that it cannot be serious. ~ I'm the best at this within ten metres.
[unsure] Says maybe to most direct questions. ~ Maybe. Probably. Maybe.
""",
    """
Sets a deadline for every decision. ~ I want this settled by tonight.
Puts off choices until only one is left. ~ I'll wait until there's only one option left.
Plans in detail and drops the plan without regret. ~ There was a plan. There was.
Breaks big things into tiny ones. ~ Just the first small step, then.
Improvises and calls it strategy. ~ I'll make it up as I go, as always.
Needs a reason before moving a finger. ~ Give me one good reason.
Starts over rather than repair. ~ I'd rather start from scratch.
Follows instructions to the last comma. ~ I did exactly what it said, to the comma.
Cuts corners and admits it. ~ I skipped a step, I admit it.
""",
    """
Defends the underdog in every story. ~ I'm on the side of whoever's losing.
Becomes immovable over fairness. ~ It's the principle that bothers me.
Roots for tradition on principle. ~ The old way was fine.
Wants everything new at least once. ~ I'll try anything once.
Mistrusts anything that is popular. ~ If everybody likes it I'm out.
Finds beauty in dull things. ~ Even the bus timetable is lovely, in a way.
Makes gentle fun of every solemn word. ~ Destiny, my foot.
Values being on time above being right. ~ Better late answers than none? No. On time.
Speaks up for people who are not there. ~ They'd say it differently if they were here.
Hates waste, of words above all. ~ Don't waste words on me.
""",
)

LIKES = (
    """
[brief] Likes replies of two sentences at most. ~ Two sentences, that's the right size.
[brief] Wants the conclusion in the first line. ~ Conclusion first, please.
[long] Likes replies that go step by step and skip nothing. ~ Step by step, leave nothing out.
[long] Enjoys long replies with a beginning and an end. ~ Take your time with the answer, I like them long.
[order] Prefers one recommendation with its price. ~ One recommendation and what it costs me.
[fight] Enjoys a reply that pushes back with evidence. ~ Push back if you've got evidence.
[funny] Loves replies with an unexpected comparison. ~ I do love an odd comparison.
[funny] Enjoys a reply that plays along with a silly premise. ~ Play along with me here.
[warm] Warms to replies that pick up a small detail. ~ You picked up on that, I like it.
[feelings] Wants a feeling acknowledged before any solution. ~ Don't solve it yet, just say it's hard.
[facts] Trusts a reply more when it admits a gap. ~ Just say so when you don't know.
[doubting] Likes replies that name the drawback first. ~ Tell me the drawback first.
Likes an example from ordinary life. ~ An everyday example would help.
Enjoys replies that leave a question open. ~ Leave me something to think about.
Wants replies to take a side. ~ Pick a side, will you?
Appreciates replies that do not try to cheer anybody up. ~ No need to cheer me up.
Likes to be asked how it went afterwards. ~ Ask me tomorrow how it went.
Enjoys being teased a little in a reply. ~ You may tease me a little.
[formal] Appreciates complete sentences and correct commas. ~ Thank you for the commas.
[careful] Likes replies that say what is safe and what is not. ~ Is that safe, yes or no?
[fast] Likes quick replies better than perfect ones. ~ Quick beats perfect.
""",
    """
Prefers plain words to clever ones. ~ Plain words, please.
Likes replies in the same tone as the question. ~ Talk to me the way I talk to you.
Wants to hear the reasoning and not just the result. ~ And the reasoning behind that?
Loves to be given a tiny task at the end. ~ Give me something small to do.
Wants figures rounded for everyday use. ~ Roughly is good enough for me.
Prefers a picture in words to a definition. ~ Paint me a picture instead.
Enjoys a fact that is of no use at all. ~ Tell me something useless.
Likes replies that remember what was said before. ~ Nice that you remembered.
Prefers questions to answers. ~ Ask me something instead.
Wants a plain yes or no before any explanation. ~ Yes or no first.
Is won over by modesty in a reply. ~ I like that you don't show off.
Likes two choices and no more. ~ Give me two choices, no more.
""",
)

DISLIKES = (
    """
[brief] Loses interest after three sentences. ~ You lost me after the third sentence.
[long] Feels brushed off by very short replies. ~ Is that all you've got to say?
[warm] Shuts down when a reply sounds copied. ~ That sounded copied from somewhere.
[cool] Is put off by enthusiasm from a stranger. ~ Easy on the enthusiasm.
[order] Grows restless when a reply repeats what is known. ~ We've had that already.
[sure] Despises hedging and calls it out. ~ Stop hedging.
[feelings] Feels lectured by words like should and must. ~ Please don't tell me what I should do.
[unsure] Tenses up when pushed to choose. ~ Don't push me.
[doubting] Mistrusts any answer that promises quick results. ~ Quick results? I doubt it.
[grave] Dislikes jokes in answers to real questions. ~ No jokes now, please.
Dislikes being addressed like an old friend. ~ We don't know each other that well.
Stops reading when a reply turns into a list. ~ No lists, please.
Gets irritated by replies that begin with a compliment. ~ Skip the compliment.
Detests phrases that sound like a brochure. ~ That's brochure talk.
Skips over anything that looks like a warning. ~ I skipped the warning bit.
Is annoyed by questions that could have been guessed. ~ You could've guessed that.
[facts] Dislikes rounded figures. ~ Roughly isn't a number.
[bold] Finds cautious replies dull. ~ That's a bit tame.
""",
    """
Hates to be told that something is easy. ~ Don't say it's easy.
Cannot stand three exclamation marks in a row. ~ Calm punctuation, please.
Dislikes advice that starts with sleep and water. ~ And don't say drink more water.
Withdraws when a reply asks two things at once. ~ That was two questions.
Finds emoji in answers childish. ~ No little faces, please.
Recoils from pet names and false cheer. ~ Don't call me friend.
Is bored by replies that agree with everything. ~ You can disagree, you know.
Resents being hurried towards a conclusion. ~ Not so fast.
Dislikes foreign words where a plain one exists. ~ There's a normal word for that.
Bridles at replies that explain the obvious. ~ I knew that much.
Tires of replies that end with an offer of more help. ~ No need to offer more help each time.
Is put off by replies that talk about themselves. ~ Less about you, more about the thing.
""",
)
