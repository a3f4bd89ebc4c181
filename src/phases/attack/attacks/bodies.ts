import { AUTH_PATHS, resourcePath } from '../../../domain/rest.ts';
import type { Table } from '../../../domain/schema.ts';
import { each } from '../parallel.ts';
import type { Person } from '../person.ts';
import type { Reply } from '../reply.ts';
import type { Scene } from '../scene.ts';

export const MEGABYTE = 1024 * 1024;

interface Body {
  readonly name: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly isQuick?: boolean;
}

export const JSON_IN: Readonly<Record<string, string>> = { 'content-type': 'application/json' };
const as = (type: string) => ({ 'content-type': type });
const deep = (open: string, close: string, levels: number) => `${open.repeat(levels)}${close.repeat(levels)}`;

/** No body of these is an object of JSON in UTF-8 that says what it is. */
export const BODIES: readonly Body[] = [
  { name: 'nothing', text: '' },
  { name: 'an open brace', text: '{', isQuick: true },
  { name: 'a comma at the end', text: '{"a":1,}' },
  { name: 'single quotes', text: "{'a':1}" },
  { name: 'a comment', text: '{"a":1/*c*/}' },
  { name: 'NaN', text: '{"a":NaN}' },
  { name: 'Infinity', text: '{"a":Infinity}' },
  { name: 'two values', text: '{} {}' },
  { name: 'null', text: 'null', isQuick: true },
  { name: 'a number', text: '1e999' },
  { name: 'a text', text: '"text"' },
  { name: 'a list in a list', text: '[[]]' },
  { name: 'a list of null', text: '[null]' },
  { name: 'an empty list', text: '[]' },
  { name: 'a NUL', text: '\0' },
  {
    name: 'XML',
    text: '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    headers: as('application/xml'),
  },
  { name: 'a form', text: 'a=1', headers: as('application/x-www-form-urlencoded'), isQuick: true },
  { name: 'plain text', text: '{}', headers: as('text/plain'), isQuick: true },
  {
    name: 'several parts',
    text: '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--',
    headers: as('multipart/form-data; boundary=x'),
  },
  { name: 'no type', text: '{}', headers: as('') },
  { name: 'another character set', text: '{}', headers: as('application/json; charset=utf-7') },
  { name: 'UTF-16', text: '{\0}\0', headers: as('application/json; charset=utf-16le') },
  { name: 'a compressed body that is none', text: '{}', headers: { ...JSON_IN, 'content-encoding': 'gzip' } },
  { name: 'a type with a newline', text: '{}', headers: as('application/json;\tcharset=x') },
];

/** Bodies that make parsers deep, long or slow; anything may be answered but an error of the server. */
export const HEAVY: readonly Body[] = [
  // A parser may overlook it (RFC 8259, 8.1).
  { name: 'a byte order mark', text: '\ufeff{}' },
  { name: 'lists nested 100,000 deep', text: deep('[', ']', 100_000), isQuick: true },
  { name: 'objects nested 100,000 deep', text: `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}` },
  { name: 'a field nested 100,000 deep', text: `{"a":${deep('[', ']', 100_000)}}` },
  { name: 'a field nested 5,000 deep', text: `{"a":${deep('[', ']', 5000)}}` },
  { name: '100,000 fields', text: `{${Array.from({ length: 60_000 }, (_, at) => `"f${at}":1`).join(',')}}` },
  { name: 'a number of 100,000 digits', text: `{"a":${'9'.repeat(100_000)}}` },
  { name: 'many rows', text: `[${'{},'.repeat(50_000)}{}]` },
];

/** Bodies that are none, and far too large ones, at every path that takes one. */
export async function attackBodies(scene: Scene): Promise<void> {
  const { stock, people, isFull, chance, fire, report } = scene;
  const attacker = people?.cast.attacker ?? null;
  const paths = stock.tables
    .filter((table) => table.name !== people?.table.name)
    .map((table): Place => ({ table, path: resourcePath(table), as: stock.maker(table, attacker) }));
  const auth = people
    ? [
        { table: null, path: AUTH_PATHS.login, as: null },
        { table: null, path: AUTH_PATHS.refresh, as: null },
      ]
    : [];
  const places = isFull ? [...paths, ...auth] : chance.sample(paths, 2);
  await each(places, async (place) => {
    const send = ({ text, headers }: Body): Promise<Reply> =>
      fire({ method: 'POST', path: place.path, as: place.as, text, headers: headers ?? JSON_IN });
    await each(isFull ? BODIES : BODIES.filter(({ isQuick }) => isQuick), async (body) => {
      const reply = await send(body);
      if (!reply.isGood) return;
      if (place.table) stock.adopt(place.table, reply, place.as);
      report('body-confused', `POST ${place.path}`, `A body that is ${body.name} was accepted.`, reply);
    });
    await each(isFull ? HEAVY : HEAVY.filter(({ isQuick }) => isQuick), async (body) => {
      const reply = await send(body);
      if (place.table) stock.adopt(place.table, reply, place.as);
    });
  });
  await each(isFull ? paths : chance.sample(paths, 1), (place) => tooLarge(place, scene));
}

interface Place {
  /** Null for what is no list. */
  readonly table: Table | null;
  readonly path: string;
  readonly as: Person | null;
}

async function tooLarge(place: Place, { fire, report }: Scene): Promise<void> {
  const text = JSON.stringify({ large: 'x'.repeat(2 * MEGABYTE) });
  const reply = await fire({ method: 'POST', path: place.path, as: place.as, text });
  if (reply.status === 413 || reply.status === 0) return;
  const evidence = `A body of 2 MB was read to its end and answered with ${reply.status}.`;
  report('body-unbounded', `POST ${place.path}`, evidence, reply);
}
