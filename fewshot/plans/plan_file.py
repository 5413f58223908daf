"""A plan file comes in; the plan, checked whole, goes out. Nothing heavy is imported."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import Any

from fewshot.backbones.catalog import find_backbone
from fewshot.backbones.choice import FILE, BackboneChoice
from fewshot.errors import UnknownBackbone
from fewshot.plans.plan import LEAKS, REFUSE, Candidate, Plan, Published, Test, Way
from fewshot.plans.table import Table, read_table
from fewshot.training.errors import BadSetting
from fewshot.training.settings import Settings

_MOST_WAYS = 40


def read_plan(path: str | os.PathLike[str]) -> Plan:
    """Read a plan; raises BadPlan, which says in which file, at which key, and what may stand."""
    path = Path(path)
    table = read_table(path)
    title, after = table.text("title"), table.text("after")
    pictures = table.table("pictures")
    layout = pictures.texts("layout")
    if not layout:
        raise pictures.refused("layout", "it is left out; a list of lines that draw DIR belongs")
    train = _inside(pictures, "train", pictures.text("train", "."))
    names = pictures.texts("names")
    classes = pictures.whole("classes", 2, 100_000) if pictures.has("classes") else None
    leaks = pictures.text("leaks", REFUSE, among=LEAKS)
    validation = pictures.number("validation", 0.01, 0.9, 0.2)
    seed = pictures.whole("seed", 0, 2**31 - 1, 0)
    pictures.end()
    tests = _tests(table, train)
    ways = _ways(table, [one.name for one in tests])
    report = table.table("report")
    listed, drawn = report.truth("table"), report.whole("drawn", 0, 1000, 0)
    report.end()
    notes = table.texts("notes")
    table.end()
    return Plan(
        path.stem, title, after, layout, train, tests, ways, names, classes, leaks, validation,
        seed, listed, drawn, notes,
    )  # fmt: skip


def _tests(table: Table, train: str) -> tuple[Test, ...]:
    tests: list[Test] = []
    tables = table.tables("test")
    for one in tables:
        name = one.word("name")
        folder = one.optional("folder")
        share = one.number("share", 0.01, 0.9) if one.has("share") else None
        chooses = one.truth("chooses_epoch")
        if (folder is None) == (share is None):
            raise one.refused("", "say either folder, within DIR, or share, of each class")
        if folder is not None:
            folder = _inside(one, "folder", folder)
            if folder == train or "." in (folder, train):
                raise one.refused("folder", f"it is {folder!r}, and {train!r} is learned from")
        if len(tables) > 1 and (share is not None or chooses):
            raise one.refused("", "a test that is a share, or chooses the epoch, is the only one")
        if share is not None and chooses:
            raise one.refused("chooses_epoch", "a share does not; name a folder")
        one.end()
        if name in [other.name for other in tests]:
            raise one.refused("name", f"there are two tests {name!r}")
        tests.append(Test(name, folder, share, chooses))
    if not tests:
        raise table.refused("test", "there is none; add [[test]] with a name and a folder or share")
    return tuple(tests)


def _ways(table: Table, tests: list[str]) -> tuple[Way, ...]:
    ways: list[Way] = []
    tables = table.tables("way")
    if not 1 <= len(tables) <= _MOST_WAYS:
        raise table.refused("way", f"there are {len(tables)}; 1 to {_MOST_WAYS} [[way]] belong")
    for one in tables:
        name = one.word("name")
        if name in [other.name for other in ways]:
            raise one.refused("name", f"there are two ways {name!r}")
        title = one.text("title", name)
        training = one.mapping("training")
        settings = _settings(one, training)
        candidates = tuple(_candidate(each, training) for each in one.tables("backbone"))
        if settings.kind == "scratch" and candidates:
            raise one.refused("backbone", "a training from scratch takes none")
        if settings.kind != "scratch" and not candidates:
            raise one.refused("backbone", "there is none; add [[way.backbone]] with a name")
        published = tuple(_published(each, tests) for each in one.tables("published"))
        one.end()
        ways.append(Way(name, title, candidates or (Candidate(None, settings),), published))
    return tuple(ways)


def _candidate(table: Table, training: dict[str, Any]) -> Candidate:
    name = table.text("name")
    weights, layer = table.optional("weights"), table.optional("layer")
    try:
        find_backbone(name)
    except UnknownBackbone as error:
        raise table.refused("name", str(error)) from error
    if weights and name.startswith(FILE):
        raise table.refused("weights", "the model file holds its own")
    settings = _settings(table, {**training, **table.mapping("training")})
    table.end()
    return Candidate(BackboneChoice(name, weights, layer), settings)


def _settings(table: Table, training: dict[str, Any]) -> Settings:
    try:
        return Settings.from_mapping(training)
    except BadSetting as error:
        raise table.refused("training", str(error)) from error


def _published(table: Table, tests: list[str]) -> Published:
    test = table.text("test", tests[0], among=tests)
    value = table.number("value", 0.0, 1.0)
    what = table.text("what", "accuracy")
    n = table.whole("n", 1, 10**9) if table.has("n") else None
    table.end()
    return Published(test, value, what, n)


def _inside(table: Table, key: str, folder: str) -> str:
    """Return a folder within DIR as it is written; it never leads out of it."""
    path = PurePosixPath(folder)
    if path.is_absolute() or ".." in path.parts or "\\" in folder or ":" in folder:
        raise table.refused(key, f"it is a folder within DIR, not {folder!r}")
    return str(path)
