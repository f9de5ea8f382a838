import { Dialog } from './dialog.tsx';

export function DeleteDialog(props: {
  readonly id: string;
  readonly onDelete: () => void;
  readonly onClose: () => void;
}) {
  return (
    <Dialog title="Delete this capture?" onClose={props.onClose}>
      <p>{props.id} and its forwards are removed from the store. This cannot be undone.</p>
      <p class="buttons">
        <button type="button" onClick={props.onClose}>
          Keep it
        </button>
        <button type="button" class="danger" onClick={props.onDelete}>
          Delete
        </button>
      </p>
    </Dialog>
  );
}
