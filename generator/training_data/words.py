"""The words that listeners use: openings, nouns, closings, eras, tempo, energy, places.

Data only. Style after real requests: short, informal, often without a verb.
"""

from typing import Final

OPENINGS: Final = (
    "", "", "", "", "", "play ", "play me ", "looking for ", "I'm looking for ", "i want ", "I need ", "give me ",
    "can you play ", "could you find me ", "find me ", "recommend me ", "suggest ", "any ", "got any ", "show me ",
    "I'd like ", "i'd love ", "in the mood for ", "I'm in the mood for ", "how about ", "let's hear ", "please play ",
    "can we add ", "add ", "I would like to hear ", "can you recommend ", "do you have ", "searching for ", "need ",
    "hi, can you find ", "hello! i want to listen to ", "put on ", "I feel like listening to ", "what about ",
    "help me find ", "make me a playlist of ", "I want to make a playlist with ",
)  # fmt: skip
QUESTIONS: Final = ("any ", "got any ", "can you ", "could you ", "do you have ", "what about ", "how about ")
"""Openings that end with a question mark."""
SOME: Final = ("some ", "some ", "a few ", "some good ", "more ", "")
NOUNS: Final = ("songs", "songs", "songs", "music", "music", "tracks", "tunes", "stuff", "something")
CLOSINGS: Final = (
    "",
    "",
    "",
    "",
    "",
    "",
    " please",
    " pls",
    ", thanks",
    " thank you",
    "!",
    "...",
    " :)",
)
ALSO: Final = (", preferably ", ", ideally ", ", ", " - ", ". Something ", ", maybe ", " and ")

MORE: Final = (
    "more like that", "more like this please", "love it, more", "That one is great! What else do you have?", "more",
    "great, keep going", "Perfect! Do you have more songs like this?", "another one like that", "nice. similar songs?",
    "these are great, a few more please", "yes!! more of this", "keep this vibe going", "I like that one, what's next?",
)  # fmt: skip
CHANGES_LIKED: Final = (
    "like that, but {x}", "great, now {x}", "nice! something similar {x}?", "love it. can it be {x}", "{x} please",
    "good one, now one that is {x}", "same but {x}",
)  # fmt: skip
CHANGES_REJECTED: Final = (
    "not quite, {x}", "hmm, {x} please", "no, I meant {x}", "I'd prefer {x}", "not this one. {x}",
)  # fmt: skip
REJECTIONS: Final = (
    "not that one.", "skip.", "hmm no.", "nah, not my thing.", "I don't like this one.", "not really what I meant.",
    "next.", "No, something else.", "that's not it.", "not feeling this one.", "I've heard that too often.",
)  # fmt: skip
APPROVALS: Final = ("great!", "love it.", "nice one.", "perfect, thanks!", "yes, that's good.", "cool.", "awesome!", "")
SWITCHES: Final = ("now ", "ok now ", "next, ", "and ", "let's switch to ", "how about ", "can we also have ", "then ")
CONTINUE: Final = (
    "what should come next?", "continue this playlist", "keep the playlist going", "next song please", "add a song",
    "which song fits after these?", "more for this playlist", "what goes well with these?",
)  # fmt: skip
RESPONSES: Final = (
    "Here is {title} by {artist}.", "How about {title} by {artist}?", "Try {title} by {artist}.",
    "{artist} with {title}.", "I picked {title} by {artist} for you.", "Next up: {title} by {artist}.",
)  # fmt: skip

TEMPO: Final = {
    "slow": ("slow", "slow", "slow-paced", "downtempo", "slower", "unhurried"),
    "mid": ("mid-tempo", "midtempo", "medium-paced", "steady"),
    "fast": ("fast", "fast", "uptempo", "up-tempo", "fast-paced", "quick"),
}
ENERGY: Final = (
    ("very calm", "quiet", "soft", "gentle", "peaceful", "sleepy"),
    ("calm", "mellow", "chill", "relaxing", "laid back", "easy going"),
    ("moderate", "not too wild", "easy", "relaxed but moving"),
    ("lively", "upbeat", "energetic", "driving", "powerful"),
    ("high energy", "intense", "loud", "pumped up", "hard hitting", "wild"),
)
"""Words for a fifth of the scale each, from 0 to 1."""
GOOD_FOR: Final = (
    ("falling asleep", "meditation", "late at night", "reading"),
    ("studying", "relaxing", "a quiet evening", "working", "a rainy day", "dinner"),
    ("driving", "cooking", "a road trip", "cleaning the house", "a walk"),
    ("a party", "running", "dancing", "a road trip", "getting ready to go out", "working out"),
    ("the gym", "a workout", "lifting weights", "a wild party", "running fast", "letting off steam"),
)
"""What each fifth of the energy scale serves."""
VALENCE: Final = (
    ("sad", "gloomy", "depressing", "dark"), ("melancholic", "a bit sad", "sombre"), (),
    ("cheerful", "positive", "feel-good"), ("happy", "joyful", "sunny", "feel good"),
)  # fmt: skip
VOCALS: Final = {
    "female": ("female vocals", "a female singer", "a woman singing", "female vocalist", "a girl singing"),
    "male": ("male vocals", "a male singer", "a man singing", "male vocalist", "a guy singing"),
    "mixed": ("male and female vocals", "a duet", "a man and a woman singing"),
    "group": ("group vocals", "harmonies", "a vocal group"),
    "choir": ("a choir", "choir vocals", "choral singing"),
}
PEOPLE: Final = {
    ("person", "female"): ("a female artist", "a woman", "a female solo artist"),
    ("person", "male"): ("a male artist", "a male solo artist", "a guy"),
    ("group", "female"): ("a girl group", "an all-female band", "a girl band"),
    ("group", "male"): ("a band", "an all-male band"),
    ("group", "mixed"): ("a mixed band", "a band with men and women"),
    ("duo", "male"): ("a duo", "two guys"), ("duo", "female"): ("a female duo",), ("duo", "mixed"): ("a duo",),
}  # fmt: skip

DEMONYMS: Final = {
    "United States": ("American", "US"), "USA": ("American",), "United Kingdom": ("British", "UK", "English"),
    "England": ("English", "British"), "Scotland": ("Scottish",), "Wales": ("Welsh",), "Ireland": ("Irish",),
    "Canada": ("Canadian",), "Australia": ("Australian", "Aussie"), "New Zealand": ("New Zealand", "Kiwi"),
    "Jamaica": ("Jamaican",), "France": ("French",), "Germany": ("German",), "Austria": ("Austrian",),
    "Switzerland": ("Swiss",), "Italy": ("Italian",), "Spain": ("Spanish",), "Portugal": ("Portuguese",),
    "Netherlands": ("Dutch",), "Belgium": ("Belgian",), "Sweden": ("Swedish",), "Norway": ("Norwegian",),
    "Denmark": ("Danish",), "Finland": ("Finnish",), "Iceland": ("Icelandic",), "Poland": ("Polish",),
    "Russia": ("Russian",), "Ukraine": ("Ukrainian",), "Greece": ("Greek",), "Turkey": ("Turkish",),
    "Hungary": ("Hungarian",), "Romania": ("Romanian",), "Serbia": ("Serbian",), "Croatia": ("Croatian",),
    "Czech Republic": ("Czech",), "Israel": ("Israeli",), "Lebanon": ("Lebanese",), "Egypt": ("Egyptian",),
    "Algeria": ("Algerian",), "Morocco": ("Moroccan",), "Mali": ("Malian",), "Senegal": ("Senegalese",),
    "Nigeria": ("Nigerian",), "Ghana": ("Ghanaian",), "Ethiopia": ("Ethiopian",), "South Africa": ("South African",),
    "India": ("Indian",), "Pakistan": ("Pakistani",), "China": ("Chinese",), "Taiwan": ("Taiwanese",),
    "Japan": ("Japanese",), "South Korea": ("Korean",), "Indonesia": ("Indonesian",), "Philippines": ("Filipino",),
    "Brazil": ("Brazilian",), "Argentina": ("Argentinian",), "Mexico": ("Mexican",), "Colombia": ("Colombian",),
    "Cuba": ("Cuban",), "Puerto Rico": ("Puerto Rican",), "Chile": ("Chilean",), "Barbados": ("Barbadian",),
}  # fmt: skip
