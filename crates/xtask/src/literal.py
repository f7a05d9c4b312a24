"""Prints one member of an archive as JSON. A member that is Python is read as literals; nothing of it is run."""

import ast
import json
import sys
import tarfile
import zipfile


def member(archive, name):
    if archive.endswith(".whl"):
        return zipfile.ZipFile(archive).read(name).decode()
    return tarfile.open(archive).extractfile(name).read().decode()


def value(node):
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, (ast.List, ast.Tuple)):
        return [value(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {value(key): value(item) for key, item in zip(node.keys, node.values)}
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Call):
        args = [value(item) for item in node.args]
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        if name == "Decimal":
            return str(args[0])
        fields = {item.arg: value(item.value) for item in node.keywords}
        return {"type": name, "args": args, **fields}
    sys.exit(f"line {node.lineno}: a literal was expected")


def assigned(source, name):
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.AnnAssign) and statement.target.id == name:
            return value(statement.value)
    sys.exit(f"{name} is not assigned")


source = member(sys.argv[1], sys.argv[2])
read = assigned(source, "providers") if sys.argv[2].endswith(".py") else json.loads(source)
json.dump(read, sys.stdout)
