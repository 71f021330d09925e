"""Quantised checkpoints from outside: every command reads them, and a comparison says what was done to each matrix."""
import pathlib
import shutil
import struct

from support import GOLDEN, CliTest, main

STORED = sorted(p.parent for p in GOLDEN.glob("stored-*/decoded.json"))


class StoredForms(CliTest):
    def test_every_command_reads_every_form(self):
        self.assertGreater(len(STORED), 30)
        for folder in STORED:
            dtype = self.document("inspect-1", "inspect", folder)["model"]["dtype"]
            plain = ("F32",) if folder.name.startswith("stored-gpt-oss") else ()  # its experts are, and are most of it
            self.assertNotIn(dtype, {"F32", "U8", "I8", "I32"}.difference(plain), folder)
            rows = self.document("weights-1", "weights", folder, "--all")["matrices"]
            self.assertTrue(any(row["dtype"] == dtype for row in rows), folder)
            self.document("measurement-1", "measure", folder, "--ids", "1,2,3")

    def test_a_comparison_has_the_matrices_where_they_are_stored_in_different_ways(self):
        a, b = GOLDEN / "stored-llama-nf4", GOLDEN / "stored-llama-gptq-4"
        matrices = self.document("comparison-1", "compare", a, b, "--ids", "1,2,3")["matrices"]
        self.assertEqual(len(matrices), 2 * 7 + 2)
        for m in matrices:
            self.assertTrue(0 < m["spectral_relative"] <= 1.8 * m["frobenius_relative"], m)
        self.assertNotIn("matrices", self.document("comparison-1", "compare", a, b, "--ids", "1", "--weights", "off"))
        self.assertNotIn("matrices", self.document("comparison-1", "compare", a, a, "--ids", "1"))
        for m in self.document("comparison-1", "compare", a, a, "--ids", "1", "--weights", "on")["matrices"]:
            self.assertEqual((m["frobenius_relative"], m["spectral_relative"]), (0, 0))
        self.assertIn("stream after", self.ok("compare", a, b, "--ids", "1,2,3").out)

    def test_a_scale_that_is_no_number_is_refused_by_name(self):
        folder = pathlib.Path(shutil.copytree(GOLDEN / "stored-llama-fp8-blocks", self.folder / "nan"))
        name, path = "model.layers.1.mlp.up_proj.weight_scale_inv", folder / "model.safetensors"
        data = bytearray(path.read_bytes())
        length = struct.unpack("<Q", data[:8])[0]
        header = data[8:8 + length].decode()
        begin = int(header.split(f'"{name}"')[1].split('"data_offsets":[')[1].split(",")[0])
        data[8 + length + begin:8 + length + begin + 4] = struct.pack("<f", float("nan"))
        path.write_bytes(data)
        for command in (("measure", folder, "--ids", "1,2"), ("weights", folder, "--all")):
            self.fails(3, *command, says=("model.layers.1.mlp.up_proj.weight", "not finite"))


if __name__ == "__main__":
    main()
