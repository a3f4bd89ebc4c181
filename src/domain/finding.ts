/** One thing `doctor` looked at. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** The command or act that mends it; null when nothing is wrong. */
  readonly fix: string | null;
}
