import { randomBytes } from 'node:crypto';

/** One part of a multipart body. */
export interface Part {
  readonly name: string;
  readonly filename: string | null;
  readonly type: string | null;
  readonly bytes: Buffer;
}

/** Reads a whole multipart body (RFC 7578). Throws when it is not one. */
export function readParts(contentType: string, body: Buffer): readonly Part[] {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (boundary === undefined) throw new Error('no boundary');
  const mark = Buffer.from(`--${boundary}`);
  const parts: Part[] = [];
  let at = body.indexOf(mark);
  if (at !== 0) throw new Error('does not start with its boundary');
  for (;;) {
    const start = at + mark.length;
    if (body.subarray(start, start + 2).toString() === '--') return parts;
    const end = body.indexOf(Buffer.from(`\r\n--${boundary}`), start);
    if (end === -1) throw new Error('unexpected end of multipart data');
    parts.push(readPart(body.subarray(start + 2, end)));
    at = end + 2;
  }
}

function readPart(bytes: Buffer): Part {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) throw new Error('a part without headers');
  const headers = bytes.subarray(0, end).toString('utf8');
  const name = /content-disposition:[^\r\n]*\bname="([^"]*)"/i.exec(headers)?.[1];
  if (name === undefined) throw new Error('a part without a name');
  return {
    name,
    filename: /\bfilename="([^"]*)"/i.exec(headers)?.[1] ?? null,
    type: /content-type:\s*([^\r\n]+)/i.exec(headers)?.[1] ?? null,
    bytes: bytes.subarray(end + 4),
  };
}

/** Writes parts as the daemon does. */
export function writeParts(
  parts: readonly { readonly name: string; readonly filename: string; readonly type: string; readonly bytes: Buffer }[],
): {
  readonly contentType: string;
  readonly body: Buffer;
} {
  const boundary = randomBytes(30).toString('hex');
  const pieces = parts.flatMap(({ name, filename, type, bytes }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: ${type}\r\n\r\n`,
    ),
    bytes,
    Buffer.from('\r\n'),
  ]);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
  };
}
