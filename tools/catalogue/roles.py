"""role_refs.tsv: attributes that name an IAM role or an instance profile, found by name in the schema of the Terraform
provider hashicorp/aws (as published in cdktn-provider-aws, MPL-2.0) and in those of CloudFormation (cfn-lint, MIT-0).
Only names are taken over."""
import io
import json
import re
import tarfile

TERRAFORM_NAME = re.compile(
    r"(^|_)(role|roles|role_arn|role_arns|iam_role|iam_role_arn|iam_roles|instance_profile|iam_instance_profile|execution_role"
    r"|service_role|job_role|task_role|service_linked_role|instance_role|autoscaling_role)(_arn|_arns|_name)?$"
    r"|(^|_)role_arns?$|_role$|_role_name$")
CLOUDFORMATION_NAME = re.compile(
    r".*(RoleArn|RoleARN|Role|Roles|RoleArns|IamRoleArn|IamRole|InstanceProfile|InstanceProfileArn|IamInstanceProfile"
    r"|ExecutionRole|ServiceRole|InstanceRole)")
# What these name is the role itself, a role of another system, or a carrier that the kinds of the model describe.
NOT_TERRAFORM = re.compile(
    r"aws_iam_|identitystore|rolesanywhere|quicksight_user|grafana_role|_role_mapping$|ssoadmin|workmail|chime|iot_role_alias\.alias")
NOT_CLOUDFORMATION = ("AWS::IAM::", "AWS::SSO::", "AWS::RolesAnywhere", "AWS::IdentityStore")
DOCUMENTED = re.compile(r"docs/(resources)/([a-z0-9_]+)#([a-z0-9_]+)")


def kind_of(value):
    """A type of the assembly: its name, and the structure that it refers to."""
    if "primitive" in value:
        return value["primitive"], None
    if "fqn" in value:
        return "obj", value["fqn"]
    if "collection" in value:
        name, structure = kind_of(value["collection"]["elementtype"])
        return f"{value['collection']['kind']}<{name}>", structure
    if "union" in value:
        kinds = [kind_of(one) for one in value["union"]["types"]]
        kinds = [one for one in kinds if not (one[1] and "IResolvable" in one[1])]
        structures = [structure for _, structure in kinds if structure]
        return "|".join(sorted({name for name, _ in kinds})), structures[0] if structures else None
    return "any", None


def terraform(wheel):
    """(resource type, path, is it repeated) of every attribute that holds text."""
    name = next(n for n in wheel.archive.namelist() if n.endswith(".jsii.tgz"))
    with tarfile.open(fileobj=io.BytesIO(wheel.bytes(name))) as package:
        member = next(m for m in package.getmembers() if m.name.endswith("/.jsii"))
        types = assembly(package, member)["types"]
    structures, configs = {}, {}
    for fqn, found in types.items():
        if found["kind"] != "interface" or not found.get("datatype"):
            continue
        properties = {}
        for one in found.get("properties", []):
            docs = one.get("docs") or {}
            link = DOCUMENTED.search(" ".join(docs.get(part) or "" for part in ("summary", "remarks", "see")))
            if link:
                properties[link[3]] = (link[2], one["type"])
        structures[fqn] = properties
        owners = {owner for owner, _ in properties.values()}
        if fqn.endswith("Config") and len(owners) == 1 and any("TerraformMetaArguments" in i for i in found.get("interfaces", [])):
            configs["aws_" + owners.pop()] = fqn

    def walk(fqn, path, seen):
        for attribute, (_, value) in structures.get(fqn, {}).items():
            name, structure = kind_of(value)
            here = path + ("." if path else "") + attribute
            if "string" in name:
                yield here, attribute, "array" in name or "[]" in here
            if structure in structures and structure not in seen and len(seen) < 8:
                yield from walk(structure, here + ("[]" if name.startswith("array") else ""), seen | {fqn})

    for kind in sorted(configs):
        for path, attribute, repeated in walk(configs[kind], "", frozenset()):
            yield kind, path, attribute, repeated


def assembly(package, member):
    """The assembly, which may only point to a compressed one beside it."""
    found = json.load(package.extractfile(member))
    if found.get("schema") == "jsii/file-redirect":
        import gzip

        beside = member.name.rsplit("/", 1)[0] + "/" + found["filename"]
        found = json.loads(gzip.decompress(package.extractfile(beside).read()))
    return found


class Schemas:
    """The schemas of CloudFormation's resource types."""

    def __init__(self, wheel):
        self.wheel = wheel
        self.root = "cfnlint/data/schemas/"
        self.types = wheel.json(self.root + "providers/us-east-1.json")

    def paths(self, kind):
        schema = self.wheel.json(f"{self.root}resources/{self.types[kind]}.json")
        found = {}
        for name, node in schema.get("properties", {}).items():
            for path, inner in self.walk(schema, node, name, (), 0):
                found.setdefault(path, inner)
        return found, set(schema.get("readOnlyProperties") or [])

    def walk(self, schema, node, path, seen, depth):
        if depth > 9 or node.get("$ref") in seen:
            return
        if "$ref" in node:
            target = schema
            for part in node["$ref"].lstrip("#/").split("/"):
                target = target.get(part, {})
            merged = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
            yield from self.walk(schema, merged, path, seen + (node["$ref"],), depth)
            return
        yield path, node
        for name, inner in (node.get("properties") or {}).items():
            yield from self.walk(schema, inner, f"{path}/{name}", seen, depth + 1)
        if isinstance(node.get("items"), dict):
            yield from self.walk(schema, node["items"], path + "/*", seen, depth + 1)
        for choice in ("anyOf", "oneOf", "allOf"):
            for inner in node.get(choice) or []:
                if any(key in inner for key in ("properties", "$ref", "items")):
                    yield from (pair for pair in self.walk(schema, dict(inner), path, seen, depth + 1) if pair[0] != path)


def write(sources, data):
    provider, lint = sources.wheel("cdktn-provider-aws"), sources.wheel("cfn-lint")
    rows = []
    for kind, path, attribute, repeated in terraform(provider):
        if not NOT_TERRAFORM.search(kind) and TERRAFORM_NAME.search(attribute) and not attribute.endswith("_role_type"):
            rows.append(("tf", kind, path, "n" if repeated else "1"))
    schemas = Schemas(lint)
    for kind in sorted(schemas.types):
        if kind.startswith(NOT_CLOUDFORMATION):
            continue
        paths, read_only = schemas.paths(kind)
        for path, node in paths.items():
            last = [part for part in path.split("/") if part != "*"][-1]
            is_text = node.get("type") in ("string", ["string", "object"], ["object", "string"])
            if is_text and CLOUDFORMATION_NAME.fullmatch(last) and "/properties/" + path not in read_only:
                rows.append(("cfn", kind, path, "n" if "*" in path else "1"))
    title = (f"# attributes that name an IAM role or instance profile, found by name in the schemas of cdktn-provider-aws {provider.version}"
             f" and cfn-lint {lint.version} by tools/catalogue\n# format\ttype\tpath\tcardinality\n")
    (data / "role_refs.tsv").write_text(title + "".join("\t".join(row) + "\n" for row in rows))
    return f"{len(rows)} attributes"
