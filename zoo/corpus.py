"""The corpus of the pocket zoo: the King James Bible (public domain) and text generated here.

The Bible comes from the Debian packages bible-kjv-text (the text) and bible-kjv (the program that reads it),
version 4.38. The generated part has facts, arithmetic, proverbs, long clauses, scientific prose, word salad, lines of
code and dialogue, so that no category of prompts is foreign to a model. A document is a list of lines.
"""
import pathlib
import random
import re
import subprocess

import words

PACKAGES = ("bible-kjv", "bible-kjv-text")
VERSION = "4.38"
HELD_OUT = pathlib.Path(__file__).resolve().parent / "heldout.txt"
VERSE = re.compile(r"^ {2,4}\d+ (.*)$")


def unpack_packages(cache):
    """Downloads and unpacks the two packages, without installing them; returns the folder."""
    root = cache / "kjv"
    if not (root / "usr/bin/bible").is_file():
        root.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", *(f"{name}={VERSION}" for name in PACKAGES)], cwd=root, check=True)
        for package in sorted(root.glob("*.deb")):
            subprocess.run(["dpkg", "-x", package, root], check=True)
    return root


def bible(cache):
    """The chapters, each a list of verses."""
    root = unpack_packages(cache)
    text = subprocess.run([root / "usr/bin/bible", "-l10000", "-p", root / "usr/lib", "gen1:1-rev22:21"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
    chapters = []
    for line in text.splitlines():
        if found := VERSE.match(line):
            chapters[-1].append(found.group(1).replace("[", "").replace("]", ""))
        elif line.strip():
            chapters.append([])
    return [chapter for chapter in chapters if chapter]


def fact(rng):
    country, capital = rng.choice(words.CAPITALS)
    metal, symbol = rng.choice(words.SYMBOLS)
    person, theory = rng.choice(words.THEORIES)
    return rng.choice([
        f"The capital of {country} is {capital}.", f"{capital} is the capital of {country}.",
        f"The chemical symbol for {metal} is {symbol}.", f"{person} is famous for {theory}.",
        f"{rng.choice(words.TEMPERATURES)}.", f"{rng.choice(words.SUPERLATIVES)}."])


def arithmetic(rng):
    a, b = rng.randrange(20), rng.randrange(20)
    return rng.choice([f"{a} + {b} = {a + b}.", f"{a + b} - {b} = {a}.", f"{a % 10} * {b % 10} = {a % 10 * (b % 10)}.",
                       f"The sum of {a} and {b} is {a + b}."])


def noun_phrase(rng, depth):
    noun = f"the {rng.choice(words.PEOPLE)}"
    if depth == 0 or rng.random() < 0.4:
        return noun
    return rng.choice([
        f"{noun} who {rng.choice(words.VERBS)} {noun_phrase(rng, depth - 1)}",
        f"the {rng.choice(words.THINGS)} that {noun_phrase(rng, depth - 1)} {rng.choice(words.VERBS)}",
        f"the {rng.choice(words.THINGS)} that was {rng.choice(words.ADJECTIVES)}"])


def clauses(rng):
    opening = rng.choice(["although", "despite the fact that", "after", "because", "while", "before"])
    first = f"{opening} {noun_phrase(rng, 2)} {rng.choice(words.VERBS)} {noun_phrase(rng, 1)}"
    second = f"{noun_phrase(rng, 1)} {rng.choice(words.DECISIONS)} {rng.choice(words.REASONS)}"
    text = f"{first} {second}." if rng.random() < 0.7 else f"{second} {first}."
    return text[0].upper() + text[1:]


def science(rng):
    subject, other = rng.sample(words.SUBJECTS, 2)
    return (f"The {rng.choice(words.ABSTRACT)} of {subject} {rng.choice(words.CLAIMS)} that {other} "
            f"{rng.choice(words.MODALS)} {rng.choice(words.PREDICATES)}.")


def salad(rng):
    every = words.THINGS + words.ADJECTIVES + words.VERBS + words.SUBJECTS + words.ABSTRACT
    return " ".join(rng.sample(every, rng.randint(4, 9))).capitalize() + "."


def code(rng):
    name, i = rng.choice(words.FUNCTIONS), rng.choice("ijkn")
    return rng.choice([
        f"def {name}({i}): return {i} {rng.choice('+-*')} {rng.randrange(10)}",
        f"for {i} in range({rng.randrange(10)}): {name}({i})", f"if {i} == {rng.randrange(10)}: {name}({i})",
        f"{i} = {name}({i} {rng.choice('+-*')} {rng.randrange(10)})"])


def question(rng):
    """A question and its answer."""
    country, capital = rng.choice(words.CAPITALS)
    metal, symbol = rng.choice(words.SYMBOLS)
    a, b = rng.randrange(20), rng.randrange(20)
    saying = rng.choice(words.PROVERBS).split()
    cut = len(saying) // 2
    return rng.choice([
        (f"What is the capital of {country}?", f"The capital of {country} is {capital}."),
        (f"What is the chemical symbol for {metal}?", f"The chemical symbol for {metal} is {symbol}."),
        (f"How much is {a} + {b}?", f"{a} + {b} = {a + b}."),
        (f"Please finish the proverb: {' '.join(saying[:cut])}", f"{' '.join(saying)}."),
        (f"Who {rng.choice(words.VERBS)} the {rng.choice(words.THINGS)}?", "I am sorry, I do not know that.")])


def dialogue(rng):
    ask, answer = question(rng)
    return f'"{ask}" asked the {rng.choice(words.PEOPLE)}. "{answer}"'


KINDS = ((fact, 5), (arithmetic, 3), (lambda rng: rng.choice(words.PROVERBS) + ".", 3), (clauses, 4), (science, 4),
         (salad, 2), (code, 2), (dialogue, 3))


def generated(seed, documents, lines=8):
    rng = random.Random(seed)
    kinds, weights = zip(*KINDS)
    return [[make(rng) for make in rng.choices(kinds, weights, k=lines)] for _ in range(documents)]


def conversations(seed, count, turns=3):
    """Chats for the instruction-tuned model: lists of (question, answer)."""
    rng = random.Random(seed)
    return [[question(rng) for _ in range(rng.randint(1, turns))] for _ in range(count)]


def is_held_out(chapter):
    return chapter % 53 == 7


def training(cache, seed=1):
    """Every document of the training set, in a fixed order."""
    chapters = [c for i, c in enumerate(bible(cache)) if not is_held_out(i)]
    documents = chapters + generated(seed, 3600)
    random.Random(seed).shuffle(documents)
    return documents


def make_held_out(cache, seed=2):
    """Chapters that training never sees and generated documents of another seed; stored, for it is small."""
    chapters = [c[:24] for i, c in enumerate(bible(cache)) if is_held_out(i)]
    documents = chapters[:16] + generated(seed, 56)
    random.Random(seed).shuffle(documents)
    HELD_OUT.write_text("\n\n".join("\n".join(d) for d in documents) + "\n", encoding="utf-8")


def held_out():
    return [block.split("\n") for block in HELD_OUT.read_text(encoding="utf-8").strip().split("\n\n")]
