import type { Reply } from '../faults.ts';
import { escapeXml } from './xml.ts';

/** An answer of S3 that says why not. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly reply: Reply;
}

/** As S3 writes it: XML with a code, a message and whatever else belongs to the code. */
export function refusal(
  status: number,
  code: string,
  message: string,
  more: Readonly<Record<string, string>> = {},
): Refusal {
  const parts = Object.entries({ Code: code, Message: message, ...more, RequestId: 'FAKE0000REQUEST', HostId: 'fake' });
  const inside = parts.map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`).join('');
  return {
    kind: 'refusal',
    reply: {
      status,
      headers: { 'content-type': 'application/xml' },
      body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inside}</Error>`,
    },
  };
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'refusal';
}
