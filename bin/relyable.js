#!/usr/bin/env node
'use strict';

// One file, because each further file adds a third of a millisecond to every start.

const {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} = require('node:fs');
const { homedir } = require('node:os');
const { basename, dirname, join, resolve } = require('node:path');
const { Script } = require('node:vm');

const PROGRAM = join(__dirname, '../dist/main.cjs');

if (existsSync(PROGRAM)) {
  const { load, save } = createLoader();
  const { main, systemContext } = load(PROGRAM);
  void (async () => {
    process.exitCode = await main(systemContext(() => import('open'), save));
    save();
  })();
} else {
  process.stderr.write(
    `error: this copy of relyable is not built: run "npm ci" in ${resolve(__dirname, '..')}\n`,
  );
  process.exitCode = 2;
}

/**
 * Loads the program. `load(file)` is `require` with the compiled code of an earlier run; `save()` stores the
 * compiled code of this run for the next. Node has such a cache since 22.1. For older versions, this is the
 * part of it that our own files need.
 */
function createLoader() {
  const folder = codeFolder();
  if (folder === undefined) return { load: require, save: () => undefined };
  if (Number.parseInt(process.versions.node, 10) < 22) return createOwnLoader(folder);
  try {
    makeFolder(folder);
    require('node:module').enableCompileCache?.(folder);
  } catch {
    // Without the cache the program starts slower, but it starts.
  }
  return { load: require, save: () => undefined };
}

/**
 * A folder below the user's cache folder (`paths.cache` of the context). Not in the temporary folder, which is
 * Node's default: other users may write there, and could replace the code that we run.
 */
function codeFolder() {
  const { env, platform, version, arch } = process;
  if (env.NODE_DISABLE_COMPILE_CACHE) return undefined;
  const code = join('code', `${version}-${arch}`);
  if (platform === 'darwin') return join(homedir(), 'Library/Caches/relyable', code);
  if (platform === 'win32') {
    return join(env.LOCALAPPDATA || join(homedir(), 'AppData/Local'), 'relyable/Cache', code);
  }
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'relyable', code);
}

function createOwnLoader(folder) {
  const modules = new Map();
  const uncached = [];
  let isSaved = false;
  const head = Buffer.from('(function (exports, require, module, __filename, __dirname) {');
  const tail = Buffer.from('\n})');

  const compile = (file) => {
    // Joined as bytes. Joining strings would copy the code again, which is enough to start a garbage collection.
    const source = Buffer.concat([head, readFileSync(file), tail]);
    const entry = join(folder, basename(file));
    const cachedData = readEntry(entry, source);
    const script = new Script(source.toString(), { filename: file, cachedData });
    if (!isSaved && (cachedData === undefined || script.cachedDataRejected)) {
      uncached.push({ entry, source, script });
    }
    return script.runInThisContext();
  };

  const load = (file) => {
    const known = modules.get(file);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    modules.set(file, module);
    const folder = dirname(file);
    const requireHere = (id) => (id.startsWith('.') ? load(resolve(folder, id)) : require(id));
    try {
      compile(file)(module.exports, requireHere, module, file, folder);
    } catch (error) {
      // A second attempt must fail like the first.
      modules.delete(file);
      throw error;
    }
    return module.exports;
  };

  const save = () => {
    // Code that is compiled later may be compiled under other flags.
    if (isSaved) return;
    isSaved = true;
    try {
      for (const { entry, source, script } of uncached.splice(0)) {
        makeFolder(folder);
        writeEntry(entry, Buffer.concat([source, script.createCachedData()]));
      }
    } catch {
      // Without the cache the program starts slower, but it starts.
    }
  };
  return { load, save };
}

/** Creates folders one by one. Node's recursive `mkdir` never returns where the system reports a new folder as missing, as /proc does. */
function makeFolder(folder) {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process may have created it.
    if (error.code !== 'EEXIST') throw error;
  }
}

/**
 * V8's data for exactly this source; the file has the source first, then the data. undefined if there is none.
 * V8 itself refuses data of another version or of other flags, and data that is cut short.
 */
function readEntry(entry, source) {
  try {
    const kept = readFileSync(entry);
    if (source.equals(kept.subarray(0, source.length))) return kept.subarray(source.length);
  } catch {
    // There is no file, or it cannot be read.
  }
  return undefined;
}

function writeEntry(entry, content) {
  const draft = `${entry}.${process.pid}`;
  try {
    writeFileSync(draft, content, { mode: 0o600 });
    // Renamed into place, so that another process sees the whole entry or none.
    renameSync(draft, entry);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
