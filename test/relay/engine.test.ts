import { describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../src/relay/engine.ts';
import { hasNats, startNats } from '../support/nats.ts';
import { connect } from './relay-world.ts';

describe.skipIf(!hasNats)('a connection to nats-server', () => {
  it('is opened again at once after the machine slept; a clock that is set back changes nothing', async () => {
    const nats = await startNats();
    const clock = { ms: 1e12, readings: 0 };
    const now = (): number => {
      clock.readings += 1;
      return clock.ms;
    };
    const engine = await connect(nats, {}, { now, random: () => 0 });
    const events: EngineEvent[] = [];
    engine.onEvent((event) => events.push(event));
    const clients = engine.connection.info?.client_id;
    clock.ms -= 3_600_000;
    const { readings } = clock;
    await expect.poll(() => clock.readings).toBeGreaterThan(readings + 1);
    expect(events).toEqual([]);
    clock.ms += 3_600_000;
    await expect.poll(() => events.map(({ type }) => type)).toEqual(['down', 'up']);
    const gapMs = (events[1] as { gapMs?: number }).gapMs ?? 0;
    expect(gapMs).toBeGreaterThanOrEqual(3_600_000);
    expect(engine.connection.info?.client_id).not.toBe(clients);
    expect(engine.isUp).toBe(true);
  });

  it('is given up after --max-reconnect, with the reason', async () => {
    const nats = await startNats();
    const engine = await connect(nats, { maxReconnectMs: 50 });
    await nats.kill();
    expect(await engine.givenUp).not.toBe('the connection was closed');
    expect(engine.isUp).toBe(false);
    const other = await startNats();
    const patient = await connect(other, { maxReconnectMs: 60_000 });
    const events: EngineEvent[] = [];
    patient.onEvent((event) => events.push(event));
    await other.kill();
    await other.start();
    await expect.poll(() => events.at(-1)?.type).toBe('up');
    expect(events.at(-1)).toMatchObject({ gapMs: expect.any(Number) });
  });
});
