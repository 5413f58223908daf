"""The layers hold: imports run downward only, and light commands stay light."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import fewshot as package
from tests.conftest import Folder, Run

ROOT = Path(package.__file__).parent

FLOORS = [
    {"errors", "watch", "backbones.preprocessing", "backbones.cache", "backbones.choice"}
    | {"ordinary", "detection"},
    {"digest", "calibration_errors", "lengths", "heads.shapes", "heads.batches", "heads.mining"}
    | {"training.errors", "training.augmentation", "training.scratch", "bundles.errors"}
    | {"evaluation.kept", "detectors.errors"},
    {
        "backbones.blueprint",
        "heads.fitting",
        "heads.objective",
        "training.settings",
    },
    {
        "names",
        "records",
        "decoding",
        "crops",
        "growing",
        "written",
        "npz",
        "pipeline",
        "location",
        "upgrades",
        "journal",
        "fonts",
        "small_views",
        "findings",
        "leave_one_out",
        "sharpness",
        "wording",
        "conformal",
        "evidence",
        "interval",
        "nearness",
        "risk",
        "rules",
    }
    | {"backbones.palette_colors", "backbones.palette_shapes"},
    {"recipe", "index", "shares", "backbones.errors", "backbones.spec", "training.plots"}
    | {"copies", "mislabeling", "removals", "crop_names"},
    {"scoring", "sliding", "spaces", "heads.head", "training.needs", "bundles.archive"}
    | {"detectors.catalog", "detectors.opencv"},
    {"heads.scored", "detectors.face"},
    {"backbones.own_model", "backbones.artifact", "backbones.published_h5", "backbones.vggface"}
    | {"backbones.download", "backbones.squeeze", "backbones.probes", "backbones.catalog"}
    | {"backbones.backbone", "prototypes", "approximate", "diagnosis", "stranger_model"}
    | {"heads.temperature", "heads.layers", "heads.estimator", "bundles.bundle"}
    | {"detectors.cascade", "detectors.yunet", "detectors.framing"},
    {"backbones.weights", "backbones.plan", "backbones.keras_weights", "backbones.litert"}
    | {"backbones.shipped", "detectors.cropper"},
    {"backbones.inventory", "backbones.keras_networks", "backbones.export", "heads.softmax"}
    | {"detectors.loading", "detectors.inventory"},
    {"backbones.own_network", "heads.triplet", "training.metrics", "training.made"}
    | {"training.strangers", "training.starting_point"},
    {"backbones.keras_build", "training.network", "training.card"},
    {"backbones.provision"},
    {"gallery_file", "images", "same_picture", "folders", "backbones.palette", "calibration"}
    | {"stand_ins", "decision"},
    {"backbones.loading", "store", "bundles.backbone", "cropping"}
    | {"training.examples", "training.squares"},
    {"sharing", "operations", "quarantine", "rejections", "corrected_pictures"}
    | {"bundles.keeping", "row_columns", "views", "training.phases"},
    {"embedder", "training.checkpoint", "crop_account"},
    {"arrivals", "export_judgments", "naming", "crop_folder"},
    {"inspection", "verification", "staging", "changes", "vectors", "corrections"}
    | {"choosing", "standing"},
    {"cached", "mean_namer", "strangers", "rule_keeping", "export", "doctor", "setting_aside"},
    {"reference_namer"},
    {"namer"},
    {"index_building", "gallery"},
    {"reasons"},
    {"verdict"},
    {"matching", "enrollment", "correcting", "opening", "entries"},
    {"judgments", "calibrating"},
    {"transfer"},
    {"bookkeeping"},
    {"answering"},
    {"classifier", "training.keeper"},
    {"training.on_vectors", "training.on_pixels"},
    {"training.train"},
    {"plans.errors", "plans.plan"},
    {"plans.table", "plans.gathering", "plans.available", "plans.judging"},
    {"plans.plan_file", "plans.outcome", "plans.drawn"},
    {"plans.running", "plans.remarks"},
    {"plans.report"},
    {"plans.results"},
    {"evaluation.errors", "evaluation.scene", "evaluation.separation"}
    | {"evaluation.bootstrap", "evaluation.color_views", "evaluation.gallery_map"}
    | {"evaluation.perceptual_hash", "evaluation.in_memory", "evaluation.contender"}
    | {"evaluation.tensorflow_quiet", "evaluation.page.axes", "evaluation.page.escaped"}
    | {"evaluation.page.numbers", "evaluation.page.style"},
    {"evaluation.samples", "evaluation.twins", "evaluation.nearest", "evaluation.intervals"}
    | {f"evaluation.page.{one}" for one in ("chart", "section", "table", "headline")},
    {"evaluation.embedding", "evaluation.episodes", "evaluation.linear"}
    | {"evaluation.our_matching", "evaluation.trained_heads", "evaluation.trained_networks"}
    | {f"evaluation.page.{one}" for one in ("palette", "forest", "measured", "mistakes")}
    | {f"evaluation.page.{one}" for one in ("tables", "verdict", "by_shots", "growth")},
    {"evaluation.methods", "evaluation.answers", "evaluation.ready", "evaluation.settings"}
    | {f"evaluation.page.{one}" for one in ("curves", "confusion", "gallery_map", "leaks")}
    | {f"evaluation.page.{one}" for one in ("open_set", "ranking")},
    {"evaluation.asking", "evaluation.tally", "evaluation.page.page"},
    {"evaluation.figures", "evaluation.seeing"},
    {"evaluation.measured"},
    {"evaluation.verdict_sentences", "evaluation.scenes"},
    {"evaluation.documents"},
    {"evaluation.tables"},
    {"evaluation.report"},
    {"evaluation.comparing"},
    {"evaluation.evaluate"},
    {"recognizer", "montage", "drawing"},
    {"cli.output", "cli.later", "cli.options", "cli.backbones"},
    {"cli.answers", "cli.progress", "cli.operations", "cli.cropping", "cli.detectors"},
    {"cli.explaining", "cli.classifying", "cli.trained", "cli.training_options"},
    {"cli.planned", "cli.compared"},
    {
        "cli.calibrate",
        "cli.enroll",
        "cli.crop",
        "cli.correct",
        "cli.match",
        "cli.search",
        "cli.gallery",
        "cli.models",
        "cli.history",
        "cli.info",
        "cli.index",
        "cli.doctor",
    }
    | {"cli.transfer", "cli.train", "cli.eval"},
    {"cli.main"},
    {"cli.entry"},
]
OUTSIDE = {
    "",
    "backbones",
    "bundles",
    "detectors",
    "cli",
    "evaluation",
    "evaluation.page",
    "heads",
    "plans",
    "training",
    "__main__",
}  # doors: they hold names, or start the command

HEAVY = {"tensorflow", "keras", "sklearn", "faiss", "numpy", "PIL", "rich", "ai_edge_litert"} | {
    "cv2"
}


def modules() -> dict[str, Path]:
    names = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        names[".".join(part for part in parts if part != "__init__")] = path
    return names


def imports_of(path: Path, known: set[str]) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            raise AssertionError(f"{path} imports by a relative path: write it whole")
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "fewshot":
            base = (node.module or "").removeprefix("fewshot").lstrip(".")
            inside = {f"{base}.{alias.name}".lstrip(".") for alias in node.names} & known
            found |= inside or {base}
        elif isinstance(node, ast.Import):
            found |= {
                alias.name.removeprefix("fewshot").lstrip(".")
                for alias in node.names
                if alias.name.split(".")[0] == "fewshot"
            }
    return found - {""}


def floor(module: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if module in rooms)


def test_every_module_has_a_floor() -> None:
    assert set(modules()) - OUTSIDE == set().union(*FLOORS)


@pytest.mark.parametrize("module", sorted(set(modules()) - OUTSIDE))
def test_imports_run_downward_only(module: str) -> None:
    known = modules()
    for used in imports_of(known[module], set(known)):
        assert floor(used) < floor(module), f"{module} imports {used}"


@pytest.mark.parametrize("module", sorted(modules()))
def test_a_file_has_one_idea_in_at_most_250_lines(module: str) -> None:
    assert len(modules()[module].read_text(encoding="utf-8").splitlines()) <= 250


def loaded(*arguments: str | Path) -> set[str]:
    """Return the top-level packages that a command has loaded when it ends."""
    program = (
        "import atexit, json, sys\n"
        "atexit.register(lambda: print('\\n' + json.dumps(sorted({m.split('.')[0] "
        "for m in sys.modules}))))\n"
        "from fewshot.cli.main import main\n"
        "main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["match", "--help"], ["train", "finetune", "--help"]]
)
def test_help_loads_no_heavy_package(arguments: list[str]) -> None:
    assert loaded(*arguments).isdisjoint(HEAVY)


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["show", "red"],
        ["rename", "red", "rot"],
        ["forget", "blue"],
        ["models", "list"],
        ["models", "info", "vggface"],
        ["models", "verify"],
    ],
)
def test_a_command_on_names_loads_no_heavy_package(
    arguments: list[str], fewshot: Run, folder_of: Folder
) -> None:
    fewshot("enroll", folder_of(red=1, blue=1))
    assert loaded(*arguments).isdisjoint(HEAVY)


def test_matching_against_a_small_gallery_loads_neither_faiss_nor_a_training_package(
    fewshot: Run, folder_of: Folder
) -> None:
    folder = folder_of(red=1)
    fewshot("enroll", folder)
    used = loaded("match", folder)
    assert used.isdisjoint({"faiss", "tensorflow", "keras", "sklearn", "rich"})


def test_enrolling_loads_neither_faiss_nor_a_training_package(folder_of: Folder) -> None:
    assert loaded("enroll", folder_of(red=1)).isdisjoint(
        {"faiss", "tensorflow", "keras", "sklearn"}
    )


def test_importing_the_package_loads_no_heavy_package() -> None:
    program = "import sys, fewshot; print(*{m.split('.')[0] for m in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()).isdisjoint(HEAVY | {"sqlite3", "click"})


FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "system", "popen", "read_index", "load"}
FORBIDDEN_MODULES = {
    "pickle", "joblib", "marshal", "shelve", "subprocess", "socket", "urllib", "http", "requests",
}  # fmt: skip
MEANT = {
    ("fewshot.decoding", "load"),  # Pillow's Image.load: decodes the pixels
    ("fewshot.heads.objective", "compile"),  # Keras's Model.compile: sets loss and optimizer
    ("fewshot.backbones.download", "urllib"),  # the only module that opens a connection,
    ("fewshot.backbones.download", "http"),  # when a user asks for weights
    ("fewshot.backbones.download", "socket"),
}


def used_by(tree: ast.AST) -> tuple[set[str], set[str]]:
    """Return the names of what is called, and the packages that are imported."""
    calls, packages = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            if ast.unparse(function) != "re.compile":
                calls.add(name)
        elif isinstance(node, ast.ImportFrom):
            packages.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.Import):
            packages |= {alias.name.split(".")[0] for alias in node.names}
    return calls, packages


@pytest.mark.parametrize("module", sorted(modules()))
def test_no_module_runs_code_from_a_file_or_opens_a_connection(module: str) -> None:
    calls, packages = used_by(ast.parse(modules()[module].read_text(encoding="utf-8")))
    meant = {call for name, call in MEANT if name == f"fewshot.{module}"}
    assert (calls - meant).isdisjoint(FORBIDDEN_CALLS)
    assert (packages - meant).isdisjoint(FORBIDDEN_MODULES)


@pytest.mark.parametrize(
    "line",
    ["from pickle import loads", "import os; os.system('x')", "numpy.load('x')", "eval('1')"],
)
def test_that_test_can_fail(line: str) -> None:
    calls, packages = used_by(ast.parse(line))
    assert calls & FORBIDDEN_CALLS or packages & FORBIDDEN_MODULES
