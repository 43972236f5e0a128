import json

import jsonschema

from visionmq.schemas.operations import OPERATIONS


def test_without_a_name_the_operations_are_listed(visionmq):
    found = visionmq("schema")
    assert found.code == 0
    assert {line.split()[0] for line in found.out.splitlines()} == {*OPERATIONS, "messages"}


def test_every_schema_is_a_valid_json_schema(visionmq):
    for name in (*OPERATIONS, "messages"):
        schema = json.loads(visionmq("schema", name).out)
        jsonschema.Draft202012Validator.check_schema(schema)


def test_an_unknown_operation_is_wrong_usage(visionmq):
    found = visionmq("schema", "document.write")
    assert found.code == 2
    assert "document.write" in found.err
