type Fields = Readonly<Record<string, unknown>>;

let waiting = '';

/** Writes the lines of one turn of the event loop together. */
function flush(): void {
  const text = waiting;
  waiting = '';
  if (text !== '') process.stdout.write(text);
}

process.once('exit', flush);

/** One line of JSON. Never a body, a secret or a connection string. */
export function log(level: 'info' | 'warn' | 'error', message: string, fields: Fields = {}): void {
  if (waiting === '') setImmediate(flush);
  waiting += `${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`;
}

/** An error for the log, with its stack. */
export function describeError(error: unknown): Fields {
  return error instanceof Error
    ? { error: error.message, stack: error.stack }
    : { error: String(error) };
}
