/** Whether the page hears of changes. */
export type Connection = 'connecting' | 'live' | 'lost';

/** Calls `onChange` when the store changed, and after each reconnection; the returned function ends it. */
export function watchChanges(
  onChange: () => void,
  onConnection: (connection: Connection) => void,
): () => void {
  const source = new EventSource('/api/changes');
  source.addEventListener('open', () => onConnection('live'));
  source.addEventListener('changed', onChange);
  // The browser reconnects by itself.
  source.addEventListener('error', () => onConnection('lost'));
  return () => source.close();
}
