import { expect, test } from 'vitest';
import { renderMermaid } from '../../src/domain/diagram.ts';
import { renderSvg } from '../../src/domain/diagram-svg.ts';
import { renderTextDiagram } from '../../src/domain/diagram-text.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';

const id = { name: 'id', type: 'varchar(21)', primaryKey: true };
const to = (table: string) => ({ references: { table, column: 'id' } });
const schema = parseSchema({
  version: 1,
  tables: [
    { name: 'users', description: '<script>alert("x")</script> & more', columns: [id] },
    {
      name: 'posts',
      columns: [
        id,
        { name: 'author_id', type: 'varchar(21)', ...to('users') },
        { name: 'parent_id', type: 'varchar(21)', nullable: true, ...to('posts') },
        { name: 'price', type: 'numeric(10, 2)' },
      ],
    },
    {
      name: 'profiles',
      columns: [
        { ...id, ...to('users') },
        { name: 'height', type: 'float', unique: true },
      ],
    },
    { name: 'settings', columns: [id] },
  ],
});

test('Mermaid shows tables, keys and how many there may be on either side', () => {
  expect(renderMermaid(schema)).toBe(`erDiagram
  "users" {
    varchar(21) id PK
  }
  "posts" {
    varchar(21) id PK
    varchar(21) author_id FK
    varchar(21) parent_id FK
    numeric price
  }
  "profiles" {
    varchar(21) id PK, FK
    double_precision height UK
  }
  "settings" {
    varchar(21) id PK
  }
  "users" ||--o{ "posts" : "author_id"
  "posts" |o--o{ "posts" : "parent_id"
  "users" ||--o| "profiles" : "id"
`);
});

/** Boxes of a picture, as drawn. */
function boxesOf(svg: string): { x: number; y: number; width: number; height: number }[] {
  return [...svg.matchAll(/class="box" x="(.+?)" y="(.+?)" width="(.+?)" rx="5" height="(.+?)"/g)].map((match) => {
    const [x = 0, y = 0, width = 0, height = 0] = match.slice(1).map(Number);
    return { x, y, width, height };
  });
}

test('the picture is closed XML, keeps nothing from outside unescaped and loads nothing', () => {
  const svg = renderSvg(schema);
  const open: string[] = [];
  for (const [, close, name = '', rest = ''] of svg.matchAll(/<(\/?)(\w+)((?:"[^"]*"|[^">])*)>/g)) {
    if (close) expect(open.pop()).toBe(name);
    else if (!rest.endsWith('/')) open.push(name);
  }
  expect(open).toEqual([]);
  expect(svg).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org\/2000\/svg")|NaN|undefined|Infinity/);
  expect(svg).toContain('&#60;script&#62;');
  expect(svg.match(/class="edge" d=/g)).toHaveLength(3);
  expect(svg).toBe(renderSvg(structuredClone(schema)));
});

test('no two boxes of a large schema overlap, all lie on the canvas, and it is no endless strip', () => {
  const tables = Array.from({ length: 120 }, (_, index) => ({
    name: `table_${index}`,
    columns: [
      id,
      ...(index % 3 === 0 ? [] : [{ name: 'up_id', type: 'varchar(21)', ...to(`table_${Math.floor(index / 3)}`) }]),
      ...Array.from({ length: index % 9 }, (_, extra) => ({ name: `column_${extra}`, type: 'double precision' })),
    ],
  }));
  const svg = renderSvg(parseSchema({ version: 1, tables }));
  const boxes = boxesOf(svg);
  const [width = 0, height = 0] = (/width="(\d+)" height="(\d+)" view/.exec(svg) ?? []).slice(1).map(Number);
  expect(boxes).toHaveLength(120);
  expect(Math.max(width, height) / Math.min(width, height)).toBeLessThan(4);
  for (const [index, box] of boxes.entries()) {
    expect(box.x + box.width <= width && box.y + box.height <= height).toBe(true);
    for (const other of boxes.slice(index + 1)) {
      const apart =
        box.x + box.width < other.x ||
        other.x + other.width < box.x ||
        box.y + box.height < other.y ||
        other.y + other.height < box.y;
      expect(apart).toBe(true);
    }
  }
});

test('the drawing leads each reference to the key it refers to', () => {
  expect(renderTextDiagram(schema)).toBe(`┌─ users ────────────────────────┐
│ PK    id           varchar(21) │─────┐
└────────────────────────────────┘     │
┌─ posts ────────────────────────┐     │
│ PK    id           varchar(21) │───┐ │
│ FK    author_id    varchar(21) │>──┼─┤
│ FK    parent_id   varchar(21)? │>──┘ │
│       price     numeric(10, 2) │     │
└────────────────────────────────┘     │
┌─ profiles ─────────────────────┐     │
│ PK FK id           varchar(21) │─────┘
│       height  double precision │
└────────────────────────────────┘
┌─ settings ─────────────────────┐
│ PK    id           varchar(21) │
└────────────────────────────────┘
>── many   ─── one   ? may be empty
`);
});

test('the drawing is never wider than told, and every relation stays in it', () => {
  const long = 'x'.repeat(54);
  const tables = Array.from({ length: 100 }, (_, index) => ({
    name: index === 7 ? `${long}y` : `table_${index}`,
    columns: [
      id,
      ...(index < 9
        ? []
        : [{ name: `up_${index}_id`, type: 'varchar(21)', nullable: true, ...to(`table_${index % 6}`) }]),
      ...(index === 3 ? [{ name: long, type: 'double precision' }] : []),
    ],
  }));
  const large = parseSchema({ version: 1, tables });
  for (const width of [40, 80, 200]) {
    const drawing = renderTextDiagram(large, width);
    expect(Math.max(...drawing.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width);
    for (let index = 9; index < 100; index += 1) expect(drawing).toContain(`up_${index}_id`);
  }
  expect(renderTextDiagram(large, 40)).toContain('>── table_3?  (up_9_id)');
});
