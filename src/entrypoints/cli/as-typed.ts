import { commandName } from '../../config.ts';

/**
 * A hint in the words that work here: who runs the program by `npx` or by the path of its file has no command called
 * `turbobackend`.
 */
export function asTyped(hint: string): string {
  const command = commandName();
  return hint.replace(/(^|[\s(:])turbobackend (?=[a-z-])/g, (_match, before: string) => `${before}${command} `);
}
