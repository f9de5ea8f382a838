import { useState } from 'preact/hooks';
import type { AttemptsDocument, CaptureDocument } from '../api-types.ts';
import { getJson } from './api.ts';
import { formatCount, safe } from './format.ts';
import { Timeline } from './timeline.tsx';
import { type Loaded, useLoaded } from './use-loaded.ts';

/** The timeline of a capture's event, with the attempts of the API where one is configured. */
export function EventTimeline(props: {
  readonly capture: CaptureDocument;
  readonly hasApi: boolean;
  readonly onOpen: (id: string) => void;
}) {
  const { capture, hasApi, onOpen } = props;
  const [asked, setAsked] = useState(0);
  const { id, repeats } = capture;
  const attempts = useLoaded(hasApi ? id : null, asked + repeats.length, (signal) =>
    getJson<AttemptsDocument>(`/api/captures/${id}/attempts`, signal),
  );
  return (
    <>
      <Timeline capture={capture} apiAttempts={attempts.value?.attempts ?? []} onOpen={onOpen} />
      {hasApi && (
        <p class="dim asked" role="status">
          {describe(attempts)}
          {(attempts.error !== undefined || attempts.value?.attempts.length === 0) && (
            <button type="button" class="link" onClick={() => setAsked(asked + 1)}>
              Ask again
            </button>
          )}
        </p>
      )}
    </>
  );
}

/** What the API's log says, or why it says nothing; empty where the timeline shows it. */
function describe({ value, error }: Loaded<AttemptsDocument>): string {
  if (error !== undefined) return `Relyable's attempts are not shown: ${safe(error.message)} `;
  if (value === undefined) return 'Asking the API for its attempts…';
  if (value.attempts.length > 0) return '';
  const searched = formatCount(value.searched, 'delivery', 'deliveries');
  return value.isComplete
    ? `The API's log has no delivery of this event (${searched} looked through). `
    : `The newest ${searched} in the API's log are not of this event; older ones were not looked through. `;
}
