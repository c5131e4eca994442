// What the programs of a studio say: as it comes, filtered, or standing still.

import { filtered } from "../core/output.js";
import { state } from "../core/studios.js";
import { raw } from "../core/words.js";
import { html, useEffect, useRef, useState } from "../core/view.js";
import { note } from "../live/doing.js";
import { useOutput } from "../live/running.js";
import { Button, Empty, Refusal, Tick } from "../parts/basics.js";
import { Terminal } from "../parts/terminal.js";

/** @param {{studio: any, who: any, shown: boolean}} props */
export function LogsTab({ studio, who, shown }) {
  const [previous, setPrevious] = useState(false);
  const [wanted, setWanted] = useState("");
  const [paused, setPaused] = useState(/** @type {string[] | null} */ (null));
  const mine = studio.owner === who?.login;
  const request = { name: studio.name, project: studio.project, follow: !previous, previous, lines: 2000 };
  const on = shown && mine && ["running", "starting", "stopping", "failed"].includes(state(studio));
  const { output, failure, ended } = useOutput(on ? "Studios/ReadStudioLogs" : "", request, (message, out) => {
    if (message.data) out.push(raw(message.data));
  }, [studio.uid, on, previous, state(studio) === "starting", studio.restarts]);
  const noted = useRef(false);
  useEffect(() => {
    if (on && !noted.current) note("Studios/ReadStudioLogs", request);
    noted.current = shown;
  }, [on]);
  if (!mine) return html`<${Empty} icon="person" title="Only its owner can read its logs" />`;
  const lines = filtered(paused || output.lines, wanted);
  const missed = paused ? output.lines.length + output.dropped - paused.length : 0;
  return html`
    <div class="filter" role="search">
      <input type="search" aria-label="Show lines with this text" placeholder="Show lines with this text" value=${wanted}
        onInput=${(/** @type {any} */ e) => setWanted(e.currentTarget.value)} />
      <${Button} aria-pressed=${String(Boolean(paused))} onClick=${() => setPaused(paused ? null : [...output.lines])}>
        ${paused ? `Go on${missed > 0 ? ` (${missed} new)` : ""}` : "Pause"}
      <//>
      <${Tick} label="Before the last restart" checked=${previous} onChange=${setPrevious} />
      <span class="soft num" role="status">${wanted ? `${lines.length} of ${output.lines.length} lines` : `${lines.length} lines`}</span>
    </div>
    <${Refusal} failure=${failure} />
    <${Terminal} label=${`Logs of ${studio.name}`} lines=${lines} dropped=${wanted ? 0 : output.dropped} kind="tall" empty=${nothing(wanted, on, ended)} />
  `;
}

/** @param {string} wanted @param {boolean} on @param {boolean} ended */
function nothing(wanted, on, ended) {
  if (wanted) return `No line has “${wanted}”.`;
  if (!on) return "It is stopped; nothing is written.";
  return ended ? "Nothing was written." : "Nothing was written so far.";
}
