#!/usr/bin/env python3
"""Validates documents that streamgauge wrote against their JSON Schema in schemas/.

usage: tools/validate_json.py SCHEMA FILE... | --self-test      SCHEMA: a name without .json, as measurement-1

Beyond the schema: no NaN or Infinity literal (they are not JSON), and in a measurement every array has as many
entries as there are tokens, every table as many rows as layers.
"""
import json
import pathlib
import sys

import jsonschema

SCHEMAS = pathlib.Path(__file__).resolve().parent.parent / "schemas"


def refuse_constant(word):
    raise ValueError(f"{word} is not JSON")


def load(text):
    return json.loads(text, parse_constant=refuse_constant)


def shape_errors(document):
    """Yields what a schema cannot say about a measurement."""
    layers = document["model"]["n_layers"]
    for number, sequence in enumerate(document["sequences"]):
        tokens = len(sequence["ids"])
        if len(sequence["tokens"]) != tokens:
            yield f"sequences[{number}].tokens: not one per id"
        for group in ("norms", "dots"):
            for key, values in sequence[group].items():
                rows = values if isinstance(values[0], list) else [values]
                if isinstance(values[0], list) and len(rows) != layers:
                    yield f"sequences[{number}].{group}.{key}: {len(rows)} rows for {layers} layers"
                if any(len(row) != tokens for row in rows):
                    yield f"sequences[{number}].{group}.{key}: not one number per token"


def errors(schema_name, document):
    schema = json.loads((SCHEMAS / f"{schema_name}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    found = [f"{e.json_path}: {e.message}" for e in jsonschema.Draft202012Validator(schema).iter_errors(document)]
    if not found and schema_name.startswith("measurement"):
        found = list(shape_errors(document))
    return found


def self_test():
    for schema in SCHEMAS.glob("*.json"):
        assert errors(schema.stem, {}), schema
    assert errors("tokens-1", {"sequences": [{"text": "a", "ids": [-1], "tokens": ["a"]}]})
    assert not errors("tokens-1", {"sequences": [{"text": "a", "ids": [1], "tokens": ["a"]}]})
    try:
        load('{"a": NaN}')
    except ValueError:
        return 0
    raise AssertionError("a NaN literal passed")


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    failures = [f"{name}: {error}" for name in arguments[1:]
                for error in errors(arguments[0], load(pathlib.Path(name).read_text(encoding="utf-8")))]
    print("\n".join(failures) if failures else f"{arguments[0]}: valid")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
