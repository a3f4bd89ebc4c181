/** What is to be done before the process ends because it was told to in the middle of its work. */
export interface Ending {
  /** Remembers it, and gives back what forgets it again. `work` reports its own failures. */
  before(work: () => Promise<void>): () => void;
}
