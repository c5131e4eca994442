// Calls of the daemon, by the Connect protocol. One function a kind of call.

import { Failure, failureOf, unreachable } from "./failure.js";
import { FrameReader, envelope } from "./frames.js";
import { forgetSession, session } from "./session.js";

/**
 * A token that is not good any more, that of a daemon before, is asked for once more.
 * @param {string} method `Studios/ListStudios`
 * @param {string} contentType
 * @param {BodyInit} body
 * @param {AbortSignal} [signal]
 */
async function post(method, contentType, body, signal) {
  const response = await send(method, contentType, body, signal);
  const ours = response.headers.get("content-type")?.startsWith("application/json");
  if (![401, 403].includes(response.status) || !ours) return response;
  if ((await response.clone().json()).error?.code !== "no_token") return response;
  forgetSession();
  return send(method, contentType, body, signal);
}

/** @param {string} method @param {string} contentType @param {BodyInit} body @param {AbortSignal} [signal] */
async function send(method, contentType, body, signal) {
  const { token } = await session();
  const headers = {
    "content-type": contentType,
    "connect-protocol-version": "1",
    "x-cstudio-token": token,
  };
  try {
    return await fetch(`/api/cstudio.v1.${method}`, { method: "POST", headers, body, signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    forgetSession();
    throw unreachable();
  }
}

/** @param {Response} response @returns {Promise<Failure>} */
async function refusal(response) {
  if ([401, 403].includes(response.status)) forgetSession();
  const text = await response.text();
  try {
    return failureOf(JSON.parse(text));
  } catch {
    const code = response.status >= 500 ? "unavailable" : "unknown";
    return new Failure(text.slice(0, 300) || `The daemon answered ${response.status}.`, { code });
  }
}

/**
 * Calls a method that answers once.
 * @param {string} method
 * @param {object} [request]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function call(method, request = {}, signal) {
  const response = await post(method, "application/json", JSON.stringify(request), signal);
  if (!response.ok) throw await refusal(response);
  try {
    return await response.json();
  } catch {
    throw unreachable();
  }
}

/**
 * Calls a method that answers again and again; ends with its last answer.
 * @param {string} method
 * @param {object} request
 * @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<any>}
 */
export async function* stream(method, request, signal) {
  const body = /** @type {any} */ (envelope(request));
  const response = await post(method, "application/connect+json", body, signal);
  if (!response.ok || !response.body) throw await refusal(response);
  const source = response.body.getReader();
  const frames = new FrameReader();
  try {
    for (;;) {
      const { done, value } = await taken(source, signal);
      if (done) throw unreachable();
      for (const frame of frames.push(value)) {
        if (frame.last && frame.value.error) throw failureOf(frame.value.error);
        if (frame.last) return;
        yield frame.value;
      }
    }
  } finally {
    source.cancel().catch(() => {});
  }
}

/** @param {ReadableStreamDefaultReader<Uint8Array>} source @param {AbortSignal} [signal] */
async function taken(source, signal) {
  try {
    return await source.read();
  } catch (error) {
    throw signal?.aborted ? error : unreachable();
  }
}

/**
 * Gets all pages of a list.
 * @param {string} method
 * @param {Record<string, any>} request
 * @param {string} field the name of the list in an answer
 * @returns {Promise<any[]>}
 */
export async function all(method, request, field) {
  const found = [];
  let pageToken = "";
  do {
    const page = await call(method, { ...request, pageToken });
    found.push(...(page[field] || []));
    pageToken = page.nextPageToken || "";
  } while (pageToken);
  return found;
}
