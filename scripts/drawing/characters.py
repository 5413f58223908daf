"""The cast: nothing comes in, out come ten enrolled characters and two strangers, as data.

Colors are "#rrggbb". Lengths are in head radii: the head is a circle of radius 1 at (0, 0),
y grows downwards, and a standing figure's feet are near y = 2.7.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Hair:
    """`back` and `fringe` name shapes in head.py; `locks` is how far the side locks reach down."""

    color: str
    back: str = "bob"
    fringe: str = "straight"
    locks: float = 0.0


@dataclass(frozen=True)
class Hat:
    """`kind` names a drawing in headwear.py; `tall` is the top's height above the head's center."""

    kind: str
    color: str
    trim: str
    tall: float = 1.3


@dataclass(frozen=True)
class Outfit:
    """A torso from shoulders to hem, as half widths and a hem height, and what is sewn on it."""

    main: str
    trim: str
    shoulder: float = 0.42
    hem: float = 0.7
    length: float = 2.05
    motif: str = "plain"
    sleeve: str = ""  # main color where empty
    legs: str = ""  # skin color where empty
    shoes: str = "#4a3226"
    cape: str = ""  # no cape where empty


@dataclass(frozen=True)
class Character:
    """Everything that makes one character look the same in every picture."""

    name: str
    skin: str
    outfit: Outfit
    iris: str
    head: str = "round"
    eyes: str = "anime"
    hair: Hair | None = None
    hat: Hat | None = None
    ears: str = "none"
    muzzle: str = ""
    tail: str = ""
    tip: str = "#fff6e6"  # second color of fur: ear tips, tail tip, belly
    extras: frozenset[str] = frozenset()
    sometimes: frozenset[str] = frozenset()


CAST = (
    Character(
        "megumin",
        "#fbdcc4",
        Outfit("#c22f38", "#f0a830", hem=0.72, motif="sash", legs="#2c2634", cape="#2d2835"),
        iris="#d8262c",
        hair=Hair("#4a2f2c", "bob", "center", locks=0.95),
        hat=Hat("witch", "#332b3b", "#f39a2b", 2.3),
        extras=frozenset({"choker"}),
        sometimes=frozenset({"eyepatch"}),
    ),
    Character(
        "aqua",
        "#fde3d0",
        Outfit("#3f74c8", "#ffffff", hem=0.8, motif="blouse", sleeve="#f4f8ff", legs="#f4f8ff",
               shoes="#3f74c8"),
        iris="#2f7fe0",
        hair=Hair("#86cdf0", "long", "side", locks=1.5),
        hat=Hat("loop", "#86cdf0", "#3f74c8", 1.65),
    ),
    Character(
        "tilda",
        "#f6cdaa",
        Outfit("#f08a3c", "#fff2d0", hem=0.5, length=2.0, motif="overalls", sleeve="#fff2d0",
               legs="#f08a3c", shoes="#7a4a8c"),
        iris="#9a6a1e",
        hair=Hair("#7cc9d8", "tails", "straight"),
        extras=frozenset({"freckles", "ribbons"}),
    ),
    Character(
        "bruna",
        "#f3c9a5",
        Outfit("#5c8f63", "#f3e3bd", hem=0.52, length=1.85, motif="stripes", legs="#53658f",
               shoes="#8c4a36"),
        iris="#7a4b25",
        hair=Hair("#55362c", "braids", "side"),
        extras=frozenset({"glasses"}),
    ),
    Character(
        "kofi",
        "#8d5637",
        Outfit("#f2c230", "#fff4cf", shoulder=0.46, hem=0.54, length=1.85, motif="hoodie",
               legs="#3f5a8a", shoes="#e8e4ea"),
        iris="#4a2a18",
        ears="human",
        hair=Hair("#2b211f", "afro", "none"),
        hat=Hat("phones", "#e2475a", "#fff4cf", 1.5),
    ),
    Character(
        "orlo",
        "#f0c4a4",
        Outfit("#34489c", "#f4d35e", shoulder=0.46, hem=0.86, length=2.5, motif="stars"),
        iris="#3d5d8a",
        ears="human",
        hair=Hair("#e4e6ee", "bob", "none"),
        hat=Hat("wizard", "#34489c", "#f4d35e", 2.4),
        extras=frozenset({"beard", "bushy"}),
    ),
    Character(
        "rusty",
        "#e0702c",
        Outfit("#e0702c", "#fff2df", hem=0.47, length=2.05, motif="belly", legs="#4a2a20",
               sleeve="#e0702c", shoes="#4a2a20"),
        iris="#3f8f4f",
        head="fluffy",
        ears="fox",
        muzzle="#fff2df",
        tail="bushy",
        tip="#4a2a20",
        extras=frozenset({"scarf"}),
    ),
    Character(
        "mochi",
        "#f6bd74",
        Outfit("#f6bd74", "#fff3e0", hem=0.5, length=2.05, motif="belly", legs="#f6bd74",
               shoes="#fff3e0"),
        iris="#4a90c0",
        head="wide",
        ears="cat",
        muzzle="#fff3e0",
        tail="slim",
        tip="#c9773a",
        extras=frozenset({"tabby", "whiskers", "bell"}),
    ),
    Character(
        "bolt",
        "#9fb4bd",
        Outfit("#7f97a3", "#e85d4a", shoulder=0.5, hem=0.5, length=1.95, motif="gauge",
               legs="#5d717c", shoes="#e85d4a"),
        iris="#6ff2e6",
        head="box",
        eyes="screen",
        hat=Hat("antenna", "#5d717c", "#e85d4a", 1.6),
    ),
    Character(
        "wisp",
        "#ece8fb",
        Outfit("#ece8fb", "#d83f6b", motif="bowtie"),
        iris="#3c2f63",
        head="sheet",
        eyes="dot",
        hat=Hat("top", "#3a3346", "#d83f6b", 1.75),
    ),
)

STRANGERS = (
    Character(
        "fern",
        "#7cc242",
        Outfit("#7cc242", "#eaf3b0", hem=0.56, length=2.0, motif="belly", legs="#7cc242",
               shoes="#5a9a30"),
        iris="#d89a1e",
        head="flat",
        eyes="bulge",
        hat=Hat("lily", "#4c9a4a", "#f59cc0", 1.5),
    ),
    Character(
        "zog",
        "#d65fc0",
        Outfit("#8f2fa0", "#c8f04a", hem=0.85, length=2.3, motif="stripes", legs="#d65fc0",
               shoes="#6a2080"),
        iris="#a8d822",
        head="tall",
        eyes="single",
        hat=Hat("stalks", "#d65fc0", "#c8f04a", 1.9),
        extras=frozenset({"spots"}),
    ),
)
