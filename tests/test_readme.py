"""README: what it says can be typed, and what can be typed stands in it."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from eval.readme_tables import CARD, marked
from fewshot import errors
from fewshot.backbones.catalog import BACKBONES
from fewshot.cli.main import cli
from tests.conftest import Run, nearly

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the sample gallery and the probes, as a newcomer has it."""
    for name in ("gallery", "probes"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FEWSHOT_GALLERY", "own.db")
    return tmp_path


def test_its_commands_run_one_after_the_other(clone: Path, fewshot: Run) -> None:
    for line in block("sh").splitlines():
        program, *arguments = shlex.split(line, comments=True)
        assert program == "fewshot"
        answer = fewshot(*arguments)
        assert answer.code == (1 if arguments[:2] == ["match", "probes/"] else 0), line
        assert answer.out
    assert (clone / "montage.png").is_file()


def test_its_answers_are_the_ones_given(clone: Path, fewshot: Run) -> None:
    fewshot("enroll", "gallery/")
    printed = fewshot("match", "probes/").out.splitlines()
    quoted = re.findall(r"^    (probes/.*)$", README, re.MULTILINE)
    assert len(quoted) == 2
    assert set(quoted) <= set(printed)


def test_its_comparison_is_the_one_given(clone: Path, fewshot: Run) -> None:
    printed = fewshot("eval", "gallery/", "--shots", "5").out
    quoted = re.findall(r"^    (\S.*  (?:compact|palette)   0\..*)$", README, re.MULTILINE)
    assert len(quoted) == 4
    for line in quoted:
        assert any(nearly(line, one[: len(line)]) for one in printed.splitlines()), line


def test_its_python_runs(clone: Path) -> None:
    command = [sys.executable, "-c", block("python")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("megumin 0.")
    assert done.stdout.count("\naqua 0.") == 3


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_every_command_stands_in_it(command: str) -> None:
    assert re.search(rf"^\| `{command}[ `]", README, re.MULTILINE)


def every_command(group: click.Group) -> dict[str, click.Command]:
    """Return the commands, those of a group by its name and theirs."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        inside = every_command(command) if isinstance(command, click.Group) else {"": command}
        found |= {f"{name} {more}".strip(): one for more, one in inside.items()}
    return found


COMMANDS = every_command(cli)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_option_of_a_command_stands_in_it(command: str) -> None:
    everywhere = {"--gallery", "--json", "--jsonl", "--csv", "--null"}
    for option in COMMANDS[command].params:
        for name in set(option.opts) - everywhere:
            if name.startswith("--"):
                assert re.search(rf"`{name}[ `]|{name} FOLDER", " ".join(README.split())), name


def test_every_exit_code_of_an_error_stands_in_it() -> None:
    codes = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.FewshotError)
    }
    for code in codes:
        assert re.search(rf"^\| {code} \|", README, re.MULTILINE)


def test_every_file_it_points_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / target).exists(), target


def results(name: str) -> Any:
    return json.loads((ROOT / "eval" / "results" / f"{name}.json").read_text(encoding="utf-8"))


def percent(figure: list[float]) -> str:
    middle, low, high = (f"{100 * one:.0f}" for one in figure)
    return f"{middle} % [{low}, {high}]"


def test_its_figures_of_compact_are_the_measured_ones() -> None:
    said = " ".join(README.split())
    sets = results("compact")["sets"]
    drawn, things = sets["mean of the 8 drawn sets"], sets["mean of the 4 sets of things"]
    for group in (drawn, things):
        assert f"{group['pictures']:,} pictures, {group['classes']} names" in said
        assert percent(group["accuracy"]["mobilenetv2"]) in said
    assert f"`compact` {percent(drawn['accuracy']['compact'])} right" in said
    assert f"joined {percent(drawn['accuracy']['palette + mobilenetv2'])}" in said
    assert f"names): {percent(things['accuracy']['compact'])}, behind" in said
    one, other = (
        sets[f"{way} asked"] for way in ("photograph enrolled, caricature",
                                         "caricature enrolled, photograph")
    )  # fmt: skip
    assert f"people): {percent(one['accuracy']['compact'])}, the other way round" in said
    assert f"({other['pictures']}) {percent(other['accuracy']['compact'])}" in said
    ratio = results("one_picture")["backbones"]["compact"]["ratio"]["median"]
    assert f"takes {ratio:.2f} times as long" in said


@pytest.mark.parametrize("name", ["compact", "robustness", "one picture"])
def test_a_table_of_the_model_card_is_that_of_the_results(name: str) -> None:
    found = marked(name).search(CARD.read_text(encoding="utf-8"))
    assert found
    assert found[1].count("\n") > 2
    page = ROOT / "eval" / "results" / f"{name.replace(' ', '_')}.md"
    assert found[1] in page.read_text(encoding="utf-8")


def test_its_accuracy_is_the_measured_one() -> None:
    color = results("palette_accuracy")["color"]
    figures = color["mean of the seven drawn sets"]["nearest mean"]
    said = " ".join(README.split())
    assert f"{percent(figures['palette'])} right" in said
    assert f"{percent(figures['histogram, rooted'])} for a plain color" in said
    gray = results("palette_accuracy")["gray"]["mean of the seven drawn sets"]["nearest mean"]
    assert f"right {percent(gray['palette'])} of the time" in said
    assert f"histogram {percent(gray['histogram, rooted'])}" in said
    for name in ("lfw", "lol148"):
        one = color["sets"][name]
        share = f"{100 * one['palette']['nearest mean']:.0f} % ({one['pictures']} pictures)"
        assert share in said


def told_shares(title: str, what: str, digits: int, file: str = "open_set") -> str:
    """Write the means of sets at 1, 5 and 10 %, as README does."""
    sets = results(file)[title]["sets"].values()
    one, five, ten = (
        f"{100 * sum(one['rates'][rate][what][0] for one in sets) / len(sets):.{digits}f}"
        for rate in ("0.01", "0.05", "0.1")
    )
    return f"{one}, {five} and {ten} %"


def test_its_shares_of_strangers_are_the_measured_ones() -> None:
    said = " ".join(README.split())
    sets = results("open_set")["palette"]["sets"].values()
    counts = (sum(one[key] for one in sets) for key in ("pictures", "names"))
    assert "({:,} pictures, {} names, ".format(*counts) in said
    assert f"{told_shares('palette', 'strangers named', 1)} of strangers got a name" in said
    assert f"Of the known {told_shares('palette', 'known rightly named', 0)}" in said
    assert f"in hindsight gives {told_shares('palette', 'hindsight', 0)}" in said
    shares = sorted(100 * one["rates"]["0.05"]["strangers named"][0] for one in sets)
    assert f"at 5 % that is {shares[0]:.0f} to {shares[-1]:.0f} % set by set" in said
    same = sorted(100 * one["rates"]["0.05"]["one similarity: strangers"][0] for one in sets)
    assert f"named {same[0]:.0f} to {same[-1]:.0f} % of strangers" in said


def test_its_shares_of_strangers_with_compact_are_the_measured_ones() -> None:
    said = " ".join(README.split())
    file = "open_set_compact"
    assert f"{told_shares('compact', 'strangers named', 1, file)} of strangers got a name" in said
    assert f"Of the known {told_shares('compact', 'known rightly named', 0, file)}" in said
    assert f"(hindsight: {told_shares('compact', 'hindsight', 0, file)})" in said
    sets = results(file)["compact"]["sets"].values()
    shares = sorted(100 * one["rates"]["0.05"]["strangers named"][0] for one in sets)
    assert f"at 5 % that is {shares[0]:.0f} to {shares[-1]:.0f} % set by set" in said


def test_its_shares_in_small_galleries_are_the_measured_ones() -> None:
    said = " ".join(README.split())
    figures = results("small_galleries")["figures"]
    few = [figures[f"palette, {names}, {shots}"] for names in (1, 2, 3) for shots in (1, 3, 5)]
    shares = sorted(100 * one["strangers"][0] for one in few)
    assert f"at 5 %, {shares[0]:.1f} to {shares[-1]:.1f} % of strangers, mean of sets" in said
    assert f"up to {100 * max(one['highest'] for one in few):.0f} % in one set" in said
    known, best = (sorted(100 * one[key][0] for one in few[:3]) for key in ("known", "hindsight"))
    assert f"{known[0]:.0f} to {known[-1]:.0f} % of the known get theirs" in said
    assert f"in hindsight {best[0]:.0f} to {best[-1]:.0f} %" in said


def test_its_shares_of_strangers_with_mobilenetv2_are_the_measured_ones() -> None:
    said = " ".join(README.split())
    assert f"{told_shares('mobilenetv2', 'strangers named', 1)} got a name" in said
    assert f"{told_shares('mobilenetv2', 'known rightly named', 0)} of the known" in said
    assert f"(hindsight: {told_shares('mobilenetv2', 'hindsight', 0)})" in said


def test_its_figures_of_the_other_backbones_are_the_measured_ones() -> None:
    said = " ".join(README.split())
    sets = results("backbone_accuracy")["sets"]
    for group in ("mean of the 7 drawn sets", "mean of the 9 other sets"):
        figures = sets[group]
        assert f"({figures['pictures']:,} pictures, {figures['classes']} names)" in said
        for title in ("palette", "mobilenetv2", "inceptionv3-mixed8", "vgg19-block3"):
            assert percent(figures["accuracy"][title]) in said, title


def test_its_figures_of_speed_are_the_measured_ones() -> None:
    said = " ".join(README.split())
    rows = {row["what"]: row["numbers"] for row in results("backbone_speed")["rows"]}
    for what, words in {
        "cold: `fewshot match`, s": "1,000 references takes {:.2f} s",
        "cold: peak memory of match, MB": "and {:.0f} MB",
        "cold: script / match": "scikit-learn {:.0f} times as long",
        "warm: Keras / `embed`": "one warm picture is {:.1f} times faster",
        "bulk: enroll / Keras": "enrolled {:.1f} times faster",
    }.items():
        assert words.format(rows[what]["median"]) in said, what


def test_its_figures_of_a_million_are_the_measured_ones() -> None:
    said = " ".join(README.split())
    (million,) = (row for row in results("growth")["sizes"] if row["references"] == 1_000_000)
    exact, indexed, changes = million["exact"], million["indexed"], million["changes"]
    opened, asked = exact["open_s"]["median"], exact["fewshot_ms"]["median"]
    assert f"opens in {opened:.1f} s, with its index in {indexed['open_s']['median']:.2f} s" in said
    quick = indexed["fewshot_ms"]["median"]
    assert f"query takes {asked:.0f} ms, with its index {quick:.1f} ms" in said
    found, low, high = (100 * indexed["recall"][key] for key in ("mean", "low", "high"))
    assert f"finds {found:.1f} % [{low:.1f}, {high:.1f}] of the ten" in said
    assert f"takes {changes['enroll_ms']['median']:.1f} ms, forgetting" in said
    assert f"a name {changes['forget_ms']['median']:.1f} ms" in said


def test_its_figures_of_corrections_are_the_measured_ones() -> None:
    said = " ".join(README.split())
    dev = results("same_picture")["dev"]

    def share(figure: dict[str, float]) -> str:
        middle, low, high = (f"{100 * figure[key]:.1f}" for key in ("share", "low", "high"))
        return f"{middle} % [{low}, {high}]"

    half = dev["known"].pop("cropped to 50%")
    assert {share(one) for one in dev["known"].values()} == {"100.0 % [99.5, 100.0]"}
    assert "and more, 100.0 % [99.5, 100.0] were known again" in said
    assert f"cropped to half, {share(half)}." in said
    assert f"{half['n']} pictures, each changed" in said
    taken = dev["all taken"]
    assert f"{share(taken)} were taken for it (n = {taken['n']:,})" in said
    middle = results("same_picture")["milliseconds"]["median"]
    assert f"that name some {middle:.0f} ms" in said


def test_its_table_of_backbones_is_the_catalog() -> None:
    for spec in BACKBONES.values():
        assert f"`{spec.name}`" in README
        assert re.search(rf"\| {spec.input_size} \| {spec.d:,} \|", README), spec.name


def test_its_figures_of_parity_are_the_measured_ones() -> None:
    said = " ".join(README.split())
    found = results("backbone_parity")["backbones"]
    assert min(one["lowest"] for name, one in found.items() if "float32" in name) >= 0.9999999
    for precision in ("fp16", "int8"):
        one = found[f"mobilenetv2, {precision}"]
        assert f"`{precision}` to {one['lowest']:.4f}" in said
