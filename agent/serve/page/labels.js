// What things are called.

export const MODALITIES = {
  AC: "artists and credits", BM: "title and artist", ST: "genre and mood", SC: "sound", MC: "tempo and key",
  RI: "release date", SF: "song facts", AB: "artist biography", TC: "heard together",
};

export const STEPS = {
  hear: "Understood you", weigh: "Weighed what matters", recommend: "Found tracks", look_up: "Looked it up",
  remember: "Updated your taste", reply: "Wrote the answer",
};

export const RECEIPTS = {
  applied: ["✓", "Applied"], unmet: ["–", "Could not be applied"], missing: ["?", "Not in the catalog"],
  degraded: ["!", "Did not work"], taste: ["♥", "Remembered"],
};

export const SOURCES = {
  lexical: "its words", dense: "its meaning", generator: "the generator", generated: "the generator",
  named: "its name", tower: "the dialogue", taste: "your taste", co_listening: "what is heard together",
};
