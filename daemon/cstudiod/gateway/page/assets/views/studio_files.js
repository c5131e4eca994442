// The zones of a studio: how far each is in step, and what is not.

import { state } from "../core/studios.js";
import { sessionLine, sessionState } from "../core/syncing.js";
import { plural } from "../core/words.js";
import { html, useState } from "../core/view.js";
import { useSessions } from "../live/sessions.js";
import { Button, Copy, Empty, Next, Progress, Callout, State, sentence } from "../parts/basics.js";
import { Icon } from "../parts/icons.js";
import { Conflicts } from "./conflicts.js";
import { Pending } from "./pending.js";
import { Problems } from "./problems.js";
import { Trash } from "./trash.js";

/** @param {{studio: any, shown: boolean}} props */
export function FilesTab({ studio, shown }) {
  const zones = studio.zones || [];
  const names = zones.map((/** @type {any} */ zone) => zone.session).filter(Boolean);
  const sessions = useSessions(names, shown && names.length > 0);
  if (!zones.length) return html`<${Empty} icon="folder" title="It has no files"><p>Its template synchronises no zone.</p><//>`;
  return html`
    ${state(studio) === "stopped" && html`<p class="note soft">It is stopped: the folders on this side are the files.</p>`}
    ${zones.map((/** @type {any} */ zone) => html`<${Zone} key=${zone.zone} zone=${zone} session=${sessions.get(zone.session)} />`)}
  `;
}

/** @param {{zone: any, session: any}} props */
function Zone({ zone, session }) {
  const [open, setOpen] = useState("");
  const parent = zone.session ? `syncSessions/${zone.session}` : "";
  const conflicts = Number(session?.conflictCount ?? zone.conflictCount ?? 0);
  const problems = Number(session?.problemCount ?? zone.problemCount ?? 0);
  const toggle = (/** @type {string} */ what) => () => setOpen(open === what ? "" : what);
  const part = (/** @type {string} */ id, /** @type {any} */ label, /** @type {string} */ kind = "") =>
    html`<${Button} kind=${`small ${kind}`} aria-expanded=${String(open === id)} onClick=${toggle(id)}>${label}<${Icon} name="chevron" /><//>`;
  return html`<section class="card zone" aria-label=${`Zone ${zone.zone}`}>
    <div class="zone-head">
      <div class="grow">
        <h2>${zone.zone}</h2>
        <p class="paths soft"><code class="cut" title=${zone.local}>${zone.local}</code><span aria-label=${zone.oneWay ? "into" : "in step with"}>${zone.oneWay ? "→" : "↔"}</span><code class="cut" title=${zone.remote}>${zone.remote}</code><${Copy} text=${zone.local} label=${`Copy the folder of ${zone.zone}`} /></p>
      </div>
      ${parent && html`<div class="zone-state"><${State} name=${sessionState(session, zone.state)} /><span class="soft num">${sessionLine(session)}</span></div>`}
    </div>
    ${session?.progress && html`<${Progress} ...${syncProgress(session)} />`}
    ${session?.reason && html`<${Callout} title=${sentence(session.reason.message)}>${session.reason.next && html`<${Next} text=${session.reason.next} />`}<//>`}
    ${parent && html`<div class="buttons">
      ${part("conflicts", conflicts ? plural(conflicts, "conflict") : "No conflict", conflicts ? "warn" : "")}
      ${part("problems", problems ? plural(problems, "problem") : "No problem", problems ? "warn" : "")}
      ${part("pending", "What differs")}
      ${part("trash", "Trash")}
    </div>`}
    ${parent && open === "conflicts" && html`<${Conflicts} parent=${parent} count=${conflicts} />`}
    ${parent && open === "problems" && html`<${Problems} parent=${parent} count=${problems} />`}
    ${parent && open === "pending" && html`<${Pending} name=${parent} />`}
    ${parent && open === "trash" && html`<${Trash} parent=${parent} />`}
  </section>`;
}

/** @param {any} session */
function syncProgress(session) {
  const p = session.progress;
  const total = Number(p.bytesTotal || p.filesTotal || 0);
  const done = Number(p.bytesTotal ? p.bytesDone || 0 : p.filesDone || 0);
  return { title: sentence(p.phase || "Copying"), detail: sessionLine(session, true), done: total ? done : undefined, of: total || 1 };
}
