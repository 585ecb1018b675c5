"""The library's shape: layers, sizes, docstrings, and what its code does not do.

Each rule is a function from a module's syntax tree to the places that break it. Each is tried on a
small module that breaks it, so that a rule that sees nothing does not pass for a clean library.
"""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

LIBRARY = Path(__file__).resolve().parent.parent / "seq2seq_lib"

LAYERS = {
    "values": {"memory", "vocabulary", "subwords", "config", "plotting"},
    "parts": {
        "attention", "recurrent", "attending", "multihead", "transformer", "latent", "grammar",
        "typography", "corpora", "batching", "noising",
    },
    "models": {"models"},
    "use": {"losses", "search", "sampling", "exact", "forcing"},
    "work": {
        "schedule", "training", "metrics", "evaluation", "challenge", "probes", "tampering",
        "checkpoints", "heads", "distributed", "estimates", "significance", "expenses",
    },
    "book": {
        "claims", "checks", "drawing", "experiments", "interact", "pretrained", "recipes",
        "benchmark", "cli", "tuning",
    },
}  # fmt: skip
DEPTH = {name: depth for depth, names in enumerate(LAYERS.values()) for name in names}
MAY_PRINT = {
    "claims", "checks", "interact", "experiments", "pretrained", "grammar", "benchmark", "cli",
    "tuning",
}  # fmt: skip
MOST_LINES, MOST_FUNCTION_LINES, MOST_COLUMNS = 300, 40, 100

Trees = dict[str, ast.Module]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def library() -> dict[str, Path]:
    """Give every module of the library by its dotted name below `seq2seq_lib`."""
    paths = sorted(LIBRARY.rglob("*.py"))
    return {_dotted(path.relative_to(LIBRARY)): path for path in paths}


def _dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = library()
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def imported(name: str, tree: ast.AST, package: bool = False) -> set[str]:
    """Give the library's modules that a module imports, wherever the import stands."""
    here = name.split(".") if name else []
    here = here if package else here[:-1]
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                up = here[: len(here) - node.level + 1]
                base = ".".join(["seq2seq_lib", *up, *([base] if base else [])])
            found |= {f"{base}.{alias.name}" for alias in node.names} | {base}
    prefix = "seq2seq_lib."
    return {word.removeprefix(prefix) for word in found if word.startswith(prefix)}


def unknown_modules(names: list[str]) -> list[str]:
    """Give the top-level modules that stand in no layer."""
    return sorted({name.split(".")[0] for name in names if name} - set(DEPTH))


def upward_imports(trees: Trees) -> list[str]:
    """Give each import of a module from a layer below the importer's own."""
    found = []
    for name, tree in trees.items():
        top = name.split(".")[0]
        for other in imported(name, tree, _is_package(name)):
            low = other.split(".")[0]
            if top in DEPTH and low in DEPTH and DEPTH[low] > DEPTH[top]:
                found.append(f"{name} imports {other}")
    return sorted(found)


def _is_package(name: str) -> bool:
    return name in MODULES and MODULES[name].name == "__init__.py"


def cycles(trees: Trees) -> list[list[str]]:
    """Give the cycles of imports, each once, as the modules along it."""
    edges = {
        name: sorted((imported(name, tree, _is_package(name)) & set(trees)) - {name})
        for name, tree in trees.items()
    }
    found: list[list[str]] = []
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> None:
        if name in path:
            found.append(path[path.index(name) :])
        elif name not in done:
            for other in edges[name]:
                visit(other, [*path, name])
            done.add(name)

    for name in edges:
        visit(name, [])
    return found


def test_every_module_stands_in_a_layer():
    assert unknown_modules(list(MODULES)) == []
    assert unknown_modules(["", "models", "grammar.rules", "helpers"]) == ["helpers"]


def test_no_module_imports_from_a_layer_below_it():
    assert upward_imports(TREES) == []
    low = {"memory": ast.parse("def f():\n    from seq2seq_lib.training import train")}
    assert "memory imports training" in upward_imports(low)
    low = {"grammar.rules": ast.parse("from ..models import build")}
    assert "grammar.rules imports models" in upward_imports(low)


def test_no_cycle_of_imports():
    assert cycles(TREES) == []
    ring = {"memory": "import seq2seq_lib.config", "config": "from seq2seq_lib import memory"}
    assert cycles({name: ast.parse(text) for name, text in ring.items()}) == [["memory", "config"]]


def functions(tree: ast.AST) -> Iterator[Function]:
    """Give every function of a module, methods and inner ones too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def long_functions(tree: ast.Module) -> Iterator[str]:
    """A function has at most 40 lines."""
    for node in functions(tree):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > MOST_FUNCTION_LINES:
            yield f"{node.name}: {lines} lines"


def undocumented(tree: ast.Module) -> Iterator[str]:
    """The module and every public function, class and method has a docstring."""
    if not ast.get_docstring(tree):
        yield "the module"
    yield from _undocumented(tree, "")


def _undocumented(node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[str]:
    for child in node.body:
        if not isinstance(child, Function | ast.ClassDef) or child.name.startswith("_"):
            continue
        if not ast.get_docstring(child):
            yield prefix + child.name
        if isinstance(child, ast.ClassDef):
            yield from _undocumented(child, f"{child.name}.")


def passed_through(tree: ast.Module) -> Iterator[str]:
    """No function takes ``**keywords`` only to hand them on to another."""
    for node in functions(tree):
        if node.args.kwarg is None or node.name == "__call__":  # a stand-in for any function
            continue
        for call in ast.walk(node):
            handed = [word for word in getattr(call, "keywords", []) if word.arg is None]
            if any(getattr(word.value, "id", "") == node.args.kwarg.arg for word in handed):
                yield f"{node.name} passes **{node.args.kwarg.arg} through"


def model_forks(tree: ast.Module) -> Iterator[str]:
    """No isinstance on one of the library's networks: what differs stands in their methods."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance":
            kinds = {getattr(n, "id", getattr(n, "attr", "")) for n in ast.walk(node.args[1])}
            for kind in sorted(kinds & NETWORKS):
                yield f"line {node.lineno}: isinstance on {kind}"


# What tells one kind of model from another: settings of its configuration.
TELLING = {
    "kind", "cell", "direction", "context", "score", "feeding", "local", "window", "latent",
    "norm", "positions", "tied", "prefix", "heads", "variational",
}  # fmt: skip
MAKERS = {"models", "config", "recurrent", "attending", "multihead", "transformer", "latent"}


def kinds_told_apart(tree: ast.Module) -> Iterator[str]:
    """Nothing asks what kind a model is: not its class, its configuration, or what it has."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in TELLING:
            if getattr(node.value, "id", getattr(node.value, "attr", "")) == "config":
                yield f"line {node.lineno}: config.{node.attr}"
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("type", "hasattr"):
            asked = getattr(node.args[0], "id", getattr(node.args[0], "attr", ""))
            if asked in ("model", "config", "writer", "reader"):
                yield f"line {node.lineno}: {node.func.id}({asked})"
        elif isinstance(node, ast.ImportFrom) and node.module == "seq2seq_lib.config":
            for alias in node.names:
                if alias.name in ("ATTENDING", "CONTEXTS", "KINDS"):
                    yield f"line {node.lineno}: {alias.name}"


@pytest.mark.parametrize(
    "broken",
    [
        "if model.config.context in ('luong', 'bahdanau'): pass",
        "align = config.kind == 'transformer'",
        "if type(model) is EncoderDecoder: pass",
        "if hasattr(model, 'reader'): pass",
        "from seq2seq_lib.config import ATTENDING",
    ],
)
def test_a_question_after_the_kind_of_model_is_seen(broken):
    assert len(list(kinds_told_apart(ast.parse(broken)))) == 1
    assert not list(kinds_told_apart(ast.parse("x = memory.context, self.config.steps, type(x)")))


def test_nothing_asks_what_kind_a_model_is():
    """Any model is trained, searched, scored, aligned and saved by the same functions."""
    asking = {
        name: list(kinds_told_apart(tree))
        for name, tree in TREES.items()
        if name.split(".")[0] not in MAKERS
    }
    assert {name: found for name, found in asking.items() if found} == {}


def assertions(tree: ast.Module) -> Iterator[str]:
    """``assert`` is for tests: the library raises errors that cannot be switched off."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            yield f"line {node.lineno}: assert"


def prints(tree: ast.Module) -> Iterator[str]:
    """The library gives values back; only the book's layer and its commands speak."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print":
            yield f"line {node.lineno}: print"


def seeds(tree: ast.Module) -> Iterator[str]:
    """No function fixes the global seed, but inside fork_rng or from a generator it was given."""
    forks = [n for n in ast.walk(tree) if isinstance(n, ast.With) and "fork_rng" in ast.dump(n)]
    sheltered = {id(node) for fork in forks for node in ast.walk(fork)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.manual_seed":
            if id(node) not in sheltered and "generator" not in ast.unparse(node):
                yield f"line {node.lineno}: torch.manual_seed"


def networks(trees: Trees) -> set[str]:
    """Give the names of the library's classes that derive from nn.Module."""
    classes = [n for t in trees.values() for n in ast.walk(t) if isinstance(n, ast.ClassDef)]
    found = {"Module"}
    for _ in classes:
        found |= {
            node.name
            for node in classes
            if found & {getattr(b, "id", getattr(b, "attr", "")) for b in node.bases}
        }
    return found


NETWORKS = networks(TREES) | {"EncoderDecoder"}

Rule = Callable[[ast.Module], Iterator[str]]
RULES: dict[Rule, str] = {
    long_functions: '"""D."""\ndef f():\n    """D."""\n' + "    x = 1\n" * 39,
    undocumented: '"""D."""\nclass C:\n    """D."""\n    def f(self): pass\n',
    passed_through: '"""D."""\ndef f(**rest):\n    """D."""\n    return g(1, **rest)\n',
    model_forks: '"""D."""\nx = isinstance(y, (int, EncoderDecoder))\n',
    assertions: '"""D."""\ndef f(x):\n    """D."""\n    assert x\n',
    prints: '"""D."""\nprint(1)\n',
    seeds: '"""D."""\nimport torch\ntorch.manual_seed(1)\n',
}


def rule_name(rule: Rule) -> str:
    """Give a rule's name for the test's id."""
    return rule.__name__


@pytest.mark.parametrize("rule", RULES, ids=rule_name)
def test_the_library_keeps_the_rule(rule):
    found = []
    for name, tree in TREES.items():
        if rule is prints and name.split(".")[0] in MAY_PRINT:
            continue
        found += [f"{name}: {line}" for line in rule(tree)]
    assert found == []


@pytest.mark.parametrize("rule", RULES, ids=rule_name)
def test_the_rule_sees_what_breaks_it(rule):
    broken = ast.parse(RULES[rule])
    assert [other for other in RULES if list(other(broken))] == [rule]


@pytest.mark.parametrize("name", MODULES, ids=lambda name: name or "__init__")
def test_the_file_fits(name):
    lines = MODULES[name].read_text(encoding="utf-8").split("\n")
    assert len(lines) - 1 <= MOST_LINES
    assert max(map(len, lines)) <= MOST_COLUMNS
