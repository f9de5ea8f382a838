/** Whether the page receives changes. */
export type Connection = 'connecting' | 'live' | 'lost';

/**
 * Calls `onChange` when the store changed, `onState` when the state did, and both after each
 * reconnection; the returned function ends it.
 */
export function watchChanges(
  onChange: () => void,
  onState: () => void,
  onConnection: (connection: Connection) => void,
): () => void {
  const source = new EventSource('/api/changes');
  source.addEventListener('open', () => {
    onConnection('live');
    onState();
  });
  source.addEventListener('changed', onChange);
  source.addEventListener('state', onState);
  // The browser reconnects by itself.
  source.addEventListener('error', () => onConnection('lost'));
  return () => source.close();
}
