import { useState } from 'preact/hooks';
import type { StateDocument } from '../api-types.ts';
import { post } from './api.ts';
import { describeSent } from './outcome.tsx';
import { SendDialog } from './send-dialog.tsx';

/** Sends a new signed sample of an event. */
export function SampleDialog(props: {
  readonly state: StateDocument;
  readonly onClose: () => void;
  readonly onNotice: (notice: string) => void;
}) {
  const { state, onClose, onNotice } = props;
  const [event, setEvent] = useState(state.events[0] ?? '');
  const send = async (to: string): Promise<void> => {
    try {
      onNotice(describeSent(await post('/api/samples', { event, to })));
      onClose();
    } catch (error) {
      onNotice((error as Error).message);
    }
  };
  return (
    <SendDialog
      title="Send a sample"
      action="Send"
      target={state.listener ?? state.target ?? ''}
      note={`Signed with ${state.secretSource}. A listener stores what it receives; an app alone does not.`}
      onSend={(to) => void send(to)}
      onClose={onClose}
    >
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
    </SendDialog>
  );
}
