/** Ids of projects: safe unquoted in SQL, in file names and on disks that ignore case. */
export const PROJECT_ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
export const PROJECT_ID_LENGTH = 16;

const PROJECT_ID = /^[a-z0-9]{16}$/;

export function isProjectId(value: unknown): value is string {
  return typeof value === 'string' && PROJECT_ID.test(value);
}
