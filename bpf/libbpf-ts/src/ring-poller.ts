import koffi from "koffi";
import type { RingBuffer } from "./ring-buffer.ts";

type PollHandle = ReturnType<typeof koffi.node.poll>;

/**
 * Says which rings have records, from the one wait that Node's event loop makes anyway (uv_poll): no thread, no time-out, and no call
 * while nothing happens. The kernel is asked for the level, not the edge, so a ring that was not drained is said again.
 *
 * Rings keep the process alive as long as they are watched.
 */
export class RingPoller implements Disposable {
  readonly #watched = new Map<RingBuffer, PollHandle>();

  /** @param onReady called on the event loop; it should drain the ring. It must not throw: there is no one to catch it. */
  add(ring: RingBuffer, onReady: (ring: RingBuffer) => void): void {
    if (this.#watched.has(ring)) throw new Error(`ring buffer "${ring.map.name}" is watched already`);
    this.#watched.set(
      ring,
      koffi.node.poll(ring.map.fd, { readable: true }, () => onReady(ring)),
    );
  }

  /** Call it before the ring's map is closed. Nothing is said of the ring after it. */
  remove(ring: RingBuffer): void {
    this.#watched.get(ring)?.close();
    this.#watched.delete(ring);
  }

  [Symbol.dispose](): void {
    for (const ring of this.#watched.keys()) this.remove(ring);
  }
}
