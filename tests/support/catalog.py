"""The tables as a client of PostgREST sees them: their columns, and the ways between them."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from shared.postgres.statements import Executor

_KEYS = """
select c.conname as name, c.conrelid::regclass::text as source,
  c.confrelid::regclass::text as target,
  array(select a.attname from unnest(c.conkey) with ordinality k (n, place)
        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n
        order by k.place)::text[] as columns,
  array(select a.attname from unnest(c.confkey) with ordinality k (n, place)
        join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.n
        order by k.place)::text[] as referenced,
  exists (select from pg_constraint u where u.conrelid = c.conrelid and u.contype in ('p', 'u')
          and u.conkey @> c.conkey and u.conkey <@ c.conkey) as single
from pg_constraint c
where c.contype = 'f' and c.connamespace = 'public'::regnamespace
order by 2, 1
"""
_COLUMNS = """
select table_name::text as relation, column_name::text as name, udt_name::text as kind,
  is_nullable = 'YES' as nullable,
  column_default is not null or is_identity = 'YES' as filled
from information_schema.columns where table_schema = 'public' order by 1, ordinal_position
"""
# As the types that Supabase's own command generates have them.
_TYPES = {
    "bool": "boolean",
    "jsonb": "Json",
    **dict.fromkeys(("int2", "int4", "int8", "float4", "float8", "numeric"), "number"),
}


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A way from `source` to `target`; `single` where a target has one source at most."""

    name: str
    source: str
    target: str
    columns: tuple[str, ...]
    referenced: tuple[str, ...]
    single: bool


async def foreign_keys(db: Executor) -> list[ForeignKey]:
    """Return all foreign keys of our tables."""
    return [
        ForeignKey(
            row["name"],
            row["source"],
            row["target"],
            tuple(row["columns"]),
            tuple(row["referenced"]),
            row["single"],
        )
        for row in await db.fetch(_KEYS)
    ]


def between(keys: Sequence[ForeignKey], one: str, other: str) -> list[ForeignKey]:
    """Return the foreign keys between two tables, in whichever direction they point."""
    return [key for key in keys if {key.source, key.target} == {one, other}]


async def database_type(db: Executor) -> str:
    """Return the type `Database` in TypeScript, by which supabase-js knows what a query gives."""
    keys = await foreign_keys(db)
    tables: dict[str, list[asyncpg.Record]] = {}
    for row in await db.fetch(_COLUMNS):
        tables.setdefault(row["relation"], []).append(row)
    written = "".join(
        f"""      {name}: {{
        Row: {{ {" ".join(f"{one['name']}: {_type(one)};" for one in columns)} }};
        Insert: {{ {" ".join(_given(one) for one in columns)} }};
        Update: {{ {" ".join(f"{one['name']}?: {_type(one)};" for one in columns)} }};
        Relationships: [{", ".join(_relationship(key) for key in keys if key.source == name)}];
      }};
"""
        for name, columns in tables.items()
    )
    return f"""export type Json =
  string | number | boolean | null | {{ [key: string]: Json | undefined }} | Json[];
export type Database = {{
  public: {{
    Tables: {{
{written}    }};
    Views: {{}};
    Functions: {{}};
  }};
}};
"""


def _type(column: asyncpg.Record) -> str:
    kind = column["kind"]
    base = _TYPES.get(kind.removeprefix("_"), "string") + ("[]" if kind.startswith("_") else "")
    return f"{base} | null" if column["nullable"] else base


def _given(column: asyncpg.Record) -> str:
    optional = "?" if column["nullable"] or column["filled"] else ""
    return f"{column['name']}{optional}: {_type(column)};"


def _relationship(key: ForeignKey) -> str:
    def quoted(names: Sequence[str]) -> str:
        return ", ".join(f'"{name}"' for name in names)

    return (
        f'{{ foreignKeyName: "{key.name}"; columns: [{quoted(key.columns)}]; '
        f"isOneToOne: {str(key.single).lower()}; "
        f'referencedRelation: "{key.target}"; referencedColumns: [{quoted(key.referenced)}] }}'
    )
