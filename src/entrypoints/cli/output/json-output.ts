import { type Failure, type Output, PLAIN } from './output.ts';

type Write = (text: string) => void;

function asObject(data: unknown): object {
  return typeof data === 'object' && data !== null ? data : {};
}

function describe(failure: Failure): object {
  const { code, message, hint, details, stack } = failure;
  return {
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
    ...(stack === undefined ? {} : { stack }),
  };
}

/** `--json`: one object on stdout and nothing else; an error is `{"error": {code, message, hint}}`. */
export function jsonOutput(stdout: Write): Output {
  const lines: string[] = [];
  const print = (value: unknown) => stdout(`${JSON.stringify(value)}\n`);
  return {
    progress: () => {},
    line: (text) => lines.push(text),
    result: ({ data }) => print(lines.length > 0 ? { lines, ...asObject(data) } : data),
    failure: (failure) => print({ error: describe(failure) }),
    stop: () => {},
  };
}

/** `--json-stream`: a line of JSON for each event, the last one of type `result` or `error`. */
export function jsonStreamOutput(stdout: Write): Output {
  const print = (value: unknown) => stdout(`${JSON.stringify(value)}\n`);
  return {
    progress: ({ kind, ...event }) => print({ type: kind, ...event }),
    line: (text) => print({ type: 'line', text }),
    result: ({ data }) => print({ type: 'result', data }),
    failure: (failure) => print({ type: 'error', error: describe(failure) }),
    stop: () => {},
  };
}

/** `--quiet`: the result, and errors; no progress. */
export function quietOutput(stdout: Write, stderr: Write): Output {
  return {
    progress: () => {},
    line: (text) => stdout(`${text}\n`),
    result: ({ text }) => stdout(ensureNewline(text(PLAIN))),
    failure: ({ code, message, hint }) => stderr(`error ${code}: ${message}\n${hint ? `  → ${hint}\n` : ''}`),
    stop: () => {},
  };
}

export function ensureNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
