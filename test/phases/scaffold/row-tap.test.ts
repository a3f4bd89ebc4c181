import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { type RawRow, tapRows } from '../../../templates/project/database/server/lib/row-tap.ts';

function message(kind: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(kind);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function row(...values: readonly (string | null)[]): Buffer {
  const count = Buffer.alloc(2);
  count.writeUInt16BE(values.length);
  const parts = values.map((value) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(value === null ? -1 : Buffer.byteLength(value));
    return Buffer.concat([length, Buffer.from(value ?? '')]);
  });
  return message('D', Buffer.concat([count, ...parts]));
}

/** Hands a stream on that comes in these pieces. */
function send(stream: EventEmitter, pieces: readonly Buffer[]): void {
  for (const piece of pieces) {
    // The next piece is read into the same place: what is looked at later must not be seen there.
    const place = Buffer.from(piece);
    stream.emit('data', place);
    place.fill(0xee);
  }
  stream.emit('end');
}

/** What a driver sees of a stream that comes in these pieces: rows as their values, the rest as it came. */
function read(pieces: readonly Buffer[]): unknown[] {
  const seen: unknown[] = [];
  const stream = new EventEmitter();
  const connection = Object.assign(new EventEmitter(), {
    attachListeners(source: EventEmitter) {
      let rest = '';
      source.on('data', (bytes: Buffer) => {
        rest += bytes.toString('latin1');
        // As many whole messages as there are: their order among the rows is what counts.
        for (let end = 1 + Buffer.from(rest, 'latin1').readUInt32BE(1); rest.length >= end && rest !== ''; ) {
          seen.push(rest.slice(0, end));
          rest = rest.slice(end);
          if (rest !== '') end = 1 + Buffer.from(rest, 'latin1').readUInt32BE(1);
        }
      });
      source.on('end', () => seen.push('end'));
    },
  });
  connection.on('dataRow', ({ fields, length }: RawRow) => seen.push({ fields, length }));
  const client = { connection };
  tapRows(client);
  client.connection.attachListeners(stream);
  send(stream, pieces);
  return seen;
}

const bind = message('2', Buffer.alloc(0));
const complete = message('C', Buffer.from('SELECT 2\0'));
const ready = message('Z', Buffer.from('I'));
const stream = Buffer.concat([
  bind,
  row('a', null, ''),
  row('grüße'),
  complete,
  ready,
  bind,
  row('x'.repeat(300)),
  complete,
  ready,
]);
const expected = [
  bind.toString('latin1'),
  { fields: ['a', null, ''], length: 4 + 2 + 5 + 4 + 4 },
  { fields: ['grüße'], length: 4 + 2 + 4 + 7 },
  complete.toString('latin1'),
  ready.toString('latin1'),
  bind.toString('latin1'),
  { fields: ['x'.repeat(300)], length: 4 + 2 + 4 + 300 },
  complete.toString('latin1'),
  ready.toString('latin1'),
  'end',
];

test('rows and all else come in their order, wherever the stream is cut', () => {
  expect(read([stream])).toEqual(expected);
  for (let cut = 1; cut < stream.length; cut += 1) {
    expect(read([stream.subarray(0, cut), stream.subarray(cut)])).toEqual(expected);
  }
});

test('rows and all else come in their order when every byte comes alone', () => {
  expect(read([...stream].map((byte) => Buffer.from([byte])))).toEqual(expected);
});

test('a row can be looked at until the next one comes, and for ever when it is kept', () => {
  const values = ['first', 'second', 'x'.repeat(300), 'last'];
  const bytes = Buffer.concat(values.map((value) => row(value)));
  for (let cut = 1; cut < bytes.length; cut += 1) {
    const stream = new EventEmitter();
    const connection = Object.assign(new EventEmitter(), { attachListeners: (_stream: EventEmitter) => {} });
    tapRows({ connection });
    const seen: RawRow[] = [];
    connection.on('dataRow', (next: RawRow) => {
      seen.at(-1)?.keep();
      seen.push(next);
    });
    connection.attachListeners(stream);
    send(stream, [bytes.subarray(0, cut), bytes.subarray(cut)]);
    expect(seen.map((one) => one.text(0))).toEqual(values);
  }
});
