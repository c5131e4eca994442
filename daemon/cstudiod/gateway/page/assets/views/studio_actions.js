// What a template offers to run, any other command, and what came of them.

import { call } from "../core/connect.js";
import { studioLink } from "../core/routes.js";
import { ending, outcome, ran, typed } from "../core/runs.js";
import { state } from "../core/studios.js";
import { raw, ago, moment, took } from "../core/words.js";
import { html, useEffect, useState } from "../core/view.js";
import { act, note, useDoing } from "../live/doing.js";
import { useAsked, useNow } from "../live/loading.js";
import { useOutput } from "../live/running.js";
import { announce } from "../live/saying.js";
import { Button, Empty, Refusal, State } from "../parts/basics.js";
import { Icon, nearestIcon } from "../parts/icons.js";
import { Terminal } from "../parts/terminal.js";

/** @param {{studio: any, who: any, shown: boolean, detail: string}} props */
export function ActionsTab({ studio, who, shown, detail }) {
  const about = { studio: studio.name, project: studio.project };
  const offered = useAsked(() => call("Actions/ListActions", about), [studio.uid, studio.etag]);
  const history = useAsked(() => call("Actions/ListActionRuns", { ...about, pageSize: 50 }), [studio.uid, studio.stateTime]);
  const [open, setOpen] = useState(detail);
  const doing = useDoing();
  const mine = studio.owner === who?.login;
  const can = state(studio) === "running" && mine;
  const runs = history.value?.runs || [];
  useAgain(history.again, shown && runs.some((/** @type {any} */ one) => outcome(one) === "running"));
  if (shown && detail && detail !== open) setOpen(detail);
  const run = (/** @type {any} */ what) =>
    doing.run(async () => {
      const begun = await act("Actions/RunAction", { ...about, ...what });
      history.again();
      location.hash = studioLink(studio, "actions", begun.id);
    });
  const actions = offered.value?.actions || [];
  return html`
    ${!can && html`<p class="note"><${Icon} name="warn" />${mine ? "Actions run while the studio runs." : "Only its owner can run something in it."}</p>`}
    ${actions.length > 0 && html`<ul class="tiles" aria-label="Actions">
      ${actions.map((/** @type {any} */ one) => html`<${Tile} key=${one.name} action=${one} can=${can} busy=${doing.busy} run=${() => run({ action: one.name })} />`)}
    </ul>`}
    ${offered.value && !actions.length && html`<p class="note soft">Its template offers no action; any command can be run below.</p>`}
    <${Send} can=${can} busy=${doing.busy} send=${(/** @type {string} */ text) => run({ command: typed(text) })} />
    <${Refusal} failure=${doing.failure || offered.failure} />
    ${open && shown && html`<${Run} key=${open} id=${open} mine=${mine} known=${runs.find((/** @type {any} */ one) => one.id === open)} onEnd=${history.again} />`}
    <${History} runs=${runs} open=${open} studio=${studio} failure=${history.failure} />
  `;
}

/** @param {() => void} again @param {boolean} wanted */
function useAgain(again, wanted) {
  useEffect(() => {
    if (!wanted) return undefined;
    const timer = setInterval(again, 3000);
    return () => clearInterval(timer);
  }, [wanted]);
}

/** @param {{action: any, can: boolean, busy: boolean, run: () => void}} props */
function Tile({ action, can, busy, run }) {
  return html`<li><button type="button" class="tile" disabled=${!can} aria-busy=${busy ? "true" : undefined} onClick=${run}>
    <span class="tile-icon"><${Icon} name=${nearestIcon(action.icon || action.name)} /></span>
    <span class="tile-words"><strong>${action.label || action.name}</strong>
      <span class="soft">${action.description || html`<code class="cut">${action.command}</code>`}</span></span>
  </button></li>`;
}

/** @param {{can: boolean, busy: boolean, send: (text: string) => void}} props */
function Send({ can, busy, send }) {
  const [text, setText] = useState("");
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (text.trim()) send(text);
  };
  return html`<form class="send" onSubmit=${submit}>
    <label for="send-command">Send a command</label>
    <input id="send-command" class="mono" autocomplete="off" spellcheck=${false} placeholder="ls -la" value=${text} disabled=${!can}
      onInput=${(/** @type {any} */ e) => setText(e.currentTarget.value)} />
    <button type="submit" class="button" disabled=${!can} aria-busy=${busy ? "true" : undefined}><${Icon} name="play" />Run</button>
  </form>`;
}

/** One run: its output, how it ended, and ending it. @param {{id: string, mine: boolean, known: any, onEnd: () => void}} props */
function Run({ id, mine, known, onEnd }) {
  const [last, setLast] = useState(/** @type {any} */ (null));
  const doing = useDoing();
  const { output, failure } = useOutput(mine ? "Actions/FollowActionRun" : "", { id }, (message, out) => {
    if (message.stdout) out.push(raw(message.stdout));
    if (message.stderr) out.push(raw(message.stderr));
    if (message.run) {
      setLast(message.run);
      announce(`${message.run.action || "The command"}: ${ending(message.run)}`);
      onEnd();
    }
  }, [id]);
  const run = last || known || { id, state: "STATE_RUNNING" };
  const going = outcome(run) === "running";
  const now = useNow(1000);
  return html`<section class="card run" aria-label=${`Run ${id}`}>
    <div class="run-head">
      <${State} name=${outcome(run)} />
      <code class="grow cut">${ran(run)}</code>
      <span class="soft num">${going ? took(run.startTime, undefined, now) : `${ending(run)} · ${took(run.startTime, run.endTime, now)}`}</span>
      ${going && html`<${Button} kind="small" icon="stop" busy=${doing.busy} onClick=${() => doing.run(() => act("Actions/CancelActionRun", { id }))}>Cancel<//>`}
    </div>
    <${Refusal} failure=${failure || doing.failure} />
    <${Terminal} label=${`Output of ${id}`} lines=${output.lines} dropped=${output.dropped} empty=${going ? "Nothing was written so far." : "It wrote nothing."} />
  </section>`;
}

/** @param {{runs: any[], open: string, studio: any, failure: any}} props */
function History({ runs, open, studio, failure }) {
  const now = useNow(10_000);
  if (failure) return html`<${Refusal} failure=${failure} />`;
  if (!runs.length) return html`<${Empty} icon="clock" title="Nothing ran so far"><p>Every run is kept here with its output.</p><//>`;
  return html`<section><h2>History</h2><ul class="list">
    ${runs.map((run) => html`<li key=${run.id} class=${`list-row ${run.id === open ? "current" : ""}`}>
      <${State} name=${outcome(run)} />
      <a class="grow cut" href=${studioLink(studio, "actions", run.id)} onClick=${() => note("Actions/FollowActionRun", { id: run.id })}>
        ${run.action || html`<code>${ran(run)}</code>`}</a>
      <span class="soft">${run.requester}</span>
      <span class="soft num">${outcome(run) === "running" ? "" : ending(run)}</span>
      <span class="soft num" title=${moment(run.startTime)}>${ago(run.startTime, now)}</span>
    </li>`)}
  </ul></section>`;
}
