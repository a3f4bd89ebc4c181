import { expect } from 'vitest';
import { runCli } from './run-cli.ts';

/** Ends everything a home has running: each project's server, then PostgreSQL. For the end of a test. */
export async function stopHome(home: string): Promise<void> {
  const listed = await runCli(['list', '--json'], { home });
  expect(listed).toMatchObject({ code: 0 });
  const { projects } = JSON.parse(listed.stdout) as { projects: { id: string }[] };
  for (const { id } of projects) expect(await runCli(['destroy', id, '--yes'], { home })).toMatchObject({ code: 0 });
  expect(await runCli(['db', 'stop'], { home })).toMatchObject({ code: 0 });
}
