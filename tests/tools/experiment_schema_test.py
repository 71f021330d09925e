"""schemas/experiment-1.json holds the stored results.json of the report's tests, and refuses what is none."""
import copy
import json
import pathlib
import unittest

import jsonschema

ROOT = pathlib.Path(__file__).parents[2]
STORED = json.loads((ROOT / "tests/data/report/small.results.json").read_text(encoding="utf-8"))
SCHEMA = json.loads((ROOT / "schemas/experiment-1.json").read_text(encoding="utf-8"))


def verdict(ours):
    return ours["verdicts"][0]


class ExperimentSchema(unittest.TestCase):
    def setUp(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)
        self.validator = jsonschema.Draft202012Validator(SCHEMA)

    def test_the_stored_document_holds_it(self):
        self.assertEqual([e.message for e in self.validator.iter_errors(STORED)], [])

    def test_universes_are_columns_of_one_length(self):
        universes = verdict(STORED["streamgauge"])["multiverse"]["universes"]
        lengths = {len(column) for name, column in universes.items() if name != "words"}
        self.assertEqual(len(lengths), 1)
        for name, words in universes["words"].items():
            for place in universes[name]:
                self.assertTrue(place is None or place < len(words))

    def test_what_is_none_is_refused(self):
        breaks = {
            "no schema": lambda o: o.pop("schema"),
            "another key": lambda o: o.update(extra=1),
            "a verdict without a rule": lambda o: verdict(o).pop("rule"),
            "a place that is a word": lambda o: verdict(o)["multiverse"]["universes"]["label"].insert(0, "VALIDATED"),
            "a number in words": lambda o: o["models"][1]["columns"]["gains"].append("many"),
            "a model with neither columns nor error": lambda o: o["models"][0].pop("columns"),
            "a value without its method": lambda o: o["values"][0].pop("method"),
        }
        for name, change in breaks.items():
            document = copy.deepcopy(STORED)
            change(document["streamgauge"])
            self.assertTrue(list(self.validator.iter_errors(document)), name)


if __name__ == "__main__":
    unittest.main()
