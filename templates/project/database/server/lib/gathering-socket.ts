import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net';

/** What all sockets of this kind read into; nobody keeps a part of it. New room for each reading is what costs most. */
const incoming = Buffer.allocUnsafe(64 * 1024);

/**
 * A socket that sends together what is written in one turn of the event loop: sending costs more than what is sent.
 * What it reads is there only while its listeners run.
 */
export class GatheringSocket extends Socket {
  constructor() {
    const callback = (length: number): boolean => {
      this.emit('data', incoming.subarray(0, length));
      return true;
    };
    // Of `net.connect`, which hands it to this constructor.
    const options: SocketConstructorOpts & Pick<ConnectOpts, 'onread'> = {
      onread: { buffer: incoming, callback },
    };
    super(options);
  }

  /** The driver does this around each statement. */
  override cork(): void {
    if (this.writableCorked === 0) {
      super.cork();
      setImmediate(() => this.uncork());
    }
    super.cork();
  }
}
