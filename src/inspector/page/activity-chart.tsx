import type { ActivityDocument } from '../api-types.ts';
import { formatMinute, formatMs } from './format.ts';

type Bucket = ActivityDocument['buckets'][number];

const WIDTH = 600;
const HEIGHT = 56;
/** The chart ends with the newest interval and goes back this many. */
const SHOWN = 60;

/**
 * Events and answer times by interval. Failures are hatched and marked, so that they can be recognised
 * without colour; each interval has its numbers as a text.
 */
export function ActivityChart({ activity }: { readonly activity: ActivityDocument }) {
  const buckets = toIntervals(activity);
  const first = buckets[0];
  const last = buckets.at(-1);
  if (first === undefined || last === undefined) return null;
  const minutes = activity.bucketMs / 60_000;
  const unit = minutes === 1 ? 'minute' : `${minutes} minutes`;
  return (
    <div class="charts">
      <Bars buckets={buckets} title={`Events per ${unit}`} />
      <Durations buckets={buckets} title="Mean answer time" />
      <p class="axis dim">
        <span>{formatMinute(first.start)}</span>
        <span>{formatMinute(last.start)}</span>
      </p>
    </div>
  );
}

/** The last intervals, those without events included. */
function toIntervals({ buckets, bucketMs }: ActivityDocument): Bucket[] {
  const last = buckets.at(-1);
  if (last === undefined) return [];
  const known = new Map(buckets.map((bucket) => [Date.parse(bucket.start), bucket]));
  const end = Date.parse(last.start);
  return Array.from({ length: SHOWN }, (_, index) => {
    const start = end - (SHOWN - 1 - index) * bucketMs;
    return known.get(start) ?? emptyBucket(start);
  });
}

function emptyBucket(start: number): Bucket {
  const counts = { received: 0, invalid: 0, failed: 0, meanMs: null, maxMs: null };
  return { start: new Date(start).toISOString(), ...counts };
}

const STEP = WIDTH / SHOWN;

function Bars({ buckets, title }: { readonly buckets: readonly Bucket[]; readonly title: string }) {
  const most = Math.max(1, ...buckets.map(({ received }) => received));
  const troubles = buckets.reduce((sum, it) => sum + it.failed + it.invalid, 0);
  const total = buckets.reduce((sum, it) => sum + it.received, 0);
  const height = (count: number): number => (count / most) * (HEIGHT - 8);
  return (
    <figure>
      <figcaption>
        {title} <span class="dim">{`${total}, ${troubles} failed or invalid, most ${most}`}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}: ${total} events, ${troubles} failed or invalid`}
      >
        {buckets.map(({ start, received, failed, invalid }, index) => {
          const bad = Math.min(received, failed + invalid);
          const x = index * STEP + 1;
          return (
            <g key={start}>
              <title>{`${formatMinute(start)}: ${received} received, ${bad} failed or invalid`}</title>
              <rect
                class="bar"
                x={x}
                width={STEP - 2}
                y={HEIGHT - height(received)}
                height={height(received)}
              />
              <rect
                class="bar-bad"
                x={x}
                width={STEP - 2}
                y={HEIGHT - height(bad)}
                height={height(bad)}
              />
              {bad > 0 && (
                <path
                  class="mark"
                  d={`M${x + STEP / 2 - 1} ${HEIGHT - height(received) - 6}l3 5h-6z`}
                />
              )}
            </g>
          );
        })}
      </svg>
    </figure>
  );
}

function Durations({
  buckets,
  title,
}: {
  readonly buckets: readonly Bucket[];
  readonly title: string;
}) {
  const known = buckets.flatMap(({ meanMs }) => (meanMs === null ? [] : [meanMs]));
  if (known.length === 0) return null;
  const most = Math.max(...known, 1);
  const points = buckets.flatMap(({ meanMs }, index) =>
    meanMs === null
      ? []
      : [[index * STEP + STEP / 2, HEIGHT - 4 - (meanMs / most) * (HEIGHT - 10)] as const],
  );
  const path = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('');
  const slowest = Math.max(...buckets.map(({ maxMs }) => maxMs ?? 0));
  return (
    <figure>
      <figcaption>
        {title} <span class="dim">{`up to ${formatMs(most)}, slowest ${formatMs(slowest)}`}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}: at most ${formatMs(most)}, the slowest answer took ${formatMs(slowest)}`}
      >
        <path class="line" d={path} />
        {points.map(([x, y]) => (
          <rect key={x} class="dot" x={x - 2} y={y - 2} width={4} height={4} />
        ))}
      </svg>
    </figure>
  );
}
