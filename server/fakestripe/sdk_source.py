"""The source of the installed Stripe SDK, read without running it: classes and their scopes."""

import ast
import importlib.util
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path


def _root() -> Path:
    found = importlib.util.find_spec("stripe")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent


ROOT = _root()


@dataclass
class Module:
    """One file of the SDK: its classes and where its other names come from."""

    name: str
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def holds_params(self) -> bool:
        """Whether the module describes requests rather than answers."""
        return self.name.startswith("stripe.params")


@dataclass(frozen=True)
class Place:
    """A class of the SDK: the module and the names from the outermost class inwards."""

    module: str
    names: tuple[str, ...]


@cache
def load(name: str) -> Module:
    """Read a module of the SDK, by its dotted name ("stripe.checkout._session")."""
    parts = name.split(".")[1:]
    path = ROOT.joinpath(*parts).with_suffix(".py")
    if not path.exists():
        path = ROOT.joinpath(*parts, "__init__.py")
    module = Module(name)
    _scan(module, ast.parse(path.read_text()).body)
    return module


def _scan(module: Module, body: list[ast.stmt]) -> None:
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                module.imports[alias.asname or alias.name] = (node.module, alias.name)
        elif isinstance(node, ast.ClassDef):
            module.classes[node.name] = node
        elif isinstance(node, ast.If):
            _scan(module, node.body)
        elif isinstance(node, ast.Assign):
            _typed_dict(module, node)


def _typed_dict(module: Module, node: ast.Assign) -> None:
    """Read `X = TypedDict("X", {"from": …})`, which the SDK uses where a key is a keyword."""
    call, target = node.value, node.targets[0]
    if not (isinstance(call, ast.Call) and isinstance(target, ast.Name)):
        return
    if not (isinstance(call.func, ast.Name) and call.func.id == "TypedDict"):
        return
    table = call.args[1]
    assert isinstance(table, ast.Dict)
    body: list[ast.stmt] = [
        ast.AnnAssign(target=ast.Name(id=key.value), annotation=value, value=None, simple=1)
        for key, value in zip(table.keys, table.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    ]
    module.classes[target.id] = ast.ClassDef(
        name=target.id, bases=[], keywords=[], body=body, decorator_list=[]
    )


def class_at(place: Place) -> ast.ClassDef:
    """Return the class at a place."""
    found = load(place.module).classes[place.names[0]]
    for name in place.names[1:]:
        inner = _inner(found, name)
        assert inner is not None
        found = inner
    return found


def _inner(outer: ast.ClassDef, name: str) -> ast.ClassDef | None:
    for node in outer.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return node
    return None


def resolve(scope: Place, name: str) -> Place:
    """Return the class that a name means inside a scope.

    Raises:
        LookupError: the SDK gives that name no class.
    """
    for depth in range(len(scope.names), 0, -1):
        outer = Place(scope.module, scope.names[:depth])
        if _inner(class_at(outer), name) is not None:
            return Place(scope.module, (*outer.names, name))
    module = load(scope.module)
    if name in module.classes:
        return Place(scope.module, (name,))
    if name in module.imports:
        source, original = module.imports[name]
        if source.startswith("stripe") and original in load(source).classes:
            return Place(source, (original,))
    raise LookupError(f"{scope.module} knows no class {name}")


def dotted(node: ast.expr) -> list[str]:
    """Return the names of `a.b.c`, outermost first."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    assert isinstance(node, ast.Name)
    return [node.id, *names]


def resolve_dotted(scope: Place, names: list[str]) -> Place:
    """Return the class that `a.b.c` means inside a scope."""
    module = load(scope.module)
    if names[0] in module.classes:
        return Place(scope.module, tuple(names))
    if names[0] in module.imports:
        source, original = module.imports[names[0]]
        if original in load(source).classes:
            return Place(source, (original, *names[1:]))
    return resolve(scope, names[-1])


def object_name(place: Place) -> str | None:
    """Return what an answer of this class says it is ("checkout.session"), if it says so."""
    if load(place.module).holds_params:
        return None
    for node in class_at(place).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            of = node.annotation
            if node.target.id != "object" or not isinstance(of, ast.Subscript):
                continue
            if isinstance(of.slice, ast.Constant) and isinstance(of.slice.value, str):
                return of.slice.value
    return None
