// The code that all benches share: cases run in turn, medians, and one line per claim.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

export const ROOT = resolve(import.meta.dirname, '..');
export const BIN = join(ROOT, 'bin/relyable.js');

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Runs every case once per round, in turn, so that what disturbs the machine disturbs all alike.
 * Each case returns its figure (ms, requests per second, …).
 *
 * @param {Record<string, () => number | Promise<number>>} cases
 * @param {{ rounds?: number, warmUps?: number }} [options]
 * @returns {Promise<Record<string, { median: number, values: number[] }>>}
 */
export async function interleave(cases, { rounds = 15, warmUps = 2 } = {}) {
  /** @type {Record<string, number[]>} */
  const values = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let round = -warmUps; round < rounds; round++) {
    for (const [name, run] of Object.entries(cases)) {
      const value = await run();
      if (round >= 0) values[name].push(value);
    }
  }
  return Object.fromEntries(
    Object.entries(values).map(([name, all]) => [name, { median: median(all), values: all }]),
  );
}

/** The median of the ratios taken round by round, which cancels what slowed a whole round. */
export function medianRatio(result, baseline) {
  return median(result.values.map((value, round) => value / baseline.values[round]));
}

let missed = 0;

/**
 * Prints `name  median  ratio  target  ok|MISS`.
 *
 * @param {{ name: string, median: number, unit: string, ratio?: number, atMost?: number, atLeast?: number }} claim
 *   `atMost` or `atLeast` is the target; of the ratio, or of the median where there is no ratio.
 */
export function printClaim({ name, median: value, unit, ratio, atMost, atLeast }) {
  const judged = ratio ?? value;
  const isMet =
    (atMost === undefined || judged <= atMost) && (atLeast === undefined || judged >= atLeast);
  if (!isMet) missed += 1;
  const hasTarget = atMost !== undefined || atLeast !== undefined;
  const target = atMost === undefined ? `>= ${atLeast}` : `<= ${atMost}`;
  console.log(
    [
      name.padEnd(52),
      `${value >= 1000 ? Math.round(value) : value.toPrecision(3)} ${unit}`.padStart(12),
      (ratio === undefined ? '' : `${ratio.toFixed(2)}x`).padStart(8),
      (hasTarget ? target : ratio === undefined ? 'baseline' : '').padStart(10),
      hasTarget ? (isMet ? 'ok' : 'MISS') : '',
    ]
      .join('  ')
      .trimEnd(),
  );
}

/** The number of claims that were not met so far. */
export function missedClaims() {
  return missed;
}

const homes = [];
process.on('exit', () => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

/** A home folder for the measured programs, removed when the bench ends. */
export function createHome() {
  const home = mkdtempSync(join(tmpdir(), 'relyable-bench-'));
  homes.push(home);
  return home;
}

/** The environment of a user with that home and none of our variables set. */
export function environment(home, extra = {}) {
  return {
    PATH: process.env.PATH,
    HOME: home,
    USERPROFILE: home,
    APPDATA: home,
    LOCALAPPDATA: home,
    RELYABLE_WEBHOOK_SECRET: 'whsec_bench',
    ...extra,
  };
}

/**
 * Wall-clock ms of a whole Node process, from spawn to exit; throws when it does not exit 0.
 *
 * @param {readonly string[]} args
 * @param {{ home: string, env?: Record<string, string> }} options
 */
export function timeProcess(args, { home, env }) {
  return new Promise((resolvePromise, reject) => {
    const startedAt = performance.now();
    const child = spawn(process.execPath, args, {
      cwd: home,
      env: environment(home, env),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('exit', (code) => {
      const durationMs = performance.now() - startedAt;
      if (code === 0) resolvePromise(durationMs);
      else reject(new Error(`node ${args.join(' ')} ended with ${code}: ${stderr}`));
    });
  });
}

/**
 * Starts a Node process and resolves once it printed a line that is JSON and passes the test:
 * `{ child, line, stop, ended }`, the last two resolving with the exit code.
 *
 * @param {readonly string[]} args
 * @param {{ home: string, env?: Record<string, string>, ready?: (line: any) => boolean }} options
 */
export function startProcess(args, { home, env, ready = () => true }) {
  return new Promise((resolvePromise, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: home,
      env: environment(home, env),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const kill = () => child.kill('SIGKILL');
    process.on('exit', kill);
    child.on('error', reject);
    const ended = new Promise((done) => {
      child.on('exit', (code) => {
        process.off('exit', kill);
        // No effect after the line was read.
        reject(new Error(`node ${args.join(' ')} ended with ${code}`));
        done(code);
      });
    });
    const stop = () => {
      child.kill('SIGTERM');
      return ended;
    };
    createInterface({ input: child.stdout }).on('line', (text) => {
      let line;
      try {
        line = JSON.parse(text);
      } catch {
        return;
      }
      if (ready(line)) resolvePromise({ child, line, stop, ended });
    });
  });
}

/** A trivial app in a process of its own that answers 200 to everything: `{ url, stop }`. */
export async function startApp(home) {
  const { line, stop } = await startProcess([join(ROOT, 'bench/app.mjs')], { home });
  return { url: line.url, stop };
}

/** The load generator as a function: one run, its result. */
export async function startLoad(home) {
  const { child, stop } = await startProcess([join(ROOT, 'bench/load.mjs')], { home });
  const waiting = [];
  createInterface({ input: child.stdout }).on('line', (line) =>
    waiting.shift()?.(JSON.parse(line)),
  );
  let first = 0;
  const run = (settings) =>
    new Promise((resolve) => {
      waiting.push(resolve);
      child.stdin.write(`${JSON.stringify({ ...settings, first })}\n`);
      first += settings.count;
    });
  return { run, stop };
}

/** `listen` in front of an app, its output to nowhere: `{ url, child, stop }`. */
export async function startListen(home, target, extra = []) {
  const readyFile = join(home, `ready-${listeners++}`);
  const args = ['webhooks', 'listen', '--port', '0', '--forward-to', target];
  const child = spawn(process.execPath, [BIN, ...args, '--ready-file', readyFile, ...extra], {
    cwd: home,
    env: environment(home),
    stdio: 'ignore',
  });
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  const ended = new Promise((resolve) => child.on('exit', resolve));
  void ended.then(() => process.off('exit', kill));
  while (!existsSync(readyFile)) await new Promise((resolve) => setTimeout(resolve, 10));
  const stop = async () => {
    child.kill('SIGINT');
    await ended;
  };
  return { url: readFileSync(readyFile, 'utf8').trim(), child, stop };
}

let listeners = 0;

/** Clock ticks in a second, in which /proc counts (fixed by Linux's ABI). */
const TICKS = 100;

/** Processor time a process has used so far, ms; on Linux only. */
export function processorMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
}

/** Resolves once a process has had nothing to do for a tenth of a second. */
export async function whenIdle(pid) {
  for (let before = -1, now = processorMs(pid); now !== before;) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 100));
    now = processorMs(pid);
  }
}

/** Resident memory of a process, MB; from /proc, so on Linux only. */
export const residentMb = (pid) => memoryMb(pid, 'VmRSS');

/** The peak of the process's resident memory so far, MB; on Linux only. */
export const peakMb = (pid) => memoryMb(pid, 'VmHWM');

function memoryMb(pid, field) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
}
