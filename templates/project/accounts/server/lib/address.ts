import { isIPv6 } from 'node:net';
import type { H3Event } from 'nitro/h3';
import { env } from './env.ts';

const HEADER = forwardedHeader(env.TRUST_PROXY ?? '');

/** The header in which the proxy before this server tells who asked; null when none is believed. */
function forwardedHeader(setting: string): string | null {
  if (setting === '' || setting === 'false') return null;
  if (setting === 'true') return 'x-forwarded-for';
  if (/^[\w-]+$/.test(setting)) return setting;
  throw new Error('TRUST_PROXY must be true, false or the name of a header.');
}

/**
 * Where a request comes from, as far as it counts against limits: an IPv4 address, or the network of an IPv6 one, in
 * which one customer has billions of addresses. Of the addresses in a header only the last one was seen by the proxy.
 */
export function clientAddress({ req }: H3Event): string {
  const forwarded = HEADER === null ? null : req.headers.get(HEADER);
  const seen = forwarded?.split(',').at(-1)?.trim() || req.runtime?.node?.req.socket?.remoteAddress;
  return networkOf(withoutPort(seen ?? ''));
}

/** Some proxies tell the port too, which is another one for each connection. */
function withoutPort(address: string): string {
  const [, inBrackets, plain] = /^\[([^\]]*)\](?::\d+)?$|^([\d.]+):\d+$/.exec(address) ?? [];
  return inBrackets ?? plain ?? address;
}

function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : 8 - groups.length - rest.length;
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...rest];
  return `${all.slice(0, 4).join(':')}::/64`;
}
