import { useEffect, useRef } from 'preact/hooks';

/** Calls the handler of a key that is pressed outside of fields and dialogs. */
export function useKeys(handlers: Readonly<Record<string, () => void>>): void {
  const current = useRef(handlers);
  current.current = handlers;
  useEffect(() => {
    const onKey = (pressed: KeyboardEvent): void => {
      if (pressed.ctrlKey || pressed.metaKey || pressed.altKey || isTyping(pressed)) return;
      const handler = current.current[pressed.key];
      if (handler === undefined) return;
      pressed.preventDefault();
      handler();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

function isTyping({ key, target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('dialog') !== null) return true;
  if (key === 'Escape') return false;
  // Enter and the arrows belong to the element that has the focus, except in the list.
  const isOwn = key === 'Enter' || key.startsWith('Arrow');
  const fields = isOwn
    ? 'input, textarea, select, button, a, summary, pre'
    : 'input, textarea, select';
  return target.closest(fields) !== null;
}
