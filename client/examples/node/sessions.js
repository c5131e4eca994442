// Lists, watches, pauses and resumes sync sessions:
//
//   node sessions.js list
//   node sessions.js watch [NAME]
//   node sessions.js pause NAME
//   node sessions.js resume NAME

import { call, connect } from "./connection.js";

const PREFIX = "syncSessions/";
const USAGE = 2;

const commands = {
  async list(client) {
    let pageToken = "";
    do {
      const page = await call(client, "listSyncSessions", { pageToken });
      page.syncSessions.forEach((session) => console.log(line(session)));
      pageToken = page.nextPageToken;
    } while (pageToken);
  },

  // First everything, then `synced`, then what changes. The token of the last
  // event is where to go on after the daemon was restarted.
  async watch(client, name) {
    let resumeToken = "";
    for (;;) {
      try {
        const request = { name: name ? PREFIX + name : "", resumeToken };
        for await (const event of client.watchSyncSessions(request)) {
          resumeToken = event.resumeToken;
          if (event.upserted) console.log(line(event.upserted));
          if (event.deleted) console.log(`${short(event.deleted)} is gone`);
          if (event.synced) console.log("-- that is all there is; now what changes");
        }
      } catch (error) {
        if (error.details?.includes("resume token")) resumeToken = "";
        else if (error.code !== 14) throw error; // 14: UNAVAILABLE, nobody there for now
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  },

  async pause(client, name) {
    console.log(line(await call(client, "pauseSyncSession", { name: PREFIX + name })));
  },

  async resume(client, name) {
    console.log(line(await call(client, "resumeSyncSession", { name: PREFIX + name })));
  },
};

function short(name) {
  return name.slice(PREFIX.length);
}

function line(session) {
  const state = session.state.replace("STATE_", "").toLowerCase();
  const why = session.reason ? `: ${session.reason.message}` : "";
  return `${short(session.name)}  ${state}  ${session.localRoot} <-> ${session.target.text}${why}`;
}

const [verb, name] = process.argv.slice(2);
if (!(verb in commands) || (!name && ["pause", "resume"].includes(verb))) {
  console.error("usage: node sessions.js list | watch [NAME] | pause NAME | resume NAME");
  process.exit(USAGE);
}
let client;
try {
  client = connect();
  await commands[verb](client, name);
} catch (error) {
  console.error(`error: ${error.message}${error.reason ? ` (${error.reason})` : ""}`);
  process.exitCode = 1;
} finally {
  client?.close();
}
