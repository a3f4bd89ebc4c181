import type { Needs } from '../../ports/services.ts';

/** The folder of a merge, in the one that git ignores; a name for each, since several go on at once. */
const FOLDER = '.turbobackend/merge';
const DEADLINE_MS = 30_000;

const MINE = 'yours';
const GENERATED = 'generated';

/** Somebody still has to decide about a merge that was made before. */
export function hasMarkers(text: string): boolean {
  return text.includes(`<<<<<<< ${MINE}\n`) && text.includes(`>>>>>>> ${GENERATED}\n`);
}

export interface MergedText {
  readonly text: string;
  /** Both changed the same lines: `text` has the usual markers. */
  readonly hasConflict: boolean;
}

/**
 * Merges what a person made of a text with what became of it for us, by git's own machinery. Line ends stay the
 * person's. Null when there is no git.
 */
export async function mergeText(
  order: {
    readonly directory: string;
    readonly name: string;
    readonly mine: string;
    readonly base: string;
    readonly generated: string;
  },
  { workspace, programs }: Needs<'workspace' | 'programs'>,
): Promise<MergedText | null> {
  const { directory, mine, base, generated } = order;
  const folder = `${FOLDER}/${encodeURIComponent(order.name)}`;
  const isCrlf = mine.includes('\r\n');
  const texts = { mine: toLineFeeds(mine), base, generated };
  try {
    for (const [name, text] of Object.entries(texts)) await workspace.write(directory, `${folder}/${name}`, text);
    const labels = ['-L', MINE, '-L', 'base', '-L', GENERATED];
    const merge = ['-c', 'merge.conflictStyle=merge', 'merge-file', '--quiet', ...labels, ...Object.keys(texts)];
    const { code } = await programs.run({
      command: ['git', ...merge],
      directory: `${directory}/${folder}`,
      deadlineMs: DEADLINE_MS,
    });
    // The number of conflicts, 127 at most; anything else is a failure.
    if (code === null || code > 127) return null;
    const text = (await workspace.read(directory, `${folder}/mine`)) ?? texts.mine;
    return { text: isCrlf ? text.replaceAll('\n', '\r\n') : text, hasConflict: code > 0 };
  } finally {
    await workspace.removeFolder(`${directory}/${folder}`);
  }
}

/** A text as it was generated, whatever an editor or git made of its line ends. */
export function toLineFeeds(text: string): string {
  return text.replaceAll('\r\n', '\n');
}
