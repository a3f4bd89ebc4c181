import { resourcePath } from '../../domain/rest.ts';
import { sampleChange } from '../../domain/sample.ts';
import type { Schema, Table } from '../../domain/schema.ts';
import type { Person } from './person.ts';
import type { Shot } from './reply.ts';
import type { Specimen } from './stock.ts';

/** Somewhere a request can carry a payload into a statement. */
export interface Place {
  readonly where: string;
  readonly table: Table;
  /** `name`: the name of a column is due, not a value. */
  readonly takes: 'value' | 'name';
  /** What harmlessly stands there, before the payload. */
  readonly harmless: string;
  readonly shot: (text: string) => Shot;
  /** Each answer may be a new row: to be taken away again, and never the same twice. */
  readonly makesRows?: boolean;
}

const SEED = 6_543_210;

interface Given {
  readonly specimen: Specimen | null;
  readonly body: object | null;
  readonly as: Person | null;
}

/** Headers reach statements too: versions, idempotency keys, tokens. */
export function headerPlaces(table: Table, { specimen, body, as }: Given, schema: Schema): readonly Place[] {
  const path = resourcePath(table);
  const place = (where: string, harmless: string, shot: (text: string) => Shot): Place => {
    const whole = (text: string) => ({ ...shot(text), where, payload: text });
    return { where, table, takes: 'value', harmless, shot: whole };
  };
  const header = (method: string, name: string, target: string, wrap: (text: string) => string, json?: object) =>
    place(`${method} ${target === path ? path : `${path}/{key}`}, ${name}`, '1', (text) => {
      const headers = { [name]: wrap(visible(text)) };
      return { method, path: target, as, headers, ...(json ? { json } : {}) };
    });
  const quoted = (text: string) => `"${text}"`;
  const change = specimen ? sampleChange(table, schema, SEED) : null;
  const places = [
    header('GET', 'x-request-id', path, (text) => text),
    header('GET', 'authorization', path, (text) => `Bearer ${text}`),
  ];
  if (specimen) places.push(header('GET', 'if-none-match', specimen.path, quoted));
  if (specimen && change) places.push(header('PATCH', 'if-match', specimen.path, quoted, change));
  if (body) {
    const once = place(`POST ${path}, idempotency-key`, 'a-key-of-16-chars', (text) => {
      const headers = { 'idempotency-key': visible(text).replaceAll(' ', '/**/') };
      return { method: 'POST', path, as, json: body, headers };
    });
    places.push({ ...once, makesRows: true });
  }
  return places;
}

/** What a client of HTTP would send. */
function visible(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
