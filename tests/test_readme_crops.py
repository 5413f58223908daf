"""README: what it says of crops is what was measured."""

from __future__ import annotations

from typing import Any

from tests.test_readme import README, percent, results

SAID = " ".join(README.split())


def share(found: dict[str, float]) -> str:
    return percent([found[key] for key in ("share", "low", "high")])


def test_its_shares_of_faces_are_the_measured_ones() -> None:
    sets = results("crops")["sets"]
    raw = sets["seed4_raw"]["found"]
    assert f"finds a face in {share(raw['auto'])} of them" in SAID
    assert f"the first look alone in {share(raw['anime-face, first look'])}" in SAID
    groceries = sets["grocery81"]["found"]["auto"]
    assert f"it sees a face in {share(groceries)} of {groceries['n']} groceries" in SAID


def test_its_accuracies_by_crop_are_the_measured_ones() -> None:
    sets = results("crops")["sets"]
    for name, words in {
        "seed4_raw": "{n} raw pictures of {names} anime characters: {whole} right whole, {auto} by",
        "sports5": "{n} photographs of {names} athletes: {whole} and {auto}",
        "lfw": "LFW ({n}, {names} people): {whole} and {auto}",
        "ourcar_photo": "{n} photographs that are all face ({names} people): {whole} and {auto}",
        "grocery81": "{n} groceries ({names} kinds): {whole} and {auto}",
    }.items():
        one = sets[name]
        both = {way: percent(one["accuracy"][way]["compact"]) for way in ("whole", "auto")}
        assert words.format(n=one["pictures"], names=one["names"], **both) in SAID, name


def test_its_figures_of_clutter_are_the_measured_ones() -> None:
    mean = results("clutter")["sets"]["mean of the sets"]
    assert mean["n"] == "1139 (104)"
    assert "five sets (1,139 pictures, 104 names)" in SAID
    for part, words in {"2": "half", "4": "quarter", "8": "eighth"}.items():
        one = mean["accuracy"][f"compact, 1/{part}"]
        said = f"{words} as wide {percent(one['whole'])} whole, {percent(one['auto'])} by `auto`"
        assert said in SAID, said


def test_its_shares_of_strangers_by_crop_are_the_measured_ones() -> None:
    sets = results("crop_strangers")["sets"].values()

    def mean(way: str, what: str, digits: int) -> str:
        found = [one[way]["0.05"][what][0] for one in sets]
        return f"{100 * sum(found) / len(found):.{digits}f}"

    named = [mean(way, "strangers named", 1) for way in ("whole", "auto")]
    known = [mean(way, "known rightly named", 0) for way in ("whole", "auto")]
    assert (
        f"Asked for 5 %, {named[0]} % of strangers got a name whole, {named[1]} % by `auto`" in SAID
    )
    shares = sorted(100 * one["auto"]["0.05"]["strangers named"][0] for one in sets)
    assert f"({shares[0]:.1f} to {shares[-1]:.1f} % set by set" in SAID
    assert f"of the known {known[0]} and {known[1]} % the right one" in SAID


def test_its_times_of_a_crop_are_the_measured_ones() -> None:
    crops: dict[str, Any] = results("detection_speed")["crops"]
    for title, words in {
        "face (yunet), sports5": "by YuNet {:.0f} ms",
        "anime-face, seed4_raw": "`anime-face` {:.0f}",
        "auto (yunet), sports5": "`auto` {:.0f} (people)",
        "auto (yunet), seed4_raw": "and {:.0f} (drawn)",
    }.items():
        assert words.format(crops[title]["found"]["median"]) in SAID, title
    nothing = crops["anime-face, sports5"]["nothing"]["median"]
    assert f"where `anime-face` finds nothing {nothing:.0f} ms" in SAID
    rows = {row["process"]: row["seconds"]["median"] for row in results("start_up")["processes"]}
    (cold,) = (value for title, value in rows.items() if "crop face" in title)
    assert f"a cold match by crop `face` {cold:.2f} s" in SAID
