# SPDX-License-Identifier: Apache-2.0
"""Holds lines of the log against docs/log-schema.json.

The schema is JSON Schema, but only a little of it is used there, so a checker of exactly that
little needs no package and is fast enough to see every line of every test. A word of JSON Schema
that it does not know is an error: a schema that is not checked in full would look as if it were.
"""
import json
import os
import re

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs",
                      "log-schema.json")
WORDS = {"$schema", "$ref", "$defs", "title", "description", "oneOf", "type", "properties",
         "required",
         "additionalProperties", "enum", "const", "pattern", "minimum", "maximum", "items"}
TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
}


class Wrong(AssertionError):
    """A line that the schema does not allow, or a schema that the checker does not know."""


def no_doubles(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise Wrong(f"a key stands twice: {keys}")
    return dict(pairs)


class Schema:
    def __init__(self, path=SCHEMA):
        with open(path, encoding="utf-8") as file:
            self.root = json.load(file, object_pairs_hook=no_doubles)
        self.known(self.root)
        # The alternatives are told apart by `event`, which makes one of them the only one to ask.
        self.events = {}
        for branch in map(self.resolve, self.root["oneOf"]):
            name = branch["properties"]["event"]["const"]
            if name in self.events or "event" not in branch["required"]:
                raise Wrong(f"the schema has no clear alternative for {name}")
            self.events[name] = branch

    def known(self, schema):
        strange = set(schema) - WORDS
        if strange:
            raise Wrong(f"the checker does not know {sorted(strange)}")
        inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(),
                 *schema.get("oneOf", [])]
        for one in inner + ([schema["items"]] if "items" in schema else []):
            self.known(one)

    def resolve(self, schema):
        if "$ref" not in schema:
            return schema
        place, name = schema["$ref"].rsplit("/", 1)
        if place != "#/$defs":
            raise Wrong(f"the checker does not know where {schema['$ref']} is")
        return {**self.root["$defs"][name], **{k: v for k, v in schema.items() if k != "$ref"}}

    def check_value(self, value, schema, where):
        schema = self.resolve(schema)
        if "type" in schema and not TYPES[schema["type"]](value):
            raise Wrong(f"{where} is no {schema['type']}: {value!r}")
        if "const" in schema and value != schema["const"]:
            raise Wrong(f"{where} is not {schema['const']!r}: {value!r}")
        if "enum" in schema and value not in schema["enum"]:
            raise Wrong(f"{where} is none of {schema['enum']}: {value!r}")
        if "pattern" in schema and not re.search(schema["pattern"] + r"\Z", value):
            raise Wrong(f"{where} does not look like {schema['pattern']}: {value!r}")
        if "minimum" in schema and value < schema["minimum"]:
            raise Wrong(f"{where} is less than {schema['minimum']}: {value!r}")
        if "maximum" in schema and value > schema["maximum"]:
            raise Wrong(f"{where} is more than {schema['maximum']}: {value!r}")
        if isinstance(value, dict):
            self.check_object(value, schema, where)
        for item in value if isinstance(value, list) else []:
            self.check_value(item, schema.get("items", {}), where + "[]")

    def check_object(self, value, schema, where):
        missing = set(schema.get("required", ())) - set(value)
        if missing:
            raise Wrong(f"{where} lacks {sorted(missing)}: {value}")
        for key, field in value.items():
            if key in schema.get("properties", {}):
                self.check_value(field, schema["properties"][key], f"{where}.{key}")
            elif schema.get("additionalProperties", True) is False:
                raise Wrong(f"{where} has {key!r}, which the schema does not know: {value}")

    def check(self, line):
        """One line, bytes without the newline. Returns the object or raises Wrong."""
        try:
            value = json.loads(line.decode("utf-8"), object_pairs_hook=no_doubles)
        except ValueError as error:
            raise Wrong(f"no JSON ({error}): {line!r}") from error
        if not isinstance(value, dict) or value.get("event") not in self.events:
            raise Wrong(f"no event of the schema: {line!r}")
        self.check_value(value, self.events[value["event"]], value["event"])
        return value


_schema = []


def schema():
    """The one of the tree, read once."""
    if not _schema:
        _schema.append(Schema())
    return _schema[0]


def check_file(path):
    """Every whole line of a log. Returns the bytes behind the last newline."""
    with open(path, "rb") as file:
        data = file.read()
    lines = data.split(b"\n")
    for number, line in enumerate(lines[:-1], 1):
        try:
            schema().check(line)
        except Wrong as error:
            raise Wrong(f"{path}:{number}: {error}") from error
    return lines[-1]
