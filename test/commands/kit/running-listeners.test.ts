import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  announceListener,
  findListener,
  LISTENER_SERVICE,
  readPublicAddress,
} from '../../../src/commands/kit/running-listeners.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { temporaryFolder } from '../../support/cli.ts';

function startListener(): Promise<TestApp> {
  return startApp((response) =>
    response.end(JSON.stringify({ type: 'health', v: 1, service: LISTENER_SERVICE })),
  );
}

describe('the registry of running listeners', () => {
  it('finds the newest one that answers', async () => {
    const folder = temporaryFolder();
    const [older, newer] = [await startListener(), await startListener()];
    announceListener(folder, {
      url: newer.url,
      pid: 2,
      startedAt: '2026-01-02T00:00:00.000Z',
      publicAddress: null,
    });
    announceListener(folder, {
      url: older.url,
      pid: 1,
      startedAt: '2026-01-01T00:00:00.000Z',
      publicAddress: null,
    });
    expect((await findListener(folder))?.url).toBe(newer.url);
    await newer.close();
    expect((await findListener(folder))?.url).toBe(older.url);
    await older.close();
    expect(await findListener(folder)).toBeUndefined();
    expect(readdirSync(join(folder, 'listeners'))).toHaveLength(2);
  });

  it('passes over another program that took the port', async () => {
    const folder = temporaryFolder();
    const other = await startApp((response) => response.end('{"service":"another"}'));
    announceListener(folder, {
      url: other.url,
      pid: 1,
      startedAt: '2026-01-01T00:00:00.000Z',
      publicAddress: null,
    });
    expect(await findListener(folder)).toBeUndefined();
  });

  it('passes over files that are not whole', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'listeners'));
    for (const [port, text] of [
      '',
      'null',
      '{"url":"file:///etc"}',
      '{"url":1,"pid":2}',
    ].entries()) {
      writeFileSync(join(folder, 'listeners', `${port}.json`), text);
    }
    expect(await findListener(folder)).toBeUndefined();
  });

  it('takes away only its own announcement', () => {
    const folder = temporaryFolder();
    const info = {
      url: 'http://127.0.0.1:4400',
      startedAt: '2026-01-01T00:00:00.000Z',
      publicAddress: null,
    };
    const first = announceListener(folder, { ...info, pid: 1 });
    const second = announceListener(folder, { ...info, pid: 2 });
    first.withdraw();
    expect(readdirSync(join(folder, 'listeners'))).toEqual(['4400.json']);
    second.withdraw();
    expect(readdirSync(join(folder, 'listeners'))).toEqual([]);
  });

  it('tells the public address as it is now, and only its own', async () => {
    const folder = temporaryFolder();
    const { url } = await startListener();
    const info = { url, startedAt: '2026-01-01T00:00:00.000Z', publicAddress: null };
    const announcement = announceListener(folder, { ...info, pid: 1 });
    expect(readPublicAddress(folder, url)).toBeNull();
    const address = { url: 'https://a.example/', provider: 'ngrok', isUp: true, message: null };
    announcement.showPublicAddress(address);
    expect(readPublicAddress(folder, url)).toEqual(address);
    expect((await findListener(folder))?.publicAddress).toEqual(address);
    announceListener(folder, { ...info, pid: 2 });
    announcement.showPublicAddress(address);
    expect(readPublicAddress(folder, url)).toBeNull();
  });

  it('reads what an earlier version announced', async () => {
    const folder = temporaryFolder();
    const { url } = await startListener();
    mkdirSync(join(folder, 'listeners'));
    const earlier = { url, pid: 1, startedAt: '2026-01-01T00:00:00.000Z' };
    writeFileSync(join(folder, 'listeners', '4400.json'), JSON.stringify(earlier));
    expect(await findListener(folder)).toEqual({ ...earlier, publicAddress: null });
  });

  it('does not throw where it cannot write', () => {
    const folder = join(temporaryFolder(), 'a-file');
    writeFileSync(folder, '');
    announceListener(folder, {
      url: 'http://127.0.0.1:4400',
      pid: 1,
      startedAt: '2026-01-01T00:00:00.000Z',
      publicAddress: null,
    }).withdraw();
  });
});
