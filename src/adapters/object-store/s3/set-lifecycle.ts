import { createHash } from 'node:crypto';
import type { S3Connection } from './connection.ts';
import { sumOf } from './put-object.ts';
import { childrenOf, escapeXml, readXml, textOf, writeXml, type XmlElement } from './read-xml.ts';

/** Uploads that nobody ended are ended by the store after so many days. */
const UPLOAD_DAYS = 2;

/** Puts our rule for a prefix among the rules of the bucket: S3 takes and gives them all at once only. */
export async function setLifecycle(connection: S3Connection, prefix: string, days: number): Promise<void> {
  const answer = await connection.request({ method: 'GET', query: { lifecycle: '' }, accept: [404] });
  const there = answer.status === 404 ? [] : childrenOf(readXml(answer.bytes), 'Rule');
  const id = `turbobackend-${createHash('sha256').update(prefix).digest('hex').slice(0, 16)}`;
  const ours = ruleOf(id, prefix, days);
  const same = there.find((rule) => textOf(rule, 'ID') === id);
  if (same && writeXml(compact(same)) === ours) return;
  const others = there.filter((rule) => textOf(rule, 'ID') !== id).map((rule) => writeXml(compact(rule)));
  const body = Buffer.from(
    `<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${others.join('')}${ours}</LifecycleConfiguration>`,
  );
  await connection.request({ method: 'PUT', query: { lifecycle: '' }, body, headers: sumHeaders(body) });
}

function ruleOf(id: string, prefix: string, days: number): string {
  const uploads = `<AbortIncompleteMultipartUpload><DaysAfterInitiation>${UPLOAD_DAYS}</DaysAfterInitiation></AbortIncompleteMultipartUpload>`;
  return `<Rule><ID>${id}</ID><Filter><Prefix>${escapeXml(prefix)}</Prefix></Filter><Status>Enabled</Status><Expiration><Days>${days}</Days></Expiration>${uploads}</Rule>`;
}

/** Without the white space between elements that some stores send. */
function compact(element: XmlElement): XmlElement {
  return element.children.length === 0 ? element : { ...element, children: element.children.map(compact) };
}

/** What S3 wants with a body that is no object: old stores know the first, new ones want the second. */
export function sumHeaders(body: Uint8Array): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/xml',
    'content-md5': createHash('md5').update(body).digest('base64'),
    'x-amz-checksum-sha256': sumOf(body),
  };
}
