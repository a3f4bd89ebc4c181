import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TurboError } from '../domain/errors.ts';
import { checkSetting, SETTINGS, type SettingName, type Settings, settingNames } from './settings.ts';

const settingsFile = (home: string) => join(home, 'config.json');

/** What is saved in `home`, every value checked. Throws `config.invalid`, and `workspace.*` for a file that cannot be read. */
export function checkedSettings(home: string): Settings {
  const saved = readSettings(home);
  for (const name of settingNames) {
    const value = saved[name];
    if (value !== undefined) checkSetting(name, value);
  }
  return saved;
}

function readSettings(home: string): Settings {
  const file = settingsFile(home);
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (!existsSync(file)) return {};
    throw settingsFault(file, error);
  }
  if (typeof content !== 'object' || content === null) return {};
  const known = Object.entries(content).filter(
    ([name, value]) => Object.hasOwn(SETTINGS, name) && ['string', 'number'].includes(typeof value),
  );
  return Object.fromEntries(known.map(([name, value]) => [name, String(value)]));
}

/** A file the system refuses is not the same as one that holds nonsense, which only its owner can correct. */
function settingsFault(file: string, cause: unknown): TurboError {
  if (cause instanceof Error && 'code' in cause) {
    const code = ['ENOSPC', 'EDQUOT'].includes(String(cause.code)) ? 'workspace.full' : 'workspace.unwritable';
    return new TurboError(code, `The settings in ${file} cannot be used (${cause.code}).`, {
      hint: 'Set TURBOBACKEND_HOME to a folder you may read and write, with room in it.',
      cause,
    });
  }
  return new TurboError('config.invalid', `The settings in ${file} cannot be read.`, {
    hint: `Correct or remove ${file}.`,
    cause,
  });
}

/** Saved settings, through `conf` (0600, atomic). Loaded only by the command that changes them. */
export async function openSettings(home: string): Promise<{
  all(): Settings;
  set(name: SettingName, value: string): void;
  unset(name: SettingName): void;
  readonly path: string;
}> {
  const { default: Conf } = await import('conf');
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw settingsFault(settingsFile(home), error);
    }
  };
  const options = { cwd: home, configName: 'config', configFileMode: 0o600, projectName: 'turbobackend' };
  // Made by need: `conf` makes the folder when it is opened, and whoever only looks makes nothing.
  const open = () => {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    return new Conf<Settings>({ ...options, accessPropertiesByDotNotation: false });
  };
  return {
    all: () => readSettings(home),
    set: (name, value) => guarded(() => open().set(name, value)),
    unset: (name) => guarded(() => open().delete(name)),
    path: settingsFile(home),
  };
}

/** Closes a settings file that others may read; tells whether it was open. */
export function tightenSettings(home: string): boolean {
  const file = settingsFile(home);
  try {
    if (process.platform === 'win32' || (statSync(file).mode & 0o077) === 0) return false;
    chmodSync(file, 0o600);
    return true;
  } catch {
    // No settings yet, or not ours to change: reading them will tell.
    return false;
  }
}
