/** A word as a POSIX shell takes it: bare where that is safe, else in single quotes. For commands that people paste. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
