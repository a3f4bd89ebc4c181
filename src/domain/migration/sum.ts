import { createHash } from 'node:crypto';

/** The file in the migrations folder that chains all migrations, so that a change of the past shows in a review. */
export const SUM_FILE = 'migrations.sum';

const HEADER =
  '# Made by turbobackend. Each line depends on all lines before it; conflicts: turbobackend migrate repair';

/** What of a migration goes into the sum. */
export interface Summed {
  readonly version: string;
  readonly name: string;
  /** Of the normalised text; see `checksum`. */
  readonly checksum: string;
}

const fileName = ({ version, name }: Summed): string => `${version}_${name}.sql`;

function chain(files: readonly Summed[]): readonly string[] {
  let link = '';
  return files.map((file) => {
    link = createHash('sha256')
      .update(`${link}\n${fileName(file)} ${file.checksum}`)
      .digest('hex');
    return `${fileName(file)} ${link}`;
  });
}

/**
 * The content of the sum file for migrations in their order: a line for each with its name and a SHA-256 over the line
 * before, the name and the checksum. Two branches that both add a migration meet in a conflict of git.
 */
export function renderSum(files: readonly Summed[]): string {
  return `${[HEADER, ...chain(files)].join('\n')}\n`;
}

/** Where files and sum part. */
export interface SumDeviation {
  /** How many migrations agree, from the first one on. */
  readonly agreeing: number;
  /** In words, with the name of the file. */
  readonly what: string;
}

/** The first place where the sum does not say what the files are; null when all agree. */
export function findDeviation(files: readonly Summed[], sum: string): SumDeviation | null {
  const lines = sum.split(/\r\n?|\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const wanted = chain(files);
  for (let at = 0; at < Math.max(lines.length, wanted.length); at += 1) {
    const [line, want, file] = [lines[at]?.trim(), wanted[at], files[at]];
    if (line !== want) return { agreeing: at, what: describe(line, file, lines) };
  }
  return null;
}

function describe(line: string | undefined, file: Summed | undefined, lines: readonly string[]): string {
  const listed = line?.split(' ')[0];
  if (line !== undefined && !/^\d{14}_[a-z0-9_]+\.sql [0-9a-f]{64}$/.test(line)) {
    return /^(<{7}|={7}|>{7})/.test(line)
      ? 'it holds a conflict of git'
      : `${JSON.stringify(line)} is not a line of it`;
  }
  if (file === undefined) return `it lists ${listed}, which is not there`;
  const name = fileName(file);
  if (listed === name) return `${name} was changed`;
  return lines.some((other) => other.startsWith(`${name} `))
    ? `it lists ${listed} before ${name}`
    : `it does not list ${name}`;
}
