"""Translates SAM templates with AWS' own transform: prints {path: translated template, or {"error": message}} as JSON."""

import json
import os
import sys

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

try:
    import boto3
    import samtranslator
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
    from samtranslator.yaml_helper import yaml_parse
except ImportError as error:
    sys.exit(f"aws-sam-translator is not installed: {error}")

# What templates give changes with the transform: older ones forget the secret of a root certificate.
LEAST = (1, 115)
if tuple(int(part) for part in samtranslator.__version__.split(".")[:2]) < LEAST:
    sys.exit(f"aws-sam-translator {LEAST[0]}.{LEAST[1]} is not installed, but {samtranslator.__version__}")


def package(template):
    """Puts addresses in the place of local paths, as `sam package` does."""
    common = list(template.get("Globals", {}).values())
    for properties in common + [resource.get("Properties", {}) for resource in template["Resources"].values()]:
        for name in ("CodeUri", "DefinitionUri"):
            if isinstance(properties.get(name), str) and not properties[name].startswith("s3:"):
                properties[name] = "s3://bucket/key"


def translate(path):
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file)
    package(template)
    parameters = template.get("Parameters", {})
    values = {name: one["Default"] for name, one in parameters.items() if "Default" in one}
    session = boto3.Session(region_name="us-east-1")
    translator = Translator({}, Parser(), boto_session=session)
    try:
        return translator.translate(sam_template=template, parameter_values=values)
    except InvalidDocumentException as error:
        return {"error": "; ".join(cause.message for cause in error.causes)}


print(json.dumps({path: translate(path) for path in sys.argv[1:]}))
