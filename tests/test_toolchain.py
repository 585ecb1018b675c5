"""The one list of dependencies, the two commands and what CI runs agree with one another."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import conftest
import surroundings

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RUNTIME = [Requirement(line) for line in PROJECT["dependencies"]]
DEV = [Requirement(line) for line in PROJECT["optional-dependencies"]["dev"]]
BENCH = [Requirement(line) for line in PROJECT["optional-dependencies"]["bench"]]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8"))


def names(requirements: list[Requirement]) -> set[str]:
    """Give the canonical names of requirements."""
    return {canonicalize_name(requirement.name) for requirement in requirements}


def pins() -> dict[str, str]:
    """Give the pinned version of each package; a line that is no plain pin fails."""
    found: dict[str, str] = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        match = re.fullmatch(r"([a-z0-9-]+)==([0-9][0-9a-z.]*)", line)
        assert match, f"wanted name==version without a local suffix, got {line!r}"
        assert match[1] not in found, f"{match[1]} is pinned twice"
        found[match[1]] = match[2]
    return found


def test_every_dependency_is_pinned_within_its_range():
    pinned = pins()
    for requirement in RUNTIME + DEV:
        name = canonicalize_name(requirement.name)
        assert name in pinned, f"{name} is not in constraints.txt"
        assert requirement.specifier.contains(pinned[name]), f"{requirement}, pinned {pinned[name]}"


def test_every_range_has_two_ends_and_nothing_is_listed_twice():
    listed = [canonicalize_name(requirement.name) for requirement in RUNTIME + DEV + BENCH]
    assert len(listed) == len(set(listed))
    for requirement in RUNTIME + DEV + BENCH:
        ends = sorted(part.operator for part in requirement.specifier)
        assert ends == ["<", ">="], f"a lower and an upper end wanted, got {requirement}"


def test_constraints_hold_on_other_systems():
    heavy = [name for name in pins() if name.startswith(("nvidia", "cuda", "triton"))]
    assert heavy == []


def test_what_runs_here_lies_within_the_ranges():
    for requirement in RUNTIME + DEV:
        here = Version(version(requirement.name)).public
        assert requirement.specifier.contains(here), f"{requirement} wanted, got {here}"


def test_environment_yml_defers_to_the_list():
    assert ENVIRONMENT["name"] == PROJECT["name"]
    assert ENVIRONMENT["channels"] == ["conda-forge"]
    conda = [entry for entry in ENVIRONMENT["dependencies"] if isinstance(entry, str)]
    (pip,) = [entry["pip"] for entry in ENVIRONMENT["dependencies"] if isinstance(entry, dict)]
    assert pip == ["-c constraints.txt", "-e .[dev]"]
    assert [Requirement(entry).name for entry in conda] == ["python", "pip"]
    python = Requirement(conda[0]).specifier
    lowest = PROJECT["requires-python"].removeprefix(">=")
    assert python.contains(lowest) and not python.contains("3.10")


IMPORTED_BY = {
    "seq2seq_lib": RUNTIME,
    "tools": RUNTIME + DEV,
    "tests": RUNTIME + DEV,
    "bench": RUNTIME + DEV + BENCH,
}


@pytest.mark.parametrize("folder", IMPORTED_BY)
def test_what_is_imported_is_listed(folder):
    providers = packages_distributions()
    tools = {path.stem for path in (ROOT / "tools").glob("*.py")}
    own = {"seq2seq_lib", "tests", "conftest", "bench"} | tools
    listed = names(IMPORTED_BY[folder])
    missing = set()
    for path in (ROOT / folder).rglob("*.py"):
        for module in absolute_imports(ast.parse(path.read_text(encoding="utf-8"))):
            if module in sys.stdlib_module_names or module in own:
                continue
            # A package of the extra "bench" need not be installed: its name says which it is.
            from_names = providers.get(module, [module])
            if not {canonicalize_name(name) for name in from_names} & listed:
                missing.add(f"{path.name} imports {module}")
    assert missing == set()


def absolute_imports(tree: ast.AST) -> set[str]:
    """Give the top-level modules that a syntax tree imports."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_imports_inside_functions_are_seen():
    tree = ast.parse("import a.b\ndef f():\n    from c.d import e\n    from . import g")
    assert absolute_imports(tree) == {"a", "c"}


def test_make_ci_and_the_guide_run_the_same_command():
    command = "-m pytest @tests/everything.args"
    assert command in (ROOT / "Makefile").read_text(encoding="utf-8")
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert '-m pytest "@tests/everything.args"' in guide
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    steps = {
        name: [step["run"] for step in job["steps"] if "run" in step]
        for name, job in WORKFLOW["jobs"].items()
    }
    assert steps["unix"] == [".ci/run"]
    assert steps["windows"][-1] == 'python -m pytest "@tests/everything.args"'
    for job in WORKFLOW["jobs"].values():
        assert job["strategy"]["matrix"]["python"] == ["3.11", "3.13"]


def test_everything_is_strict_and_keeps_a_notebook_on_one_worker():
    words = (ROOT / "tests" / "everything.args").read_text(encoding="utf-8").split()
    assert {"tests", "chapters", "--nbval", "--dist=loadscope"} <= set(words)
    assert "--no-loadscope-reorder" in words
    assert not [word for word in words if "lax" in word]


def test_sanitising_takes_out_pictures_and_addresses_and_leaves_numbers():
    from nbval.plugin import get_sanitize_patterns

    patterns = get_sanitize_patterns((ROOT / "sanitize.cfg").read_text(encoding="ascii"))
    text = 'BLEU 31.4 <img src="data:image/png;base64,iVBORw0K+/="> at 0x7f3a5c001200'
    for regex, replacement in patterns:
        text = re.sub(regex, replacement, text)
    assert text == 'BLEU 31.4 <img src="PICTURE"> at ADDRESS'


def test_workers_are_the_cores_at_most_two(monkeypatch):
    for cores, workers in ((1, 1), (2, 2), (64, 2)):
        seen = set(range(cores))
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, seen=seen: seen, raising=False)
        assert conftest.pytest_xdist_auto_num_workers(SimpleNamespace()) == workers


def test_long_scopes_start_first_and_scopes_stay_together(tmp_path):
    notebook = tmp_path / "06.ipynb"
    notebook.write_text(json.dumps({"metadata": {"book": {"seconds": 150}}}), encoding="utf-8")
    plain = tmp_path / "05.ipynb"
    plain.write_text("{}", encoding="utf-8")
    short = SimpleNamespace(path=tmp_path / "a.py", module=SimpleNamespace())
    slow = SimpleNamespace(path=tmp_path / "b.py", module=SimpleNamespace(SECONDS=90.0))
    first, last = SimpleNamespace(path=notebook, cell=1), SimpleNamespace(path=notebook, cell=2)
    items = [short, slow, SimpleNamespace(path=plain), first, last]
    conftest.pytest_collection_modifyitems(items)
    order = [item.path.name for item in items]
    assert order == ["06.ipynb", "06.ipynb", "b.py", "05.ipynb", "a.py"]
    assert items[:2] == [first, last]


def test_surroundings_respect_the_readers_threads_and_draw_inline():
    made = surroundings.prepare({"OMP_NUM_THREADS": "4", "MPLBACKEND": "Agg"})
    assert made["OMP_NUM_THREADS"] == "4" and made["MKL_NUM_THREADS"] == "1"
    assert made["TQDM_DISABLE"] == "1" and made["IPYKERNEL_CELL_NAME"] == "<cell>"
    assert "MPLBACKEND" not in made
    assert os.environ["TQDM_DISABLE"] == "1" and "MPLBACKEND" not in os.environ


needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")


@needs_make
def test_make_help_is_the_default_and_names_every_command():
    told = make().stdout
    assert told == make("help").stdout
    for target in ("lab", "test", "book", "chapter N=06", "data", "lint", "bench", "clean"):
        assert f"make {target}" in told


@needs_make
def test_make_refuses_an_old_python(tmp_path):
    old = tmp_path / "python"
    program = "import sys; sys.version_info = (3, 9); sys.version = '3.9.6 x'"
    old.write_text(
        "#!/bin/sh\n"
        f'exec "{sys.executable}" -c "{program}\n$2"\n'
    )
    old.chmod(0o755)
    run = make("setup", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}")
    assert run.returncode != 0
    assert "Python 3.11 or later is wanted, this is 3.9.6" in run.stderr
    assert not (tmp_path / "venv").exists()


@needs_make
def test_make_chapter_wants_a_number(tmp_path):
    ready = tmp_path / "ready"
    ready.touch()
    run = make("chapter", f"VENV={tmp_path}", "--assume-old=pyproject.toml")
    assert run.returncode != 0
    assert "Say make chapter N=06" in run.stdout


@needs_make
def test_a_second_make_has_nothing_to_do(tmp_path):
    (tmp_path / "ready").touch()
    assert "Setting up" not in make("--dry-run", "lab", f"VENV={tmp_path}").stdout
    old = 1_000_000_000
    os.utime(tmp_path / "ready", (old, old))
    assert "Setting up" in make("--dry-run", "lab", f"VENV={tmp_path}").stdout


def make(*words: str) -> subprocess.CompletedProcess[str]:
    """Run make in the repository's root."""
    return subprocess.run(["make", *words], cwd=ROOT, capture_output=True, text=True)
