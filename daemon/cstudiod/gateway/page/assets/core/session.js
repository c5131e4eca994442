// Who looks at this page, and the token that each call carries.

import { Failure, unreachable } from "./failure.js";

/** @typedef {{login: string, admin: boolean, token: string, embedding: boolean, studioOrigin: string}} Session */

/** @type {Promise<Session> | null} */
let known = null;

/** Asks once; again after `forgetSession`. @returns {Promise<Session>} */
export function session() {
  known ??= ask().catch((error) => {
    known = null;
    throw error;
  });
  return known;
}

/** The next call asks anew: the daemon may be another one by then. */
export function forgetSession() {
  known = null;
}

/** @returns {Promise<Session>} */
async function ask() {
  const response = await fetch("/session", { headers: { accept: "application/json" } }).catch(() => {
    throw unreachable();
  });
  if (response.status === 401 || response.status === 403) {
    location.assign(`/sign-in?next=${encodeURIComponent(`/${location.hash}`)}`);
    throw new Failure("You are not signed in.", { code: "unauthenticated" });
  }
  if (!response.ok) throw unreachable();
  const body = await response.json();
  return {
    login: body.login || "",
    admin: Boolean(body.admin),
    token: body.token || ownToken(),
    embedding: Boolean(body.embedding),
    studioOrigin: body.studio_origin || "",
  };
}

/** Where page and studios have one origin the token is in the document, which no studio may read. */
function ownToken() {
  return document.querySelector('meta[name="cstudio-token"]')?.getAttribute("content") || "";
}
