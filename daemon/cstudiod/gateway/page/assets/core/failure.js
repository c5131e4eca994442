// What went wrong with a call, in the words of the daemon.

/** A failed call. `reason` is to branch on, `next` says what to do. */
export class Failure extends Error {
  /**
   * @param {string} message
   * @param {{code?: string, reason?: string, next?: string, metadata?: Record<string, string>}} more
   */
  constructor(message, more = {}) {
    super(message);
    this.code = more.code || "unknown";
    this.reason = more.reason || "";
    this.next = more.next || "";
    this.metadata = more.metadata || {};
  }
}

/**
 * Reads a Connect error, `{code, message, details: [{type, value, debug}]}`, or one of the
 * gateway itself, `{error: {code, message, next}}`.
 * @param {any} body
 * @returns {Failure}
 */
export function failureOf(body) {
  if (body?.error?.message) return new Failure(body.error.message, body.error);
  const details = Array.isArray(body?.details) ? body.details : [];
  const info = details.find((/** @type {any} */ one) => String(one.type).endsWith("ErrorInfo"));
  const metadata = info?.debug?.metadata || {};
  return new Failure(body?.message || "The daemon refused without a word.", {
    code: body?.code,
    reason: info?.debug?.reason,
    next: metadata.next,
    metadata,
  });
}

/** Nothing answers. @returns {Failure} */
export function unreachable() {
  return new Failure("The daemon does not answer.", {
    code: "unavailable",
    reason: "UNREACHABLE",
    next: "start it with `cstudio daemon start`",
  });
}

/** Whether trying again, without another word, may help. @param {unknown} error */
export function isPassing(error) {
  return !(error instanceof Failure) || ["unavailable", "aborted", "deadline_exceeded"].includes(error.code);
}
