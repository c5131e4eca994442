"""Python in VS Code where no gallery of extensions is reached: a small built-in extension.

Code environments are interpreters (the status bar shows the chosen one and changes it) and run
under debugpy, which is in each of them. Where somebody installed Microsoft's extensions for
Python, it leaves everything to those.

Formats: documentation of VS Code, "Extension manifest", "Contribution points", "Debugger
extension"; debugpy speaks the Debug Adapter Protocol on stdin and stdout of `debugpy.adapter`.
"""

from __future__ import annotations

import json

FOLDER = "cstudio-python"


def files() -> dict[str, str]:
    """Return the extension's files, by name."""
    return {"package.json": json.dumps(_MANIFEST, indent=1) + "\n", "extension.js": _PROGRAM}


_TEXT = {"type": "string"}
_LAUNCH = {
    "program": {**_TEXT, "description": "The file to run."},
    "module": {**_TEXT, "description": "The module to run, in place of a file."},
    "python": {**_TEXT, "description": "The interpreter; default: the chosen one."},
    "args": {"type": "array", "items": _TEXT, "description": "Arguments of the program."},
    "cwd": {**_TEXT, "description": "The folder to run in."},
    "env": {"type": "object", "description": "More environment variables."},
    "console": {"enum": ["integratedTerminal", "internalConsole"]},
    "justMyCode": {"type": "boolean", "description": "Leave out what is installed."},
    "stopOnEntry": {"type": "boolean", "description": "Stop at the first line."},
}

_MANIFEST = {
    "name": FOLDER,
    "displayName": "Code environments",
    "description": "Code environments of the template: interpreters, and debugging.",
    "publisher": "cstudio",
    "version": "1.0.0",
    "engines": {"vscode": "^1.60.0"},
    "extensionKind": ["workspace"],
    "main": "./extension.js",
    "activationEvents": ["onLanguage:python", "onDebugResolve:debugpy"],
    "contributes": {
        "breakpoints": [{"language": "python"}],
        "commands": [{"command": "cstudio.interpreter", "title": "Python: Select Interpreter"}],
        "configuration": {
            "title": "Code environments",
            "properties": {
                "python.defaultInterpreterPath": {
                    **_TEXT,
                    "default": "python3",
                    "description": "The interpreter of terminals and of debugging.",
                },
                "python.venvPath": {
                    **_TEXT,
                    "default": "",
                    "description": "Folder whose virtual environments can be chosen.",
                },
            },
        },
        "debuggers": [
            {
                "type": "debugpy",
                "label": "Python",
                "languages": ["python"],
                "configurationAttributes": {
                    "launch": {"properties": _LAUNCH},
                    "attach": {"properties": {"connect": {"type": "object"}}},
                },
            }
        ],
    },
}

_PROGRAM = """\
"use strict";

const fs = require("fs");
const path = require("path");
const vscode = require("vscode");

const FULL = ["ms-python.python", "ms-python.debugpy"];

function setting(name) {
  return vscode.workspace.getConfiguration("python").get(name) || "";
}

function interpreter() {
  return setting("defaultInterpreterPath") || "python3";
}

function folderOf(python) {
  return path.dirname(path.dirname(python));
}

function environments() {
  const folder = setting("venvPath");
  if (!folder || !fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder)
    .map((name) => path.join(folder, name, "bin", "python"))
    .filter((python) => fs.existsSync(python));
}

async function choose() {
  const items = environments().map((python) => ({
    label: path.basename(folderOf(python)),
    description: python,
  }));
  const chosen = await vscode.window.showQuickPick(items, { title: "Select Interpreter" });
  if (!chosen) return;
  await vscode.workspace
    .getConfiguration("python")
    .update("defaultInterpreterPath", chosen.description, vscode.ConfigurationTarget.Workspace);
}

function setTerminals(variables, python) {
  variables.clear();
  if (!path.isAbsolute(python)) return;
  variables.prepend("PATH", `${path.dirname(python)}:`);
  variables.replace("VIRTUAL_ENV", folderOf(python));
}

function currentFile() {
  return {
    name: "Python: current file",
    type: "debugpy",
    request: "launch",
    program: "${file}",
    console: "integratedTerminal",
  };
}

const debugging = {
  resolveDebugConfiguration: (folder, asked) => ({
    ...(folder && { cwd: folder.uri.fsPath }),
    ...(asked.type ? asked : currentFile()),
  }),
  createDebugAdapterDescriptor: ({ configuration }) =>
    new vscode.DebugAdapterExecutable(configuration.python || interpreter(), [
      "-m",
      "debugpy.adapter",
    ]),
};

exports.activate = ({ subscriptions, environmentVariableCollection }) => {
  if (FULL.some((id) => vscode.extensions.getExtension(id))) {
    environmentVariableCollection.clear();
    return;
  }
  const bar = vscode.window.createStatusBarItem("python", vscode.StatusBarAlignment.Right, 100);
  bar.name = "Python interpreter";
  bar.command = "cstudio.interpreter";
  const show = () => {
    const python = interpreter();
    bar.text = `Python: ${path.basename(folderOf(python)) || python}`;
    bar.tooltip = python;
    const editor = vscode.window.activeTextEditor;
    if (editor && editor.document.languageId === "python") bar.show();
    else bar.hide();
  };
  const changed = (event) => {
    if (!event.affectsConfiguration("python")) return;
    setTerminals(environmentVariableCollection, interpreter());
    show();
  };
  subscriptions.push(
    bar,
    vscode.commands.registerCommand("cstudio.interpreter", choose),
    vscode.window.onDidChangeActiveTextEditor(show),
    vscode.workspace.onDidChangeConfiguration(changed),
    vscode.debug.registerDebugConfigurationProvider("debugpy", debugging),
    vscode.debug.registerDebugAdapterDescriptorFactory("debugpy", debugging)
  );
  setTerminals(environmentVariableCollection, interpreter());
  show();
};
"""
