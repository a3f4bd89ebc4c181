/** One thing `doctor` looked at. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** The command or act that mends it, or goes on from here; null when there is nothing to do. */
  readonly fix: string | null;
  /** What `doctor --fix` did about it, in a sentence. */
  readonly mended?: string;
}
