"""Rotary facts of inspect: every field of the scaling, and wavelengths after it against formulae of their own."""
import math

from support import GOLDEN, CliTest, main


def plain(theta, dim):
    return [2 * math.pi * theta ** (2 * j / dim) for j in range(dim // 2)]


def llama3(theta, dim, factor, low, high, trained):
    out = []
    for w in plain(theta, dim):
        share = (trained / w - low) / (high - low)
        kept = min(1.0, max(0.0, share))
        out.append(1 / ((1 - kept) / factor / w + kept / w))
    return out


def yarn(theta, dim, factor, fast, slow, trained):
    def channel(turns):
        return dim * math.log(trained / (turns * 2 * math.pi)) / (2 * math.log(theta))
    low, high = max(math.floor(channel(fast)), 0), min(math.ceil(channel(slow)), dim - 1)
    out = []
    for j, w in enumerate(plain(theta, dim)):
        stretched = min(1.0, max(0.0, (j - low) / ((high - low) or 0.001)))
        out.append(1 / (stretched / factor / w + (1 - stretched) / w))
    return out


# folder: type, fields beside it, context, wavelengths
CASES = {
    "llama-deep": ("default", {"factor": 1, "theta": 500000}, 40, plain(500000, 8)),
    "llama-biases-linear-rope": ("linear", {"factor": 4}, 64, [4 * w for w in plain(10000, 8)]),
    "llama-tied-llama3-rope": ("llama3", {"factor": 8, "low_freq_factor": 1, "high_freq_factor": 4,
                                          "original_max_position": 16}, 64, llama3(500000, 8, 8, 1, 4, 16)),
    "llama-yarn": ("yarn", {"factor": 4, "beta_fast": 4, "beta_slow": 0.5, "truncate": True,
                            "original_max_position": 16, "attention_scaling": 0.1 * math.log(4) + 1}, 64,
                   yarn(10000, 32, 4, 4, 0.5, 16)),
    "phi3-longrope": ("longrope", {"short_factor": [1.0, 1.1, 1.3, 1.7], "long_factor": [1.25, 2.0, 4.5, 9.0],
                                   "original_max_position": 16,
                                   "attention_scaling": math.sqrt(1 + math.log(4) / math.log(16))}, 64,
                      [f * w for f, w in zip([1.25, 2.0, 4.5, 9.0], plain(10000, 8))]),
    "qwen3-biases-dynamic": ("dynamic", {"factor": 3, "max_position": 16}, 16, plain(10000, 10)),
}


class Rope(CliTest):
    def near(self, got, want, what):
        self.assertTrue(abs(got - want) <= 2e-6 * abs(want), f"{what}: {got}, {want}")  # frequencies are float32

    def test_fields_and_wavelengths(self):
        for folder, (kind, fields, context, wavelengths) in CASES.items():
            rope, = self.document("inspect-1", "inspect", GOLDEN / folder)["ropes"]
            self.assertEqual(rope["type"], kind, folder)
            for key, value in fields.items():
                if isinstance(value, float):
                    self.near(rope[key], value, f"{folder} {key}")
                else:
                    self.assertEqual(rope[key], value, f"{folder} {key}")
            found = rope["wavelengths"]
            self.near(found["shortest"], min(wavelengths), folder)
            self.near(found["longest"], max(wavelengths), folder)
            self.assertEqual(found["pairs"], len(wavelengths), folder)
            self.assertEqual(found["context"], context, folder)
            self.assertEqual(found["beyond_context"], sum(w > context for w in wavelengths), folder)

    def test_are_the_same_from_gguf(self):
        compared = 0
        for folder in CASES:
            if not (GOLDEN / folder / "model.gguf").exists():
                continue
            compared += 1
            a, = self.document("inspect-1", "inspect", GOLDEN / folder)["ropes"]
            b, = self.document("inspect-1", "inspect", GOLDEN / folder / "model.gguf")["ropes"]
            for key in ("shortest", "longest"):
                self.near(b["wavelengths"][key], a["wavelengths"][key], folder)
            for key in ("pairs", "context", "beyond_context"):
                self.assertEqual(b["wavelengths"][key], a["wavelengths"][key], folder)
        self.assertGreater(compared, 1)

    def test_two_thetas_are_two_ropes(self):
        ropes = self.document("inspect-1", "inspect", GOLDEN / "gemma3-pattern-of-six")["ropes"]
        self.assertEqual([(r["theta"], r["type"]) for r in ropes], [(1e6, "linear"), (5000, "default")])

    def test_text_says_them(self):
        says = {"llama-tied-llama3-rope": ("theta 500,000", "llama3", "factor 8", "trained at 16",
                                           "frequency factors 1 and 4", "exceed the context of 64"),
                "llama-yarn": ("yarn", "factor 4", "beta 0.5 to 4", "trained at 16", "cosines and sines times 1.139"),
                "phi3-longrope": ("longrope", "short factors 1", "1.7", "long factors 1.25", "9"),
                "qwen3-biases-dynamic": ("dynamic", "factor 3")}
        for folder, words in says.items():
            text = self.ok("inspect", GOLDEN / folder).out
            for word in words:
                self.assertIn(word, text, folder)

    def test_without_rotation_there_is_none(self):
        self.assertEqual(self.document("inspect-1", "inspect", GOLDEN / "gpt2-tied")["ropes"], [])


if __name__ == "__main__":
    main()
