import koffi from "koffi";
import type { RingBuffer } from "./ring-buffer.ts";

type PollHandle = ReturnType<typeof koffi.node.poll>;

/**
 * Reports which rings have records. It uses the wait that Node's event loop makes anyway (uv_poll):
 * no thread, no timeout, and no call while nothing happens. The kernel is asked for the level, not
 * the edge, so a ring that was not drained is reported again.
 *
 * Rings keep the process alive while they are watched.
 */
export class RingPoller implements Disposable {
  readonly #watched = new Map<RingBuffer, PollHandle>();

  /**
   * Watches a ring.
   *
   * @param onReady called on the event loop; it should drain the ring. It must not throw: nothing
   * would catch the error.
   */
  add(ring: RingBuffer, onReady: (ring: RingBuffer) => void): void {
    if (this.#watched.has(ring)) throw new Error(`ring buffer "${ring.map.name}" is watched already`);
    this.#watched.set(
      ring,
      koffi.node.poll(ring.map.fd, { readable: true }, () => onReady(ring)),
    );
  }

  /** Stops watching a ring. Call it before the ring's map is closed. */
  remove(ring: RingBuffer): void {
    this.#watched.get(ring)?.close();
    this.#watched.delete(ring);
  }

  [Symbol.dispose](): void {
    for (const ring of this.#watched.keys()) this.remove(ring);
  }
}
