import { useState } from 'preact/hooks';
import type { StateDocument } from '../api-types.ts';
import { post } from './api.ts';
import { Dialog } from './dialog.tsx';
import { describeSent } from './outcome.tsx';

/** Sends a new signed sample of an event. */
export function SampleDialog(props: {
  readonly state: StateDocument;
  readonly onClose: () => void;
  readonly onNotice: (notice: string) => void;
}) {
  const { state, onClose, onNotice } = props;
  const [event, setEvent] = useState(state.events[0] ?? '');
  const [to, setTo] = useState(state.listener ?? state.target ?? '');
  const send = async (submitted: Event): Promise<void> => {
    submitted.preventDefault();
    try {
      onNotice(describeSent(await post('/api/samples', { event, to })));
      onClose();
    } catch (error) {
      onNotice((error as Error).message);
    }
  };
  return (
    <Dialog title="Send a sample" onClose={onClose}>
      <form onSubmit={(submitted) => void send(submitted)}>
        <label>
          Event
          <select value={event} onChange={(changed) => setEvent(changed.currentTarget.value)}>
            {state.events.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          To
          <input
            value={to}
            required
            placeholder="3000/webhooks/relyable"
            onInput={(typed) => setTo(typed.currentTarget.value)}
          />
        </label>
        <p class="note">
          Signed with {state.secretSource}. A listener stores what it receives; an app alone does
          not.
        </p>
        <p class="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary">
            Send
          </button>
        </p>
      </form>
    </Dialog>
  );
}
