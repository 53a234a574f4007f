"""sensitive.txt and passrole_consumers.tsv, from the files of this folder alone.

The classes of sensitive.txt are hand-kept (they began as primeharbor/sensitive_iam_actions, CC0-1.0): what is there stays.
Added are actions of the level of permissions management, which expose a resource (E) or manage identities (I)."""
import tomllib

from sources import sections

OF_IDENTITIES = {"iam", "sso", "sso-directory", "identitystore", "organizations"}


def write(data):
    levels = {}
    for service, line in sections(data / "actions.txt"):
        name, level = line.split(" ")[:2]
        levels[f"{service}:{name}".lower()] = (f"{service}:{name}", level)

    classes = {}
    for service, line in sections(data / "sensitive.txt"):
        name, letters = line.split(" ")
        if f"{service}:{name}".lower() in levels:
            classes[f"{service}:{name}".lower()] = set(letters)
    for key, (name, level) in levels.items():
        if level == "P":
            classes.setdefault(key, set()).add("I" if name.split(":")[0] in OF_IDENTITIES else "E")
    out = ["# sensitive actions; begun from primeharbor/sensitive_iam_actions (CC0-1.0); kept by hand and by tools/catalogue\n",
           "# C returns credentials  D reads customer data  E can expose a resource (resource policy, sharing)\n",
           "# I manages identities and their permissions  X escalation step  G switches off logging or protection\n"]
    current = None
    for key in sorted(classes):
        service, name = levels[key][0].split(":")
        if service != current:
            out.append(f"[{service}]\n")
            current = service
        out.append(f"{name} {''.join(sorted(classes[key]))}\n")
    (data / "sensitive.txt").write_text("".join(out))

    consumers = {}
    for service, line in sections(data / "dependents.txt"):
        name, needed = line.split(": ", 1)
        if "iam:PassRole" in needed.split() or (service == "iam" and "PassRole" in needed.split()):
            consumers[f"{service}:{name}"] = "aws"
    for path in tomllib.loads((data / "privesc.toml").read_text())["path"]:
        if path["all"][0] == "iam:PassRole" and not path.get("retired"):
            for name in (name for entry in path["all"][1:] for name in entry.split("|")):
                if levels.get(name.lower(), ("", ""))[1] == "W":
                    consumers.setdefault(name, "path")
    title = "# actions whose caller hands over a role with iam:PassRole; source: aws = listed as dependent action, path = from privesc.toml\n"
    rows = [f"{name}\t{consumers[name]}\n" for name in sorted(consumers)]
    (data / "passrole_consumers.tsv").write_text(title + "".join(rows))
    return f"{len(classes)} sensitive actions, {len(consumers)} actions that take a role"
