"""managed.txt and managed_gone.tsv: AWS' managed policies from moto (Apache-2.0); the documents themselves are AWS'.

Sids, dates and ids are left out; the order of statements is kept; actions are sorted."""
import ast
import json
import re

from sources import as_list, head


def documents(wheel):
    tree = ast.parse(wheel.bytes("moto/iam/aws_managed_policies.py").decode())
    return next(json.loads(ast.literal_eval(node.value)) for node in tree.body if isinstance(node, ast.Assign))


def resource(text):
    text = "~:" + text[8:] if text.startswith("arn:aws:") else text
    return json.dumps(text) if re.search(r"[\s|\"]", text) or text == "" else text


def statement(found):
    groups, plain = {}, []
    for action in sorted(set(as_list(found.get("Action", found.get("NotAction")))), key=lambda a: (a.lower(), a)):
        if ":" in action:
            service, name = action.split(":", 1)
            groups.setdefault(service, []).append(name)
        else:
            plain.append(action)
    actions = plain + [f"{service}:{','.join(names)}" for service, names in groups.items()]
    resources = [resource(text) for text in as_list(found.get("Resource", found.get("NotResource")))]
    line = "+" if found["Effect"] == "Allow" else "-"
    line += (" ! " if "NotAction" in found else " ") + " ".join(actions)
    line += " |" + (" ! " if "NotResource" in found else " ") + " ".join(resources)
    if found.get("Condition"):
        alone = lambda value: value[0] if isinstance(value, list) and len(value) == 1 else value
        condition = {operator: {key: alone(value) for key, value in keys.items()} for operator, keys in found["Condition"].items()}
        line += " | " + json.dumps(condition, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return line + "\n"


def known(data):
    """(path, month) of the policies as they are now, and of those that were gone already."""
    path = data / "managed.txt"
    text = path.read_text() if path.exists() else ""
    month = (re.search(r"newest policy (\d{4}-\d{2})", text) or ["", ""])[1]
    live = {}
    for line in text.splitlines():
        if line.startswith("@"):
            name, _, folder = line[1:].partition(" ")
            live[name] = (folder or "/", month)
    gone = {}
    path = data / "managed_gone.tsv"
    for line in path.read_text().splitlines() if path.exists() else []:
        if not line.startswith("#"):
            name, folder, seen = line.split("\t")
            gone[name] = (folder, seen)
    return live, gone


def write(sources, data):
    wheel = sources.wheel("moto")
    policies = documents(wheel)
    were, gone = known(data)
    gone = {name: about for name, about in {**were, **gone}.items() if name not in policies}
    newest = max(policy["UpdateDate"] for policy in policies.values())[:10]
    order = lambda name: (name.lower(), name)
    out = [head(wheel, "moto", "Apache-2.0").replace("; do not edit", f", newest policy {newest}; do not edit"),
           "# @NAME [PATH]                path only when it is not \"/\"\n",
           "# + [!] ACTIONS | [!] RESOURCES [| CONDITION]     '+' allow, '-' deny; '!' = NotAction / NotResource\n",
           "#   actions grouped svc:A,B,C; '~:' at a resource's start stands for arn:aws:\n"]
    for name in sorted(policies, key=order):
        path = policies[name]["Path"]
        out.append(f"@{name}{'' if path == '/' else ' ' + path}\n")
        out += [statement(found) for found in as_list(policies[name]["Document"]["Statement"])]
    (data / "managed.txt").write_text("".join(out))
    rows = ["\t".join((name,) + gone[name]) + "\n" for name in sorted(gone, key=order)]
    (data / "managed_gone.tsv").write_text("# AWS managed policies that are gone: NAME PATH LAST-SEEN\n" + "".join(rows))
    return f"{len(policies)} policies, {len(gone)} gone"
