import { TurboError } from '../domain/errors.ts';

/** The error of a value that cannot be used, with what mends it; the value itself may be a secret and is not named. */
export function invalidSetting(setting: string, wanted: string, cause?: unknown): TurboError {
  // Saved settings are written in small letters, variables of the environment in capitals but for those of proxies, options with dashes.
  const hints: readonly [RegExp, string][] = [
    [/^(?!\w+_proxy$)[a-z]/, `turbobackend config unset ${setting}`],
    [/^-/, `Correct ${setting}.`],
  ];
  const hint = hints.find(([form]) => form.test(setting))?.[1];
  return new TurboError('config.invalid', `${setting} is not ${wanted}.`, {
    hint: hint ?? `Correct ${setting} in the environment, or in the .env of this folder.`,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A whole number in plain digits, so that `1e3`, `0x10` and blanks are not quietly understood. */
export function wholeNumber(value: string, setting: string, wanted: string, from: number, to: number): number {
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= from && number <= to) return number;
  throw invalidSetting(setting, wanted);
}
