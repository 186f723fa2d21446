"""The parameters of a notebook as one JSON document, from which a form, a scheduler or a test can be made.

Two views of one declaration.  `parameters` is made for people who draw forms: one object per parameter, in the order
of the cell, with the meaning and the limits beside the type.  `json_schema` is pydantic's own description of the very
model that judges the values, for programs that check before they call; what it cannot say (a text holds no NUL, 2.0 is
no whole number, a date has a range, a whole number beyond 2**63 would lose digits as a number) only makes the model
stricter than the schema, never laxer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fanecon.report.asked.judged import model_of
from fanecon.report.asked.kinds import Parameter, as_json
from fanecon.report.asked.parameters import read_parameters
from fanecon.report.shelf import Notebook

SCHEMA = "fanecon.params/1"


def form(notebook: Notebook) -> Mapping[str, Any]:
    """What can be set in a notebook, as a JSON document: name, type, default, limits and meaning of every parameter.

    Raises
    ------
    ParameterError
        If the parameters cell cannot be read.
    """
    parameters = read_parameters(notebook)
    return {
        "schema_version": SCHEMA,
        "notebook": notebook.name,
        "file": notebook.path.name,
        "question": notebook.question,
        "parameters": [_one(parameter) for parameter in parameters],
        "json_schema": model_of(parameters).model_json_schema(by_alias=True) | {"title": notebook.name},
    }


def _one(parameter: Parameter) -> Mapping[str, Any]:
    return {
        "name": parameter.name,
        "type": parameter.item,
        "list": parameter.many,
        "kind": parameter.kind,
        "required": parameter.required,
        "nullable": parameter.optional,
        "default": as_json(parameter.default),
        "meaning": parameter.meaning,
        "choices": [as_json(choice) for choice in parameter.choices],
        "minimum": as_json(parameter.low),
        "maximum": as_json(parameter.high),
        "secret_allowed": parameter.item == "str" and not parameter.many,
    }
