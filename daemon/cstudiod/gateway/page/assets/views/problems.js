// Paths that are not in step for a reason of their own.

import { call } from "../core/connect.js";
import { sideWords } from "../core/syncing.js";
import { html, useEffect } from "../core/view.js";
import { note } from "../live/doing.js";
import { useAsked } from "../live/loading.js";
import { Empty, Refusal, sentence } from "../parts/basics.js";
import { Pager, usePages } from "../parts/pager.js";

const PAGE = 100;

/** @param {{parent: string, count: number}} props */
export function Problems({ parent, count }) {
  const pages = usePages(parent);
  const asked = useAsked(() => call("SyncSessions/ListSyncProblems", { parent, pageSize: PAGE, pageToken: pages.token }), [parent, pages.token, count]);
  useEffect(() => note("SyncSessions/ListSyncProblems", { parent }), [parent]);
  const list = asked.value?.problems || [];
  if (asked.failure) return html`<${Refusal} failure=${asked.failure} />`;
  if (asked.value && !list.length) return html`<${Empty} icon="check" title="No file has a problem" />`;
  return html`<div class="sub"><ul class="list" aria-label="Problems">
    ${list.map((/** @type {any} */ one) => html`<li key=${one.path.raw + one.side} class="list-row wrap"><span class="path grow">${one.path.display}</span><span class="soft">${sideWords(one.side)}</span><p class="whole soft">${sentence(one.detail || one.reason)}</p></li>`)}
  </ul><${Pager} pages=${pages} shown=${list.length} size=${PAGE} total=${count} next=${asked.value?.nextPageToken} what="problems" /></div>`;
}
