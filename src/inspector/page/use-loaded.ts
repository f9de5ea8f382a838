import { useEffect, useState } from 'preact/hooks';

/** Something that is being loaded. */
export interface Loaded<T> {
  readonly value: T | undefined;
  readonly error: Error | undefined;
}

/**
 * Loads again whenever `key` or `revision` changes. If `key` changes, the old value is dropped at once; if
 * only `revision` changes, the old value stays until the new one is loaded.
 */
export function useLoaded<T>(
  key: string | null,
  revision: number,
  load: (signal: AbortSignal) => Promise<T>,
): Loaded<T> {
  const [state, setState] = useState<Loaded<T> & { readonly key: string | null }>({
    key,
    value: undefined,
    error: undefined,
  });
  useEffect(() => {
    if (key === null) return undefined;
    const controller = new AbortController();
    load(controller.signal).then(
      (value) => setState({ key, value, error: undefined }),
      (error: unknown) => {
        if (!controller.signal.aborted) setState({ key, value: undefined, error: error as Error });
      },
    );
    return () => controller.abort();
  }, [key, revision]);
  return state.key === key ? state : { value: undefined, error: undefined };
}
