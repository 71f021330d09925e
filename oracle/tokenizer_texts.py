"""Texts for the tokenizer goldens: hostile strings, seeded random strings, and a mixed-language corpus.

Everything is generated from words and characters listed here, so the texts carry no one's copyright.
"""
import random

HOSTILE = [
    "", " ", "  ", "   ", "\n", "\r\n", "\t", "\0", "a\0b", "\ufeff", "\ufeffHello", "\u2581", "\u2581\u2581", "\u2581Hello\u2581world",
    "a\u2581b c", "<0x0A>", "a<0x0A>b<0xE2>", "<0x00>\0", "\u00a0", "\u200b", "\u180e", "a\u180eb", "a\u0085b", "\u2028x\u2029", "\u3000全角",
    "Hello, world!", "The capital of France is", " leading", "trailing ", "  two  spaces  ", "a   b    c     d",
    "tab\tand\t\ttabs\t\t\t", "line\nline\n\nline\n\n\nline", "crlf\r\ncrlf\r\n\r\nend\r", " \n \n\n  x", "x \n\t y", "    indented\n        code();\n",
    "I'm you're he's we've they'll I'd can't", "I'M YOU'RE HE'S WE'VE THEY'LL I'D CAN'T", "'s't're've'm'll'd'S'T'RE", "it\u2019s", "'\u017f '\u017fa", "'\u212a",
    "0123456789", "1 22 333 4444 55555", "3.14159e-10", "1,234,567.89", "x2y3z", "  123", "  1  2", "٠١٢٣٤٥٦٧٨٩", "१२३", "Ⅳ Ⅻ ½ ¼ ² ³ ①", "²³¹¼½¾",
    "e\u0301 a\u0300\u0301\u0302", "\u0301", " \u0301x", "q\u0307\u0323 q\u0323\u0307", "é é", "Å Å Å", "ﬁ ﬀ ﬆ ﷺ", "İI ıi ẞß", "ΑΣ ας", "가각 가",
    "👩\u200d👩\u200d👧\u200d👦", "👍🏽", "🏳\ufe0f\u200d🌈", "🇫🇷🇩🇪", "1\ufe0f\u20e3", "a👍b 👍 c", "☃\ufe0e☃\ufe0f", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "𐍈𐌰𐍄", "𠮷野家", "😀😃😄😁",
    "中文分词测试。", "日本語のテキスト、カタカナ。", "한국어 문장입니다.", "العَرَبِيَّة ١٢٣، نص؟", "עִבְרִית", "हिन्दी पाठ।", "ไทยไม่มีช่องว่าง", "Ελληνικά κείμενο", "Русский текст — тире",
    "mixed中文English한국어", "full：width，ｔｅｘｔ！", "\x01\x02\x1f\x7f", "\x1b[31mred\x1b[0m", "\x85\x9f", "\u202eabc\u202c", "a\u00adb", "\ue000\uf8ff", "\ufffd", "\uffff\ufffe", "\U0010ffff",
    "a" * 300, "ab" * 500, " " * 100, "\n" * 70, "\t" * 40, "-" * 200, "=" * 65 + "\n", "!?" * 40, "中" * 200, "👍" * 60, "e\u0301" * 80, "x" * 50 + " " * 50 + "y" * 50,
    "<|endoftext|>", "a<|endoftext|>b", " <|endoftext|> ", "<|im_start|>user\nHi<|im_end|>\n", "<s>", "</s>", "<s>Hello</s>", "<bos>x<eos>", "<pad><unk><mask>", "<unk>", "<unused7>", "[INST] hi [/INST]",
    "<|endoftext", "<|endoftext|", "<|<|endoftext|>|>", "<|begin_of_text|><|eot_id|>", "<start_of_turn>user\nq<end_of_turn>\n", "<table><tr></tr></table>", "[multimodal]", "<|endoftext|><|endoftext|>",
    "http://example.com/a?b=c&d=e#f", "foo@example.org", "C:\\path\\file.txt", "snake_case camelCase kebab-case", "__init__", "$x = \"y\"; // z", "{\"a\": [1, 2]}", "<html>&amp;</html>", "~`!@#$%^&*()_+-={}|[]\\:\";'<>?,./",
    "Ġ", "ĠĠ", "Ċ", "aĠb", "ÄÖÜäöüß", "naïve café", "…‥ “quotes” ‘x’ «y»", "。，、।۔،", "( a | b )", "a|b.c,d!e?f", "x\u200dy\u200cz", "\u0e33", "\u1e9b\u0323", "a\u034fb",
]

PIECES = [
    "the", "and", "of", "to", "in", "is", "that", "model", "residual", "stream", "norm", "tokens", "layers", "Hello", "World", "don't", "I'll", "WE'RE",
    " ", " ", " ", "  ", "\n", "\t", "\r\n", ".", ",", "!", "?", "-", "_", "(", ")", "'", "\"", "é", "ü", "ñ", "ß", "œ", "中", "文", "日本", "語", "한국", "العربية",
    "Ж", "я", "ω", "א", "ह", "ไ", "e\u0301", "👍", "👩\u200d👧", "🏽", "𝔸", "1", "23", "456", "7890", "½", "²", "\u2581", "\u200b", "\u3000", "\u00a0", "\0", "\x07", "<", ">", "|", "<|endoftext|>", "<s>",
    "<0x0A>", "Ġ", "=", "+", "$", "^", "/", "\\", "#", "\ufeff", "\u0301", "\ufe0f",
]

WORDS = {
    "en": "the residual stream carries a sum of what every layer adds to it so its norm grows with depth but not in the way one expects when looking only at the last token of a prompt and people write numbers down before they say which definition was used".split(),
    "fr": "la norme du flux résiduel croît avec la profondeur mais l'hypothèse dépend du choix de la définition où l'été naïf déçoit cœur".split(),
    "de": "die Größe der Aktivierungen wächst über die Schichten während Straße und Übermaß häufiger erwähnt werden".split(),
    "ru": "норма остаточного потока растёт с глубиной однако выводы зависят от определения".split(),
    "el": "η νόρμα του υπολειπόμενου ρεύματος αυξάνεται με το βάθος".split(),
    "zh": ["残差流", "的范数", "随深度", "增长", "，", "但是", "结论", "取决于", "定义", "。"],
    "ja": ["残差", "ストリーム", "の", "ノルム", "は", "深さ", "と", "ともに", "増加", "する", "。"],
    "ko": "잔차 스트림의 노름은 깊이에 따라 증가하지만 결론은 정의에 달려 있다".split(),
    "ar": "يزداد معيار التيار المتبقي مع العمق ولكن الاستنتاج يعتمد على التعريف".split(),
    "hi": "अवशिष्ट धारा का मानक गहराई के साथ बढ़ता है".split(),
    "code": ["def norm(x):", "    return sum(v * v for v in x) ** 0.5", "for (int i = 0; i < n; ++i) {", "  total += row[i];", "}", "#include <vector>", "if x_1 != None:", "\treturn 0x1F;"],
}


def random_strings(count, seed):
    rng = random.Random(seed)
    return ["".join(rng.choice(PIECES) for _ in range(rng.randint(1, 24))) for _ in range(count)]


def corpus(characters, seed):
    """Sentences of all languages, with numbers, emoji, blank lines and code between them."""
    rng = random.Random(seed)
    out, size = [], 0
    while size < characters:
        language = rng.choice(list(WORDS) + ["en"] * 6)
        words = [rng.choice(WORDS[language]) for _ in range(rng.randint(4, 22))]
        joint = {"zh": "", "ja": "", "code": "\n"}.get(language, " ")
        line = joint.join(words)
        if language == "en":
            line = line.capitalize()
        if rng.random() < 0.3:
            line += " " + str(rng.randint(0, 10 ** rng.randint(1, 7)))
        if rng.random() < 0.1:
            line += " " + rng.choice(["👍", "👩\u200d👧", "🏳\ufe0f\u200d🌈", "I'm", "you're", "e\u0301"])
        line += rng.choice([".", "!", "?", ";", "...", ""]) + rng.choice([" ", " ", "\n", "\n\n", "  ", "\r\n"])
        out.append(line)
        size += len(line)
    return "".join(out)[:characters]
