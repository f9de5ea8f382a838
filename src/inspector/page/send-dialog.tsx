import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Dialog } from './dialog.tsx';

/** Asks where to send a request; its children are the fields that describe the request. */
export function SendDialog(props: {
  readonly title: string;
  /** The words of the button that sends. */
  readonly action: string;
  readonly target: string;
  readonly note: ComponentChildren;
  readonly children: ComponentChildren;
  readonly onSend: (to: string) => void;
  readonly onClose: () => void;
}) {
  const { title, action, note, children, onSend, onClose } = props;
  const [to, setTo] = useState(props.target);
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(submitted) => {
          submitted.preventDefault();
          onSend(to);
        }}
      >
        {children}
        <label>
          To
          <input
            value={to}
            required
            placeholder="3000/webhooks/relyable"
            onInput={(typed) => setTo(typed.currentTarget.value)}
          />
        </label>
        <p class="note">{note}</p>
        <p class="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary">
            {action}
          </button>
        </p>
      </form>
    </Dialog>
  );
}
