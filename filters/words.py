"""Words that the rules know, in lists to be split at white space."""

ORDINARY_CAPITALS = """
i'm i'd i'll i've
monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays
sundays january february march april may june july august september october november december
christmas easter ramadan diwali halloween internet web bible god zen stoic socratic freudian latin
african american arabic asian australian austrian bavarian belgian bengali brazilian british bulgarian canadian
cantonese catholic chinese christian croatian czech danish dutch eastern egyptian english ethiopian european
filipino finnish french gaelic german greek hebrew hindi hindu hungarian icelandic indian indonesian iranian irish
islamic israeli italian jamaican japanese jewish kenyan korean mandarin mexican moroccan muslim nigerian nordic
norwegian persian peruvian polish portuguese protestant punjabi romanian russian scandinavian scottish serbian
sicilian slovak somali spanish swahili swedish swiss tamil thai tibetan turkish ukrainian urdu victorian vietnamese
welsh western
"""
"""Written with a capital and nobody's name: what a trait may hold, in lower case."""

GIVEN_NAMES = """
Aaron Abigail Adam Ahmed Aisha Alejandro Alex Alexander Alice Amanda Amelia Amina Ana Andrea Andrew Anna Anthony
Ben Benjamin Brian Carlos Carmen Caroline Catherine Charlotte Chloe Chris Christopher Claire Clara Daniel David
Diana Diego Dmitri Edward Elena Eleanor Elizabeth Ella Emily Emma Eric Ethan Fatima Fernando Gabriel George Hannah
Hans Harry Helen Henry Hiroshi Ibrahim Ingrid Isabel Isabella Ivan Jack Jacob James Jane Javier Jennifer Jessica
John Jonathan Jose Joseph Joshua Juan Julia Karen Kate Katherine Kenji Kevin Kumar Laura Lauren Leila Leo Liam
Lily Linda Lisa Louise Lucas Lucia Lucy Luis Luke Maria Marcus Margaret Mario Martha Mary Matthew Mei Mia Michael
Miguel Mohamed Mohammed Muhammad Natalie Nathan Nicholas Noah Nora Olga Oliver Olivia Omar Paul Pedro Peter Priya
Rachel Raj Rebecca Richard Robert Ryan Sam Samantha Samuel Sara Sarah Sofia Sophia Sophie Stephanie Stephen Steven
Susan Thomas Tom Victor Victoria Walter William Yuki Yusuf Zara Zoe
"""
"""Common ones, looked for where a capital tells nothing: at the start of a sentence. Words such as Grace, Mark or Rose
are left out, so that no verb or noun is taken for a person."""
