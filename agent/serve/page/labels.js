// What things are called.

export const MODALITIES = {
  AC: "artists and credits", BM: "title and artist", ST: "genre and mood", SC: "sound", MC: "tempo and key",
  RI: "release date", SF: "song facts", AB: "artist biography", TC: "heard together",
};

export const STEPS = {
  hear: "Understood you", weigh: "Weighed what matters", recommend: "Found tracks", look_up: "Looked it up",
  remember: "Minded your taste", reply: "Wrote the answer",
};

export const RECEIPTS = {
  applied: ["✓", "Applied"], unmet: ["–", "Could not be applied"], missing: ["?", "Not in the catalog"],
  degraded: ["!", "Did not work"], taste: ["♥", "Remembered"],
};

export const SOURCES = {
  lexical: "its words", facts: "what is known of it", thread: "what was said before", dense: "what it is about",
  "two-tower": "the whole conversation", generator: "generated IDs",
  neighbours: "tracks like those you liked", "co-listened": "what is heard together", named: "its name",
};
