"""A gallery comes in, opened by SQLite; rows and tables in it that no gallery has go out."""

from __future__ import annotations

import base64
import json
import random
import sqlite3
from dataclasses import asdict

import numpy as np

from fewshot.rules import RULES
from tests.fuzz.values import (
    BUILT,
    NAMING,
    NUMBERS,
    RECIPE,
    TEXTS,
    D,
    odd_text,
)

TABLES = {
    "recipe": "id json",
    "identities": "id name forgotten",
    "picture_references": "id identity digest vector source box enrolled_at",
    "thumbnails": "reference jpeg",
    "operations": "id at what names pictures first last undoes",
    "operation_names": "operation identity name was",
    "cached_index": "id sha256 about",
    "strangers": "id operation block digest vector source",
    "corrections": ("id operation rejected truth digest vector source thumbnail corrected_at"),
    "quarantine": "id operation identity digest vector source box enrolled_at thumbnail",
    "naming": "id about",
    "sqlite_sequence": "name seq",
}
ENDLESS = "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT {} FROM c)"
VALUES = (
    *(
        "NULL",
        "x''",
        "x'ff'",
        "1.5",
        "9e999",
        "zeroblob(32)",
        "zeroblob(1000000)",
        "randomblob(32)",
    ),
    *(
        "CAST(x'61ff62' AS TEXT)",
        "CAST(x'eda080' AS TEXT)",
        "'a' || char(0) || 'b'",
        "rowid",
        "-rowid",
    ),
    *("CAST({} AS BLOB)", "CAST({} AS TEXT)", "{} || {}", "-{}", "zeroblob(length({}))", "{} + 1"),
    *("(SELECT max(rowid) FROM operations)", "replace(hex(zeroblob(500000)), '0', 'a')"),
)
SCHEMA = (
    *((" NOT NULL", ""), ("TEXT NOT NULL", "ANY"), ("BLOB NOT NULL", "ANY"), ("INTEGER", "TEXT")),
    *(
        ("TEXT", "TEXT COLLATE nosuch"),
        ("AUTOINCREMENT", ""),
        ("UNIQUE (", "CHECK ("),
        ("TEXT", "BLOB"),
    ),
    *(("WITHOUT ROWID", ""), ("CREATE TABLE", "CREATE VIRTUAL TABLE"), ("REFERENCES", "CHECK (")),
    *(("vector BLOB", "vector BLOB AS (zeroblob(999999999))"), ("ON DELETE CASCADE", "")),
    *(("source TEXT", "source TEXT AS (hex(zeroblob(400000000)))"), ("(id = 1)", "(abs(id))")),
    *(("name TEXT", "nom TEXT"), ("name TEXT", "name TEXT DEFAULT (abs(-9223372036854775808))")),
    *(
        ("identities", "sqlite_master"),
        ("digest", "vector"),
        ("operations", "recipe"),
        ("(", "(x,"),
    ),
    *(("jpeg BLOB", f"jpeg BLOB CHECK ((SELECT count(*) FROM {ENDLESS.format('x')}))"), (",", "")),
)
EVENTS = ("INSERT", "DELETE", "UPDATE")
DEEDS = (
    *("DELETE FROM {0}", "INSERT INTO {0} SELECT * FROM {0}", "SELECT RAISE(ROLLBACK, 'evil')"),
    *("UPDATE {0} SET {1} = {2}", "SELECT zeroblob(999999999)", "SELECT RAISE(IGNORE)"),
    *(f"INSERT INTO {{0}} SELECT * FROM {ENDLESS.format('x')}", "SELECT load_extension('evil')"),
    *("SELECT fts3_tokenizer('simple')", "SELECT writefile('evil', 'x')", "DROP TABLE {0}"),
)


def spoil_rows(rng: random.Random, db: sqlite3.Connection) -> None:
    """Put values where they do not belong."""
    table = rng.choice(list(TABLES))
    column = rng.choice(TABLES[table].split())
    value = rng.choice((*VALUES, *(str(one) for one in NUMBERS), *TEXTS))
    if value in VALUES:
        expression, given = value.format(column, column), ()
    else:
        expression, given = "?", (value.encode("utf-8", "replace").decode(),)  # type: ignore[assignment]
    where = rng.choice(("1", "1", f"rowid % 3 = {rng.randrange(3)}", "rowid = 1"))
    db.execute(f"UPDATE OR REPLACE {table} SET {column} = {expression} WHERE {where}", given)


def spoil_recipe(rng: random.Random, db: sqlite3.Connection) -> None:
    recipe = rng.choice((RECIPE, RECIPE, BUILT))
    text = odd_text(rng, json.loads(recipe.to_json()))
    db.execute("UPDATE recipe SET json = CAST(? AS TEXT)", (text,))


def spoil_naming(rng: random.Random, db: sqlite3.Connection) -> None:
    """Let it name by a rule, sound or not."""
    rule = rng.choice(RULES)
    center = rng.choice(([0.1] * D, [0.0] * D, [1.0] * D, [float("nan")] * D, [0.1] * 3))
    text = base64.b64encode(np.array(center, "<f4").tobytes()).decode()
    about = asdict(NAMING) | {"rule": str(rule), "center": text * (rule.space == "centered")}
    told = json.dumps(about).encode() if rng.random() < 0.5 else odd_text(rng, about)
    db.execute("INSERT OR REPLACE INTO naming VALUES (1, CAST(? AS TEXT))", (told,))


def spoil_schema(rng: random.Random, db: sqlite3.Connection) -> None:
    """Change what the tables are said to be, below SQLite's back."""
    old, new = rng.choice(SCHEMA)
    where = rng.choice(("1", *(f"tbl_name = '{table}'" for table in TABLES)))
    db.execute("PRAGMA writable_schema = ON")
    if rng.random() < 0.7:
        db.execute(f"UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE {where}", (old, new))
    else:
        column = rng.choice("type name tbl_name rootpage sql".split())
        value = rng.choice((*NUMBERS, "view", "index", *TEXTS[:4], 2, 3, 4, 5, 6))
        db.execute(
            f"UPDATE sqlite_master SET {column} = ? WHERE {where}",
            (value.encode("utf-8", "replace").decode() if isinstance(value, str) else value,),
        )


def spoil_things(rng: random.Random, db: sqlite3.Connection) -> None:
    """Add triggers, or let a view or another table stand where a table belongs."""
    table = rng.choice(list(TABLES)[:-1])
    columns = TABLES[table].split()
    if rng.random() < 0.5:
        other = rng.choice((table, *list(TABLES)[:-1]))
        deed = rng.choice(DEEDS).format(other, TABLES[other].split()[-1], rng.choice(NUMBERS))
        at = f"{rng.choice(('BEFORE', 'AFTER'))} {rng.choice(EVENTS)} ON {table}"
        db.execute(f"CREATE TRIGGER evil {at} BEGIN {deed}; END")
        return
    db.execute(f"ALTER TABLE {table} RENAME TO kept")
    strange = ", ".join(
        rng.choice(("x", "1", "'a'", "zeroblob(999)")) + f" AS {c}" for c in columns
    )
    source = rng.choice(
        (
            ENDLESS.format(strange),
            f"(SELECT zeroblob(900000000) AS {columns[-1]}, * FROM kept)",
            "kept",
            table,
            "kept a, kept b, kept c, kept d, kept e, kept f, kept g, kept h",
        )
    )
    what = rng.choice(("VIEW {} AS SELECT * FROM {}", "TABLE {} AS SELECT *, 1 AS more FROM kept"))
    db.execute(f"CREATE {what.format(table, source)}")


def spoil_log(rng: random.Random, db: sqlite3.Connection) -> None:
    """Write operations that nobody did."""
    for _ in range(rng.choice((1, 3, 30))):
        id_, first, last, undoes = (rng.choice((*NUMBERS, None, *range(1, 9))) for _ in range(4))
        what = rng.choice(
            ("enroll", "forget", "undo", "merge", "erase", "rename", "correct", "", "x" * 999)
        )
        row = (
            id_,
            rng.choice(TEXTS[:12]).replace("\ud800", ""),
            what,
            first,
            last,
            first,
            last,
            undoes,
        )
        db.execute(
            "INSERT OR REPLACE INTO operations"
            " VALUES (?, ?, ?, coalesce(?, 1), coalesce(?, 1), ?, ?, ?)",
            row,
        )
        names = (
            id_ or 1,
            rng.choice(NUMBERS[:4]),
            rng.choice((None, "", "aqua")),
            rng.choice((None, "")),
        )
        db.execute("INSERT OR REPLACE INTO operation_names VALUES (?, ?, ?, ?)", names)
