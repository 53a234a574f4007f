"""The policy templates and connector profiles of SAM, from aws-sam-translator (Apache-2.0). Descriptions are left out."""
import json

from sources import as_list


def substituted(value):
    """{Fn::Sub: [text, {v: {Ref: w}}]} as a text with ${w}."""
    if isinstance(value, list):
        return [substituted(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        return "${%s}" % value["Ref"]
    if "Fn::Sub" not in value:
        return {key: substituted(one) for key, one in value.items()}
    text = value["Fn::Sub"]
    if isinstance(text, list):
        text, variables = text
        for name, meant in variables.items():
            meant = meant["Ref"] if isinstance(meant, dict) and "Ref" in meant else name
            text = text.replace("${%s}" % name, "${%s}" % meant)
    return text


def lines(statements):
    for one in statements:
        groups = {}
        for action in as_list(one["Action"]):
            service, name = action.split(":", 1)
            groups.setdefault(service, set()).add(name)
        order = lambda name: (name.lower(), name)
        actions = [f"{service}:{','.join(sorted(names, key=order))}" for service, names in sorted(groups.items())]
        texts = [text if isinstance(text, str) else json.dumps(text, separators=(",", ":")) for text in as_list(one.get("Resource", "*"))]
        line = ("+ " if one.get("Effect", "Allow") == "Allow" else "- ") + " ".join(actions)
        line += " | " + " ".join(text.replace("arn:${AWS::Partition}:", "~:") for text in texts)
        if one.get("Condition"):
            line += " | " + json.dumps(one["Condition"], separators=(",", ":"), sort_keys=True)
        yield line + "\n"


def write(sources, path):
    if not path.parent.exists():
        return f"skipped, there is no {path.parent.name}/"
    wheel = sources.wheel("aws-sam-translator")
    templates = wheel.json("samtranslator/policy_templates_data/policy_templates.json")["Templates"]
    profiles = wheel.json("samtranslator/model/connector_profiles/profiles.json")["Permissions"]
    out = ["# SAM policy templates: `@NAME PARAMETER…`, then its statements: `+ ACTIONS | RESOURCES [| CONDITION]`.\n",
           f"# `~:` at the start of a resource stands for `arn:${{AWS::Partition}}:`. From aws-sam-translator {wheel.version} (Apache-2.0).\n",
           "# Connector profiles: `%SOURCE DESTINATION KIND ACCESS`, then statements as above, or the properties of a permission: `= JSON`.\n",
           "# `%{Source.Arn}` and the like stand for attributes of the two ends.\n"]
    for name in sorted(templates):
        out.append("@" + " ".join([name] + sorted(templates[name]["Parameters"])) + "\n")
        out += lines(substituted(templates[name]["Definition"]["Statement"]))
    count = 0
    for source in sorted(profiles):
        for destination, profile in sorted(profiles[source].items()):
            for access, found in sorted(profile["Properties"].get("AccessCategories", {}).items()):
                count += 1
                out.append(f"%{source} {destination} {profile['Type']} {access}\n")
                properties = "= " + json.dumps(found, separators=(",", ":"), sort_keys=True) + "\n"
                out += lines(found["Statement"]) if "Statement" in found else [properties]
    path.write_text("".join(out))
    return f"{len(templates)} policy templates, {count} connector profiles"
