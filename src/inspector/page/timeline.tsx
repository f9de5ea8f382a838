import type { ApiAttemptDocument, AttemptDocument, CaptureDocument } from '../api-types.ts';
import { formatMs, formatTime, safe } from './format.ts';
import { HeaderTable } from './header-table.tsx';
import { Outcome } from './outcome.tsx';
import { PayloadView } from './payload-view.tsx';

type Entry =
  | {
      readonly kind: 'received';
      readonly at: string;
      readonly id: string;
      readonly isThis: boolean;
    }
  | { readonly kind: 'attempt'; readonly at: string; readonly attempt: AttemptDocument }
  | { readonly kind: 'api'; readonly at: string; readonly attempt: ApiAttemptDocument };

/** Everything that happened with an event, in order: arrivals, forwards, replays, attempts of the API. */
export function Timeline(props: {
  readonly capture: CaptureDocument;
  readonly apiAttempts: readonly ApiAttemptDocument[];
  readonly onOpen: (id: string) => void;
}) {
  const { capture, apiAttempts, onOpen } = props;
  return (
    <ol class="timeline">
      {toEntries(capture, apiAttempts).map((entry, index) => (
        <li key={index} class={entry.kind}>
          <time dateTime={entry.at}>{formatTime(entry.at)}</time>
          <div>
            {entry.kind === 'received' && (
              <Received entry={entry} answered={capture.answered} onOpen={onOpen} />
            )}
            {entry.kind === 'attempt' && <Attempt attempt={entry.attempt} />}
            {entry.kind === 'api' && (
              <ApiAttempt attempt={entry.attempt} thisId={capture.id} onOpen={onOpen} />
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}

function toEntries(
  { id, receivedAt, repeats, forwards }: CaptureDocument,
  apiAttempts: readonly ApiAttemptDocument[],
): Entry[] {
  const arrivals = repeats.some((it) => it.id === id) ? repeats : [{ id, receivedAt }, ...repeats];
  const entries: Entry[] = [
    ...arrivals.map((it): Entry => {
      return { kind: 'received', at: it.receivedAt, id: it.id, isThis: it.id === id };
    }),
    ...forwards.map((attempt): Entry => ({ kind: 'attempt', at: attempt.at, attempt })),
    ...apiAttempts.map((attempt): Entry => ({ kind: 'api', at: attempt.at, attempt })),
  ];
  return entries.sort((a, b) => a.at.localeCompare(b.at));
}

function Received(props: {
  readonly entry: Extract<Entry, { kind: 'received' }>;
  readonly answered: number | null;
  readonly onOpen: (id: string) => void;
}) {
  const { entry, answered, onOpen } = props;
  if (entry.isThis) {
    return (
      <p>
        received{answered !== null && <span class="dim">{`, the sender got ${answered}`}</span>}
      </p>
    );
  }
  return (
    <p>
      the same event was received as{' '}
      <button type="button" class="link" onClick={() => onOpen(entry.id)}>
        {entry.id}
      </button>
    </p>
  );
}

function Attempt({ attempt }: { readonly attempt: AttemptDocument }) {
  const { kind, url, status, durationMs, error, edited } = attempt;
  const name = `${kind === 'forward' ? 'forwarded to' : 'replayed to'} ${url}`;
  return (
    <>
      <p>
        {kind === 'forward' ? 'forwarded' : 'replayed'}
        {edited && <span class="tag">changed</span>} <Outcome status={status} />{' '}
        <span class="dim">{formatMs(durationMs)}</span>
        <br />
        <span class="dim url">{safe(url)}</span>
      </p>
      {error !== null && <p class="bad">{safe(error)}</p>}
      {status !== null && (
        <details>
          <summary>Answer</summary>
          <HeaderTable headers={attempt.responseHeaders} label={`Answer headers, ${safe(name)}`} />
          <PayloadView bytes={fromBase64(attempt.responseBodyBase64)} label="Answer" />
        </details>
      )}
    </>
  );
}

function ApiAttempt(props: {
  readonly attempt: ApiAttemptDocument;
  readonly thisId: string;
  readonly onOpen: (id: string) => void;
}) {
  const { attempt, thisId, onOpen } = props;
  const { deliveryId, endpoint, status, durationMs, error, state, nextRetryAt, captureId } =
    attempt;
  return (
    <>
      <p>
        {`Relyable's attempt ${attempt.attempt} of ${attempt.maxAttempts} `}
        <Outcome status={status} />{' '}
        {durationMs !== null && <span class="dim">{formatMs(durationMs)}</span>}{' '}
        {state !== 'delivered' && <span class="tag">{STATES[state]}</span>}
        {captureId === thisId && <span class="tag">this capture</span>}
        {captureId !== null && captureId !== thisId && (
          <button type="button" class="link" onClick={() => onOpen(captureId)}>
            {captureId}
          </button>
        )}
        <br />
        <span class="dim url">{safe([deliveryId, endpoint].filter(Boolean).join(' to '))}</span>
      </p>
      {error !== null && <p class="bad">{safe(error)}</p>}
      {nextRetryAt !== null && <p class="dim">{`next attempt ${formatTime(nextRetryAt)}`}</p>}
    </>
  );
}

const STATES = { retrying: 'will be retried', failed: 'given up' } as const;

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
