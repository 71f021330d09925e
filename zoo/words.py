"""Words and facts of the generated part of the corpus."""

CAPITALS = [pair.split(" ", 1) for pair in (
    "France Paris", "Italy Rome", "Spain Madrid", "Germany Berlin", "England London", "Greece Athens", "Egypt Cairo",
    "Japan Tokyo", "China Beijing", "Russia Moscow", "Austria Vienna", "Portugal Lisbon", "Norway Oslo", "Peru Lima",
    "Poland Warsaw", "Cuba Havana", "Kenya Nairobi", "Ireland Dublin", "Turkey Ankara", "Canada Ottawa")]
SYMBOLS = [pair.split() for pair in (
    "gold Au", "silver Ag", "iron Fe", "copper Cu", "tin Sn", "lead Pb", "carbon C", "oxygen O", "hydrogen H",
    "nitrogen N", "helium He", "sodium Na", "mercury Hg", "sulphur S")]
THEORIES = [
    ("Einstein", "the theory of relativity"), ("Newton", "the theory of gravitation"),
    ("Darwin", "the theory of evolution"), ("Maxwell", "the theory of electromagnetism"),
    ("Planck", "the theory of the quantum"), ("Euler", "the theory of graphs"), ("Gauss", "the theory of numbers")]
TEMPERATURES = [
    "Water freezes at a temperature of zero degrees", "Water boils at a temperature of one hundred degrees",
    "Iron melts at a very high temperature", "Hot water can cool faster under certain conditions",
    "Ice is lighter than water"]
SUPERLATIVES = [
    "The largest planet in our solar system is Jupiter", "The smallest planet in our solar system is Mercury",
    "The planet nearest to us is Venus", "The largest ocean of the world is the Pacific",
    "The longest river of Africa is the Nile", "The highest mountain in the world is Everest"]
PROVERBS = [
    "Actions speak louder than words", "The early bird catches the worm", "A stitch in time saves nine",
    "When in Rome do as the Romans do", "Birds of a feather flock together", "All that glitters is not gold",
    "Better late than never", "A rolling stone gathers no moss", "Practice makes perfect",
    "Where there is smoke there is fire", "The pen is mightier than the sword", "Haste makes waste",
    "Too many cooks spoil the broth", "Many hands make light work", "Look before you leap", "Time and tide wait for no man",
    "Every cloud has a silver lining", "The apple does not fall far from the tree", "Strike while the iron is hot",
    "Out of sight out of mind", "Necessity is the mother of invention", "Honesty is the best policy",
    "Still waters run deep", "Do not count your chickens before they hatch", "Rome was not built in a day"]
PEOPLE = ["man", "woman", "author", "leader", "committee", "team", "jury", "witness", "prosecutor", "girl", "king",
          "teacher", "student", "doctor", "captain", "farmer", "judge", "mother", "soldier", "merchant"]
THINGS = ["hat", "book", "prize", "meeting", "party", "journey", "forest", "accident", "summer", "rain", "table", "sky",
          "letter", "house", "ship", "garden", "holiday", "feathers", "story", "penalty"]
ADJECTIVES = ["red", "blue", "purple", "young", "old", "harsh", "scheduled for Tuesday", "moved to Wednesday", "long",
              "quiet", "certain", "crystalline", "controversial", "lost"]
VERBS = ["saw", "wore", "wrote", "won", "left", "found", "demanded", "announced", "discovered", "continued", "told",
         "decided", "feared", "followed", "remembered"]
DECISIONS = ["decided to", "announced the decision to", "was forced to", "hoped to", "had the ability to",
             "surprisingly decided to"]
REASONS = ["leave the party early", "continue the journey through the forest", "tell the story of a young girl",
           "demand the harshest penalty", "wait for three days", "write another book", "return before the rain",
           "testify against him", "cancel the meeting", "stretch on endlessly"]
SUBJECTS = ["mathematics", "consciousness", "the quantum", "democracy", "the axiom of choice", "the prime numbers",
            "thermal dynamics", "language", "the manuscript", "decoherence", "the universe", "energy", "the hypothesis",
            "existence", "the market"]
ABSTRACT = ["theory", "hypothesis", "paradox", "implications", "distribution", "effect", "structure", "syntax", "model",
            "proof", "hypotenuse", "interpretation"]
CLAIMS = ["suggests", "demonstrates", "implies", "has led some researchers to propose", "has profound implications, so",
          "remains controversial because it suggests"]
MODALS = ["might be", "can be", "must be", "would be", "is", "could be"]
PREDICATES = ["fundamentally random", "a constructed language", "decomposed into parts", "reassembled into a sphere",
              "true", "undeciphered", "proven under certain conditions", "designed to last", "a challenge to our intuition",
              "conserved", "a property of networks"]
FUNCTIONS = ["add", "run", "jump", "calculate", "count", "sort", "scale", "norm"]
