"""Keys that files of newer converters hold: taken as llama.cpp takes them, or refused."""
import struct

from support import GOLDEN, CliTest, main

UINT32, STRING, ARRAY = 4, 8, 9


def stored(key, kind, value):
    name = key.encode()
    head = struct.pack("<Q", len(name)) + name + struct.pack("<I", kind)
    if kind == STRING:
        return head + struct.pack("<Q", len(value)) + value.encode()
    if kind == ARRAY:
        return head + struct.pack("<IQ", UINT32, len(value)) + struct.pack(f"<{len(value)}I", *value)
    return head + struct.pack("<I", value)


def with_key(content, key, kind, value):
    """A GGUF file with one key more, the tensors where they were within their alignment of 32."""
    count, = struct.unpack_from("<Q", content, 16)
    more = stored(key, kind, value)
    filler = stored("test.filler", STRING, "")
    more += stored("test.filler", STRING, "x" * (-(len(more) + len(filler)) % 32))
    return content[:16] + struct.pack("<Q", count + 2) + more + content[24:]


class GgufKeys(CliTest):
    def norms(self, model):
        return self.document("measurement-1", "measure", model, "--ids", "1,2,3,4,5,6,7,8,9,10,11,12")["sequences"][0]["norms"]

    def edited(self, case, key, kind, value):
        file = self.folder / "edited.gguf"
        file.write_bytes(with_key((GOLDEN / case / "model.gguf").read_bytes(), key, kind, value))
        return file

    def test_a_pattern_of_windows_is_a_number_or_a_list(self):
        plain = self.norms(GOLDEN / "cohere2-fourth-full" / "model.gguf")
        layers = len(plain["resid_post"])
        listed = self.norms(self.edited("cohere2-fourth-full", "cohere2.attention.sliding_window_pattern", ARRAY,
                                        [1 - (layer % 2) for layer in range(layers)]))
        number = self.norms(self.edited("cohere2-fourth-full", "cohere2.attention.sliding_window_pattern", UINT32, 2))
        self.assertEqual(number, listed)
        self.assertNotEqual(number, plain)
        self.fails(3, "measure", self.edited("cohere2-fourth-full", "cohere2.attention.sliding_window_pattern", UINT32, 0),
                   "--ids", "1,2", says=["sliding_window_pattern"])

    def test_sections_of_rotated_channels_are_refused(self):
        self.fails(3, "measure", self.edited("glm4-half-rotary", "glm4.rope.dimension_sections", ARRAY, [1, 1, 0, 0]),
                   "--ids", "1,2", says=["rope.dimension_sections"])

    def test_a_softmax_router_stays_one(self):
        case, key = "mixtral-two-of-five", "llama.expert_gating_func"
        self.assertEqual(self.norms(self.edited(case, key, UINT32, 1)), self.norms(GOLDEN / case / "model.gguf"))
        self.fails(3, "measure", self.edited(case, key, UINT32, 2), "--ids", "1,2", says=["expert_gating_func", "softmax"])


if __name__ == "__main__":
    main()
