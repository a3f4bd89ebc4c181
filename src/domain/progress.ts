/** What a phase tells whoever watches: a spinner, a line of JSON, an array in a test. Phases never print. */
export type ProgressEvent =
  | { readonly kind: 'phase-started'; readonly phase: string; readonly title: string }
  | {
      readonly kind: 'phase-finished';
      readonly phase: string;
      readonly title: string;
      readonly ms: number;
      /** True when a recorded result of an earlier run was used. */
      readonly reused: boolean;
    }
  | { readonly kind: 'phase-failed'; readonly phase: string; readonly title: string; readonly ms: number }
  | { readonly kind: 'note'; readonly message: string }
  | { readonly kind: 'warning'; readonly message: string }
  /** Only shown with --verbose. */
  | { readonly kind: 'detail'; readonly message: string };

export type ReportProgress = (event: ProgressEvent) => void;
