// Both versions of one path: text side by side, anything else by size, digest and time.

import { folded, sideBySide } from "../core/diff.js";
import { versionWords } from "../core/syncing.js";
import { moment, plural, word } from "../core/words.js";
import { html, useMemo } from "../core/view.js";
import { act } from "../live/doing.js";
import { useAsked } from "../live/loading.js";
import { Loading, Refusal } from "../parts/basics.js";

/** @type {Record<string, string>} */
const WHY = {
  BINARY: "This is not text; the versions are compared by what is known of them.",
  TOO_LARGE: "Too large to be shown; the versions are compared by what is known of them.",
  CHANGED: "It was changed a moment ago; look again.",
  NOT_A_FILE: "One side has a folder or a link.",
};

/** @param {{parent: string, path: any, since: string}} props */
export function Compare({ parent, path, since }) {
  const asked = useAsked(() => act("SyncSessions/ReadSyncConflict", { parent, path }), [parent, path.raw, since]);
  if (asked.failure) return html`<${Refusal} failure=${asked.failure} />`;
  if (!asked.value) return html`<${Loading} what="both versions" />`;
  const { conflict = {}, local = {}, remote = {} } = asked.value;
  const states = [local, remote].map((one) => word(one.state).toUpperCase().replaceAll(" ", "_"));
  const readable = states.every((one) => ["TEXT", "ABSENT"].includes(one));
  const why = states.map((one) => WHY[one]).find(Boolean);
  const lossy = readable && (local.isLossy || remote.isLossy);
  return html`
    <div class="versions">
      <${Version} title="Local" version=${conflict.local} />
      <${Version} title="Studio" version=${conflict.remote} />
    </div>
    ${lossy && html`<p class="note soft">Some bytes are not UTF-8; “\ufffd” stands for them.</p>`}
    ${readable ? html`<${SideBySide} left=${local.text || ""} right=${remote.text || ""} />` : why && html`<p class="note soft">${why}</p>`}
  `;
}

/** @param {{title: string, version: any}} props */
function Version({ title, version }) {
  return html`<dl class="version">
    <div><dt>${title}</dt><dd class="num">${versionWords(version)}${version?.executable ? ", may be run" : ""}</dd></div>
    ${version?.modifyTime && html`<div><dt>Changed</dt><dd class="num">${moment(version.modifyTime)}</dd></div>`}
    ${version?.digest && html`<div><dt>SHA-256</dt><dd><code class="cut" title=${version.digest}>${version.digest}</code></dd></div>`}
  </dl>`;
}

/** @param {{left: string, right: string}} props */
function SideBySide({ left, right }) {
  const rows = useMemo(() => folded(sideBySide(left, right)), [left, right]);
  return html`<div class="diff" role="region" aria-label="Local and studio’s version, side by side" tabindex="0"><table>
    <thead><tr><th scope="col" class="at"><span class="unseen">Line</span></th><th scope="col">Local</th><th scope="col" class="at"><span class="unseen">Line</span></th><th scope="col">Studio</th></tr></thead>
    <tbody>${rows.map((/** @type {any} */ row, /** @type {number} */ at) => ("hidden" in row ? html`<tr key=${at} class="hidden-rows"><td colspan="4">${plural(row.hidden, "equal line")}</td></tr>` : html`<${Line} key=${at} row=${row} />`))}</tbody>
  </table></div>`;
}

/** @param {{row: any}} props */
function Line({ row }) {
  const kind = (/** @type {string | null} */ text, /** @type {string} */ own) => (text === null ? "none" : row.same ? "" : own);
  return html`<tr>
    <td class="at num">${row.leftAt || ""}</td><td class=${`code ${kind(row.left, "out")}`}>${row.left}</td>
    <td class="at num">${row.rightAt || ""}</td><td class=${`code ${kind(row.right, "in")}`}>${row.right}</td>
  </tr>`;
}
