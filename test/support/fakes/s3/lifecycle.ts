import type { Reply } from '../faults.ts';
import type { Operation } from './operation.ts';
import { refusal } from './refusal.ts';
import { childrenOf, type Element, readXml, textOf } from './xml.ts';

/** Takes the place of the whole configuration, as S3 does it. */
export const putLifecycle: Operation = ({ bucket, body }) => {
  const text = body.toString();
  const configuration = readXml(text);
  const rules = childrenOf(configuration, 'Rule');
  const isWrong = configuration.name !== 'LifecycleConfiguration' || rules.length === 0 || !rules.every(isRule);
  const ids = rules.map((rule) => textOf(rule, 'ID') ?? '');
  if (isWrong || new Set(ids).size !== ids.length) {
    return refusal(400, 'MalformedXML', 'The XML you provided was not well-formed or did not validate').reply;
  }
  bucket.lifecycle = text;
  return { status: 200 };
};

function isRule(rule: Element): boolean {
  const status = textOf(rule, 'Status');
  const filter = childrenOf(rule, 'Filter')[0];
  const days = childrenOf(rule, 'Expiration').map((expiration) => Number(textOf(expiration, 'Days')));
  const actions = [...days, ...childrenOf(rule, 'AbortIncompleteMultipartUpload')];
  const isDated = days.every((count) => Number.isInteger(count) && count > 0);
  return (status === 'Enabled' || status === 'Disabled') && filter !== undefined && actions.length > 0 && isDated;
}

export const getLifecycle: Operation = ({ bucket }): Reply =>
  bucket.lifecycle === null
    ? refusal(404, 'NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist').reply
    : { status: 200, headers: { 'content-type': 'application/xml' }, body: bucket.lifecycle };

export const deleteLifecycle: Operation = ({ bucket }) => {
  bucket.lifecycle = null;
  return { status: 204 };
};

/** Days after which what has this prefix goes; null when nothing says so. */
export function daysOf(lifecycle: string | null, prefix: string): number | null {
  if (lifecycle === null) return null;
  const rule = childrenOf(readXml(lifecycle), 'Rule').find(
    (candidate) => textOf(childrenOf(candidate, 'Filter')[0], 'Prefix') === prefix,
  );
  const days = textOf(childrenOf(rule, 'Expiration')[0], 'Days');
  return days === undefined ? null : Number(days);
}
