import { useCallback, useEffect, useState } from 'preact/hooks';
import { formatPlace, type Place, readPlace } from './filters.ts';

/** The place in the address, and a function that goes to another one; Back returns. */
export function usePlace(): [Place, (change: Partial<Place>, isStep?: boolean) => void] {
  const [place, setPlace] = useState(() => readPlace(location.search));
  useEffect(() => {
    const onBack = (): void => setPlace(readPlace(location.search));
    addEventListener('popstate', onBack);
    return () => removeEventListener('popstate', onBack);
  }, []);
  const go = useCallback((change: Partial<Place>, isStep = true) => {
    setPlace((before) => {
      const next = { ...before, ...change };
      const address = `/${formatPlace(next)}`;
      if (isStep) history.pushState(null, '', address);
      else history.replaceState(null, '', address);
      return next;
    });
  }, []);
  return [place, go];
}
