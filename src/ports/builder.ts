/** Turns a project folder into a server that runs: `.output/server/index.mjs`. */
export interface Builder {
  /** Starts loading the build tools in the background; optional, and safe to never follow up. */
  warmUp(): void;
  /**
   * Makes the dependencies available (turbobackend's own copies, when the folder has none) and builds.
   * Throws `build.failed` with the bundler's message. A copy of a project gets what was installed there: `packagesOf`.
   */
  build(directory: string, options?: { readonly packagesOf?: string }): Promise<void>;
  /** Makes turbobackend's own copies of the dependencies available in a folder that has none. Throws `build.failed`. */
  prepare(directory: string): Promise<void>;
  /**
   * One file of a project's folder with all it imports, so that it runs where no packages are. Throws `build.failed`.
   */
  bundle(directory: string, file: string): Promise<string>;
  close(): Promise<void>;
}
