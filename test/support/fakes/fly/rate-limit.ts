interface Allowance {
  tokens: number;
  at: number;
}

/**
 * One request a second for each action on each app or machine, three at once after a rest; looking at a machine five a
 * second and ten at once. Gives the milliseconds that a refused request has to wait, 0 for one that may pass.
 */
export function rateLimit(time: { now(): number }): (method: string, parts: readonly string[]) => number {
  const allowances = new Map<string, Allowance>();
  return (method, parts) => {
    const [, app = '', room = '', machine = '', action = ''] = parts;
    const isLook = method === 'GET' && room === 'machines' && machine !== '' && action === '';
    const [perSecond, burst] = isLook ? [5, 10] : [1, 3];
    const key = `${method} ${app} ${room} ${machine} ${action}`;
    const now = time.now();
    const had = allowances.get(key) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, had.tokens + ((now - had.at) / 1000) * perSecond);
    const mayPass = tokens >= 1;
    allowances.set(key, { tokens: mayPass ? tokens - 1 : tokens, at: now });
    return mayPass ? 0 : ((1 - tokens) / perSecond) * 1000;
  };
}
