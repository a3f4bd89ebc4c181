/** A part of a multipart body. */
export interface FilePart {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The parts of a multipart body (RFC 7578); null when it is none, or ends before its last boundary. */
export function readMultipart(type: string, bytes: Uint8Array): readonly FilePart[] | null {
  const boundary = /^multipart\/[\w-]+;.*boundary="?([^";]+)"?/i.exec(type)?.[1];
  if (boundary === undefined) return null;
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Every boundary but the first has a line end before it, which is no part of the file.
  const mark = Buffer.from(`\r\n--${boundary}`);
  const parts: FilePart[] = [];
  if (!body.subarray(0, mark.length - 2).equals(mark.subarray(2))) return null;
  let at = mark.length - 2;
  while (body.subarray(at, at + 2).toString('latin1') !== '--') {
    const end = body.indexOf(mark, at);
    const part = end === -1 ? null : readPart(body.subarray(at, end));
    if (part === null) return null;
    parts.push(part);
    at = end + mark.length;
  }
  return parts;
}

function readPart(bytes: Buffer): FilePart | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const name = /\bname="([^"]*)"/i.exec(bytes.subarray(0, end).toString('utf8'))?.[1];
  return name === undefined ? null : { name, bytes: bytes.subarray(end + 4) };
}
