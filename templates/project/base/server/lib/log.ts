type Fields = Readonly<Record<string, unknown>>;

let waiting = '';

/** Writes the lines of one turn of the event loop together. */
function flush(): void {
  const text = waiting;
  waiting = '';
  if (text !== '') process.stdout.write(text);
}

process.once('exit', flush);

const clock = { ms: 0, text: '' };

/** The time in ISO 8601, made once for all lines of a millisecond: it would cost as much as the rest of a line. */
function now(): string {
  const ms = Date.now();
  if (ms !== clock.ms) {
    clock.ms = ms;
    clock.text = new Date(ms).toISOString();
  }
  return clock.text;
}

/** One line of JSON. Never a body, a secret or a connection string. */
export function log(level: 'info' | 'warn' | 'error', message: string, fields: Fields = {}): void {
  if (waiting === '') setImmediate(flush);
  const head = `{"time":"${now()}","level":"${level}","message":${JSON.stringify(message)}`;
  const rest = JSON.stringify(fields).slice(1);
  waiting += rest === '}' ? `${head}}\n` : `${head},${rest}\n`;
}

/** An error for the log, with its stack. */
export function describeError(error: unknown): Fields {
  return error instanceof Error
    ? { error: error.message, stack: error.stack }
    : { error: String(error) };
}
