import { Socket } from 'node:net';

/** A socket that sends together what is written in one turn of the event loop: sending costs more than what is sent. */
export class GatheringSocket extends Socket {
  /** The driver does this around each statement. */
  override cork(): void {
    if (this.writableCorked === 0) {
      super.cork();
      setImmediate(() => this.uncork());
    }
    super.cork();
  }
}
