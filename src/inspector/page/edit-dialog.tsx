import { useState } from 'preact/hooks';
import type { CaptureDocument } from '../api-types.ts';
import { Dialog } from './dialog.tsx';

/** Edits a payload; it is sent with a signature of its own. */
export function EditDialog(props: {
  readonly capture: CaptureDocument;
  readonly text: string;
  readonly secretSource: string;
  readonly target: string;
  readonly onSend: (payload: string, to: string) => void;
  readonly onClose: () => void;
}) {
  const { capture, secretSource, onSend, onClose } = props;
  const [text, setText] = useState(props.text);
  const [to, setTo] = useState(props.target);
  return (
    <Dialog title="Edit and send" onClose={onClose}>
      <form
        onSubmit={(submitted) => {
          submitted.preventDefault();
          onSend(text, to);
        }}
      >
        <label>
          Payload
          <textarea
            rows={14}
            spellcheck={false}
            value={text}
            onInput={(typed) => setText(typed.currentTarget.value)}
          />
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
          It is signed with {secretSource}, so its signature is not the one that {capture.id} came
          with. The attempt is stored as changed.
        </p>
        <p class="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary">
            Sign and send
          </button>
        </p>
      </form>
    </Dialog>
  );
}
