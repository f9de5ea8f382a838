import { useEffect, useRef, useState } from 'preact/hooks';
import type { CaptureDocument } from '../api-types.ts';
import { SendDialog } from './send-dialog.tsx';

/** Edits a payload, which is then sent with a new signature. */
export function EditDialog(props: {
  readonly capture: CaptureDocument;
  readonly text: string;
  readonly secretSource: string;
  readonly target: string;
  readonly onSend: (payload: string, to: string) => void;
  readonly onClose: () => void;
}) {
  const { capture, secretSource, target, onSend, onClose } = props;
  const [text, setText] = useState(props.text);
  const field = useRef<HTMLTextAreaElement>(null);
  // Focusing a field moves the caret to the end, which would show the end of a long text.
  useEffect(() => field.current?.setSelectionRange(0, 0), []);
  return (
    <SendDialog
      title="Edit and send"
      action="Sign and send"
      target={target}
      note={`It is signed with ${secretSource}, so its signature is not the one that ${capture.id} came with. The attempt is stored as changed.`}
      onSend={(to) => onSend(text, to)}
      onClose={onClose}
    >
      <label>
        Payload
        <textarea
          ref={field}
          rows={14}
          spellcheck={false}
          value={text}
          onInput={(typed) => setText(typed.currentTarget.value)}
        />
      </label>
    </SendDialog>
  );
}
