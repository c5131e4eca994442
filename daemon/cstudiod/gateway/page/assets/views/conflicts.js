// Paths that both sides changed: a page at a time, compared, and decided one, some or all at once.

import { call } from "../core/connect.js";
import { commandOf } from "../core/commands.js";
import { versionWords } from "../core/syncing.js";
import { ago, number, plural } from "../core/words.js";
import { html, useEffect, useState } from "../core/view.js";
import { act, note, useDoing } from "../live/doing.js";
import { useAsked, useNow } from "../live/loading.js";
import { announce } from "../live/saying.js";
import { Button, Empty, Refusal } from "../parts/basics.js";
import { AsCommand, Dialog } from "../parts/dialog.js";
import { Pager, usePages } from "../parts/pager.js";
import { Compare } from "./compare.js";

const PAGE = 100;
const KEEPS = [
  ["KEEP_LOCAL", "Keep local"],
  ["KEEP_REMOTE", "Keep studio’s"],
  ["KEEP_BOTH", "Keep both"],
];

/** @param {{parent: string, count: number}} props */
export function Conflicts({ parent, count }) {
  const [contains, setContains] = useState("");
  const pages = usePages(contains);
  const [picked, setPicked] = useState(/** @type {Map<string, any>} */ (new Map()));
  const [open, setOpen] = useState("");
  const request = { parent, pageSize: PAGE, pageToken: pages.token, ...(contains ? { contains } : {}) };
  const asked = useAsked(() => call("SyncSessions/ListSyncConflicts", request), [parent, pages.token, contains, count]);
  const doing = useDoing();
  const list = asked.value?.conflicts || [];
  const total = Number(asked.value?.totalSize ?? count);
  useEffect(() => note("SyncSessions/ListSyncConflicts", { parent }), [parent]);
  useEffect(() => {
    if (asked.value && !list.length && pages.at > 0) pages.back();
  }, [asked.value]);
  const resolve = async (/** @type {string} */ keep, /** @type {any[]} */ paths) => {
    const done = await doing.run(async () => {
      const answer = await act("SyncSessions/ResolveSyncConflicts", { parent, paths, keep });
      announce(`${plural(answer.resolvedCount, "conflict")} decided`);
    });
    if (!done) return false;
    setPicked(new Map());
    setOpen("");
    asked.again();
    return true;
  };
  if (!count && !list.length && !contains) return html`<${Empty} icon="check" title="Nothing is in conflict"><p>Both sides agree on every file.</p><//>`;
  return html`<div class="sub conflicts">
    <${Tools} contains=${contains} setContains=${setContains} list=${list} total=${total} picked=${picked} setPicked=${setPicked} resolve=${resolve} busy=${doing.busy} parent=${parent} />
    <${Refusal} failure=${doing.failure || asked.failure} />
    <ul class="list" aria-label="Conflicts">
      ${list.map((/** @type {any} */ one) => html`<${Row} key=${one.path.raw} conflict=${one} parent=${parent} picked=${picked} setPicked=${setPicked}
        open=${open === one.path.raw} setOpen=${setOpen} resolve=${resolve} busy=${doing.busy} />`)}
    </ul>
    ${!list.length && !asked.loading && html`<p class="soft">${contains ? `No conflict’s path has “${contains}”.` : "Decided; the session carries it out."}</p>`}
    <${Pager} pages=${pages} shown=${list.length} size=${PAGE} total=${total} next=${asked.value?.nextPageToken} what="conflicts" />
  </div>`;
}

/** @param {any} props */
function Tools({ contains, setContains, list, total, picked, setPicked, resolve, busy, parent }) {
  const [everything, setEverything] = useState(false);
  const whole = list.length > 0 && list.every((/** @type {any} */ one) => picked.has(one.path.raw));
  const pickAll = () => setPicked(whole ? new Map() : new Map(list.map((/** @type {any} */ one) => [one.path.raw, one])));
  return html`<div class="filter">
    <input type="search" aria-label="Show paths with this text" placeholder="Show paths with this text" value=${contains}
      onInput=${(/** @type {any} */ e) => setContains(e.currentTarget.value)} />
    <label class="tick"><input type="checkbox" checked=${whole} onChange=${pickAll} /><span>This page</span></label>
    <span class="soft num" role="status">${picked.size ? `${number(picked.size)} chosen` : plural(total, "conflict")}</span>
    <div class="buttons" role="group" aria-label="Decide the chosen ones">
      ${KEEPS.map(([keep, label]) => html`<${Button} kind="small" disabled=${!picked.size} busy=${busy}
        onClick=${() => resolve(keep, [...picked.values()].map((one) => one.path))}>${label}<//>`)}
    </div>
    <${Button} kind="small quiet" onClick=${() => setEverything(true)}>Decide all…<//>
    ${everything && html`<${DecideAll} parent=${parent} total=${total} resolve=${resolve} busy=${busy} onClose=${() => setEverything(false)} />`}
  </div>`;
}

/** @param {any} props */
function DecideAll({ parent, total, resolve, busy, onClose }) {
  const [keep, setKeep] = useState("KEEP_LOCAL");
  const submit = async () => {
    if (await resolve(keep, [])) onClose();
  };
  return html`<${Dialog} title="Decide all conflicts of this zone" onClose=${onClose} onSubmit=${submit}>
    <p>The version that does not stay goes to the trash, from where it can be restored.</p>
    <fieldset class="choices"><legend class="unseen">What stays</legend>
      ${KEEPS.map(([id, label]) => html`<label class="tick"><input type="radio" name="keep" checked=${keep === id} onChange=${() => setKeep(id)} /><span>${label}</span></label>`)}
    </fieldset>
    <${AsCommand} text=${commandOf("SyncSessions/ResolveSyncConflicts", { parent, keep })} />
    <div class="dialog-foot">
      <${Button} onClick=${onClose}>Cancel<//>
      <button type="submit" class="button primary" aria-busy=${busy ? "true" : undefined}>Decide ${plural(total, "conflict")}</button>
    </div>
  <//>`;
}

/** @param {any} props */
function Row({ conflict, parent, picked, setPicked, open, setOpen, resolve, busy }) {
  const now = useNow(60_000);
  const { raw, display } = conflict.path;
  const pick = () => {
    const next = new Map(picked);
    if (!next.delete(raw)) next.set(raw, conflict);
    setPicked(next);
  };
  return html`<li class=${`conflict ${open ? "current" : ""}`}>
    <div class="list-row">
      <input type="checkbox" aria-label=${`Choose ${display}`} checked=${picked.has(raw)} onChange=${pick} />
      <button type="button" class="grow cut path" aria-expanded=${String(open)} onClick=${() => setOpen(open ? "" : raw)}>${display}</button>
      <span class="soft num">local ${versionWords(conflict.local)} · studio ${versionWords(conflict.remote)}</span>
      <span class="soft num">${ago(conflict.since, now)}</span>
    </div>
    ${open && html`<${Compare} parent=${parent} path=${conflict.path} since=${conflict.since} />
      <div class="buttons">${KEEPS.map(([keep, label]) => html`<${Button} kind="small" busy=${busy} aria-label=${`${label}: ${display}`} onClick=${() => resolve(keep, [conflict.path])}>${label}<//>`)}</div>`}
  </li>`;
}
