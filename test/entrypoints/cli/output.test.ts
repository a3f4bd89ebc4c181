import { expect, test } from 'vitest';
import { jsonOutput, jsonStreamOutput, quietOutput } from '../../../src/entrypoints/cli/output/json-output.ts';
import type { Failure, Output } from '../../../src/entrypoints/cli/output/output.ts';
import { terminalOutput } from '../../../src/entrypoints/cli/output/terminal-output.ts';

const failure: Failure = {
  code: 'run.locked',
  message: 'taken',
  hint: 'turbobackend status',
  details: { pid: 1 },
  stack: undefined,
};

/** Tells an output a short story and gives back what it wrote. */
function listen(
  make: (stdout: (text: string) => void, stderr: (text: string) => void) => Output,
  end: 'result' | 'failure',
) {
  const written = { stdout: '', stderr: '' };
  const output = make(
    (text) => {
      written.stdout += text;
    },
    (text) => {
      written.stderr += text;
    },
  );
  output.progress({ kind: 'phase-started', phase: 'build', title: 'Build the server' });
  output.progress({ kind: 'detail', message: 'quietly' });
  output.progress({ kind: 'phase-finished', phase: 'build', title: 'Build the server', ms: 1234, reused: false });
  if (end === 'result') output.result({ data: { url: 'http://x' }, text: (style) => style.bold('done') });
  else output.failure(failure);
  output.stop();
  return written;
}

test('--json is one object on stdout and nothing else', () => {
  const written = listen((stdout) => jsonOutput(stdout), 'result');
  expect(written).toEqual({ stdout: '{"url":"http://x"}\n', stderr: '' });
  const failed = listen((stdout) => jsonOutput(stdout), 'failure');
  expect(JSON.parse(failed.stdout)).toEqual({
    error: { code: 'run.locked', message: 'taken', hint: 'turbobackend status', details: { pid: 1 } },
  });
});

test('--json-stream is a line per event, the last one the result or the error', () => {
  const lines = (end: 'result' | 'failure') =>
    listen((stdout) => jsonStreamOutput(stdout), end)
      .stdout.trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).type);
  expect(lines('result')).toEqual(['phase-started', 'detail', 'phase-finished', 'result']);
  expect(lines('failure').at(-1)).toBe('error');
});

test('--quiet is the result alone', () => {
  expect(listen(quietOutput, 'result')).toEqual({ stdout: 'done\n', stderr: '' });
  expect(listen(quietOutput, 'failure')).toEqual({
    stdout: '',
    stderr: 'error run.locked: taken\n  → turbobackend status\n',
  });
});

const people =
  (verbose: boolean) =>
  (stdout: (text: string) => void, stderr: (text: string) => void): Output =>
    terminalOutput({ stdout, stderr, animated: false, color: false, verbose });

test('people get progress with times on stderr and the result on stdout, without colours when there are to be none', () => {
  expect(listen(people(false), 'result')).toEqual({ stdout: 'done\n', stderr: '✔ Build the server 1.2 s\n' });
  expect(listen(people(true), 'result').stderr).toBe('  quietly\n✔ Build the server 1.2 s\n');
  expect(listen(people(false), 'failure').stderr).toContain('error run.locked: taken\n  → turbobackend status\n');
});
