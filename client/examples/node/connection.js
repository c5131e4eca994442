// Finds the daemon's socket and its contract: all that an extension needs.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const PROTO_ROOT = process.env.CSTUDIO_PROTO ?? path.join(HERE, "..", "..", "..", "proto");

// The daemon is started by `cstudio daemon start`; `cstudio daemon status -o json`
// says where its socket is, whatever the platform and the settings are.
export function socketPath() {
  if (process.env.CSTUDIO_SOCKET) return process.env.CSTUDIO_SOCKET;
  if (process.env.XDG_RUNTIME_DIR) {
    return path.join(process.env.XDG_RUNTIME_DIR, "cstudio", "cstudiod.sock");
  }
  const state = process.env.XDG_STATE_HOME ?? path.join(os.homedir(), ".local", "state");
  return path.join(state, "cstudio", "run", "cstudiod.sock");
}

// A client of `service SyncSessions`, made from the .proto files at run time.
export function connect() {
  const socket = socketPath();
  if (!fs.existsSync(socket)) {
    throw new Error(`no daemon at ${socket}; type: cstudio daemon start`);
  }
  const definition = protoLoader.loadSync("cstudio_api/v1/sync_sessions.proto", {
    includeDirs: [PROTO_ROOT],
    enums: String,
    longs: Number,
    defaults: true,
    oneofs: true,
  });
  const { SyncSessions } = grpc.loadPackageDefinition(definition).cstudio.v1;
  return new SyncSessions(`unix:${socket}`, grpc.credentials.createInsecure());
}

// Calls a method and returns a promise; a failure carries the daemon's `reason`.
export function call(client, method, request) {
  return new Promise((resolve, reject) => {
    const deadline = new Date(Date.now() + 15_000);
    client[method](request, { deadline }, (error, answer) => {
      if (error) reject(explained(error));
      else resolve(answer);
    });
  });
}

// Every failure has one google.rpc.ErrorInfo in `grpc-status-details-bin`. Its
// reason is an identifier in capitals, so that it can be found without the
// googleapis protos: branch on it, never on the message.
function explained(error) {
  const [details] = error.metadata?.get("grpc-status-details-bin") ?? [];
  const info = details ? Buffer.from(details).toString("latin1") : "";
  const [, rest = ""] = info.split("google.rpc.ErrorInfo");
  const [reason] = rest.match(/[A-Z][A-Z_]{3,}/) ?? [];
  return Object.assign(new Error(error.details), { reason: reason ?? grpc.status[error.code] });
}
