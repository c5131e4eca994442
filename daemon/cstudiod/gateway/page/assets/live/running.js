// The output of one piece of work, as it is written: a run, a build, a studio's logs.

import { stream } from "../core/connect.js";
import { Failure } from "../core/failure.js";
import { Output } from "../core/output.js";
import { useEffect, useRef, useState } from "../core/view.js";

/**
 * Follows a stream of output; draws at most once a frame.
 * @param {string} method empty: follow nothing
 * @param {any} request
 * @param {(message: any, output: Output) => void} take puts what a message has into the output
 * @param {any[]} depends
 * @returns {{output: Output, failure: Failure | null, ended: boolean}}
 */
export function useOutput(method, request, take, depends) {
  const output = useRef(/** @type {Output} */ (new Output()));
  const [now, set] = useState({ failure: /** @type {Failure | null} */ (null), ended: false, turn: 0 });
  useEffect(() => {
    const end = new AbortController();
    output.current = new Output();
    set({ failure: null, ended: false, turn: 0 });
    let asked = 0;
    const draw = () => {
      asked ||= requestAnimationFrame(() => {
        asked = 0;
        if (!end.signal.aborted) set((/** @type {any} */ before) => ({ ...before, turn: before.turn + 1 }));
      });
    };
    const run = async () => {
      for await (const message of stream(method, request, end.signal)) {
        take(message, output.current);
        draw();
      }
    };
    if (method) {
      run().then(
        () => set((/** @type {any} */ before) => ({ ...before, ended: true })),
        (error) => {
          if (end.signal.aborted) return;
          const failure = error instanceof Failure ? error : new Failure(String(error));
          set((/** @type {any} */ before) => ({ ...before, failure, ended: true }));
        },
      );
    }
    return () => {
      end.abort();
      cancelAnimationFrame(asked);
    };
  }, depends);
  return { output: output.current, failure: now.failure, ended: now.ended };
}
