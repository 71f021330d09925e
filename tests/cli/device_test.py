"""--device: its words, what is said where there is no GPU, and that auto without a checked one is the processor."""
import json
import tempfile
import unittest

import support

PROMPT = ("--ids", "1,2,3", "--quiet")


def numbers(document):
    found = json.loads(document)
    del found["timings"]
    return found


class Device(unittest.TestCase):
    def test_another_word_is_a_wrong_call(self):
        for command in (("measure", support.LLAMA, *PROMPT), ("check",), ("gains", support.LLAMA, *PROMPT)):
            done = support.run(*command, "--device", "gpu")
            self.assertEqual(done.code, 2, done.err)
            self.assertIn("cpu, cuda, cuda:1, cuda:0,1, cuda:all or auto", done.err)

    def test_without_a_gpu_the_error_says_what_to_do(self):
        extract = ("extract", support.LLAMA, *PROMPT, "--sites", "embed", "-o", "x.npy")
        for command in (("measure", support.LLAMA, *PROMPT), ("check",), extract):
            for device in ("cuda", "cuda:0,1", "cuda:all"):
                done = support.run(*command, "--device", device, CUDA_VISIBLE_DEVICES="")
                self.assertEqual(done.code, 4, done.err)
                self.assertIn("--device cpu computes the same numbers", done.err)

    def test_auto_without_a_checked_gpu_is_the_processor(self):
        with tempfile.TemporaryDirectory() as cache:
            documents = [
                support.run("measure", support.LLAMA, *PROMPT, "--json", "-", "--device", device, XDG_CACHE_HOME=cache).out
                for device in ("cpu", "auto")
            ]
        self.assertEqual(numbers(documents[0]), numbers(documents[1]))
        self.assertNotIn('"device"', documents[0])

    def test_doctor_has_a_line_for_gpus(self):
        self.assertRegex(support.run("doctor").out, r"(?m)^GPU +\S")


if __name__ == "__main__":
    unittest.main()
